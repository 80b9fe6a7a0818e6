"""Every bad argument: one line, no request, exit code 2."""

from __future__ import annotations

from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

from ..crawling import Crawls

BAD = {
    "no user": ({}, "'user'"),
    "empty user": ({"user": ""}, "'user'"),
    "only commas": ({"user": ", ,"}, "'user'"),
    "no such file": ({"user": "@nowhere.txt"}, "nowhere.txt"),
    "a foreign address": ({"user": "https://example.com/forss"}, "example.com"),
    "a track's URN": ({"user": "soundcloud:tracks:1"}, "soundcloud:tracks:1"),
    "a track's permalink": ({"user": "forss/flickermood"}, "forss/flickermood"),
    "a track's address": ({"user": "https://soundcloud.com/forss/flickermood"}, "forss/flickermood"),
    "an id of nought": ({"user": "0"}, "0 is no id"),
    "an id too large": ({"user": str(2**63)}, str(2**63)),
    "a share link": ({"user": "https://soundcloud.com/forss/x/s-AbCdEf"}, "SC_SECRET_TOKENS"),
    "depth no number": ({"user": "forss", "depth": "two"}, "'depth'"),
    "depth of nought": ({"user": "forss", "depth": "0"}, "'depth'"),
    "an unknown relation": ({"user": "forss", "relations": "friends"}, "friends"),
    "no relation": ({"user": "forss", "relations": ""}, "'relations'"),
    "a negative bound": ({"user": "forss", "max_users": "-1"}, "'max_users'"),
    "an unknown argument": ({"user": "forss", "dept": "2"}, "dept"),
    "a port that is none": ({"user": "https://soundcloud.com:x/forss"}, "no address"),
    "a bracket": ({"user": "https://[soundcloud.com/forss"}, "no address"),
    "digits without end": ({"user": "1" * 5000}, "is no id"),
    "a parameter twice": ({"user": "forss", "params": "a=1&a=2"}, "twice"),
    "a credential in params": ({"user": "forss", "params": "client_id=x"}, "credential"),
    "params unreadable": ({"user": "forss", "params": "novalue"}, "'params'"),
}


@pytest.mark.parametrize(("arguments", "named"), BAD.values(), ids=BAD)
def test_one_line_and_no_request(crawls: Crawls, arguments: dict[str, Any], named: str) -> None:
    crawl = crawls.run("user_graph", **arguments)

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert named in line
    assert "Traceback" not in crawl.log
    assert not (crawls.folder / "output").exists()


@pytest.mark.parametrize(
    ("settings", "options", "named"),
    [
        ({"SC_API": "v3"}, (), "SC_API"),
        ({"SC_FORMAT": "xml"}, (), "SC_FORMAT"),
        ({"SC_KINDS": "user,friend"}, (), "friend"),
        ({}, ("-o", "all.csv"), "SC_KINDS"),
        ({}, ("-o", "all.json"), "scrapy export"),
        ({}, ("-O", "all.xml"), "scrapy export"),
        ({}, ("-s", "JOBDIR=/proc/nowhere"), "/proc/nowhere"),
        ({"SC_RATE": "inf"}, (), "SC_RATE"),
        ({"SC_ATTEMPTS": "many"}, (), "SC_ATTEMPTS"),
        ({"SC_V2_URL": "http://example.com"}, (), "SC_V2_URL"),
        ({"SC_V2_URL": "somewhere"}, (), "SC_V2_URL"),
    ],
)
def test_a_bad_setting_is_named(crawls: Crawls, settings: dict[str, str], options: tuple[str, ...], named: str) -> None:
    crawl = crawls.run("user_graph", *options, settings=settings, user="forss")

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert named in line
    assert "Traceback" not in crawl.log


def test_scrapyds_own_arguments_are_let_through(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user_graph", sandbox=sandbox, user="forss", relations="followings", _job="a1b2")

    assert crawl.code == 0
    assert "_job" not in crawl.last["arguments"]
