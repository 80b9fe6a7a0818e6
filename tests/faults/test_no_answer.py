"""No server answers: from the first request on, or later because of a fault of this machine or its network."""

from __future__ import annotations

import errno
import os
from collections import Counter

import pytest
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import IgnoreRequest, NotSupported, UnsupportedURLSchemeError
from twisted.internet.error import ConnectBindError, ConnectError

from sc_spiders.api.unanswered import WORDS, is_unanswered, unreached
from sc_spiders.failures import SCARCE, failure
from sc_spiders.pages.listing import Listing
from tests.support.answers import http
from tests.support.crawl import ADDRESSES, NOWHERE, Crawl, Crawls
from tests.support.server import HANG, RESET, Server

HASTE = ("-s", "FAULTS_FIRST_WAIT=0.05", "-s", "JOBDIR=job")
COUNT = 15
USERS = ",".join(map(str, range(1, COUNT + 1)))
PAGE = f"""<script>window.__sc_hydration = [{{"hydratable": "apiClient", "data": {{"id": "{"b" * 32}"}}}}];</script>"""


def connecting(*words: object) -> tuple[str, ...]:
    """Makes connections of the crawl fail, see `connecting.Connecting`."""
    return (
        "-s",
        "SC_DOWNLOAD_HANDLER=tests.faults.connecting.Connecting",
        "-s",
        f"CONNECTING={','.join(map(str, words))}",
    )


def check_whole(crawl: Crawl, users: int = COUNT) -> None:
    """Assert that the output has everything once."""
    assert crawl.code == 0, crawl.log
    assert [one["complete"] for one in crawl.records("listing")] == [True] * users
    assert len(crawl.records("edge")) == len(crawl.triples) == 2 * users
    assert len(crawl.records("user")) == len(crawl.urns()) == 3 * users


# Failures without an answer, and final ones


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_whatever_connecting_fails_with_is_tried_again(number: int) -> None:
    words = (number, os.strerror(number))
    errors: list[Exception] = [OSError(*words), ConnectError(*words), ConnectBindError(*words)]  # type: ignore[no-untyped-call]
    for error in errors:
        assert failure(error) in WORDS


@pytest.mark.parametrize(
    "kind", [RuntimeError, ValueError, TunnelError, ConnectError, MemoryError, KeyError, Exception]
)
def test_whatever_a_download_fails_with_is_tried_again(kind: type[Exception]) -> None:
    assert failure(kind("can't start new thread")) in WORDS


@pytest.mark.parametrize("kind", [IgnoreRequest, NotSupported, UnsupportedURLSchemeError])
def test_but_for_what_is_final(kind: type[Exception]) -> None:
    assert failure(kind("x")) is None


@pytest.mark.parametrize("word", WORDS)
def test_a_list_that_ended_for_want_of_an_answer_is_tried_again(word: str) -> None:
    assert Listing("followers", None, "/").end("error", word).retried
    assert Listing("playlist", None, "/").end("error", f"track_batch: {word}").retried
    assert not Listing("followers", None, "/").end("error", "http_500").retried


def test_the_scarce_are_words() -> None:
    assert set(WORDS) > SCARCE


# From the first request on


@pytest.mark.parametrize(
    ("client_id", "fault"),
    [("a" * 32, "ECONNREFUSED"), ("a" * 32, "ENETUNREACH"), ("", "EADDRNOTAVAIL")],
    ids=["refused", "no route", "no port, to the web page"],
)
def test_a_crawl_that_nobody_answers_tells_so_after_three_attempts(crawls: Crawls, client_id: str, fault: str) -> None:
    """The same command goes on when the server answers."""
    with Server(lambda path, turn: http(200, PAGE, "text/html") if path == "/" else None) as server:
        settings = {**server.settings, "SC_CLIENT_ID": client_id}
        command = ("user_graph", *HASTE)
        crawl = crawls.run(
            *(*command, *connecting(fault, 0, 60)), settings=settings, user=USERS, relations="followings"
        )

        assert (crawl.code, crawl.last["finish_reason"]) == (3, "wait")
        (line,) = crawl.errors
        assert line.startswith(f"{server.url} gives no answer: ")
        assert f"({failure(OSError(getattr(errno, fault), ''))}, asked 3 times)" in line
        assert "`sc-spiders doctor --online`" in line
        check_whole(crawls.run(*command, settings=settings, user=USERS, relations="followings"))


FIRST_ASKED: dict[str, tuple[dict[str, str], str]] = {
    "SC_WEB_URL": ({}, "1"),
    "SC_V2_URL": ({"SC_CLIENT_ID": "a" * 32}, "1,2,3"),
    "SC_SHORT_LINK_URL": ({"SC_CLIENT_ID": "a" * 32}, "https://on.soundcloud.com/abc"),
    "SC_TOKEN_URL": ({"SC_API": "public", "SC_CLIENT_ID": "a", "SC_CLIENT_SECRET": "b"}, "1"),
    "SC_PUBLIC_URL": ({"SC_API": "public", "SC_OAUTH_TOKEN": "a"}, "1"),
}
"""The host that a crawl asks first: the settings and the user that make it so."""


@pytest.mark.parametrize("host", [NOWHERE, "https://nosuch.invalid"])
@pytest.mark.parametrize("first", FIRST_ASKED)
def test_whichever_host_is_asked_first(crawls: Crawls, first: str, host: str) -> None:
    settings, user = FIRST_ASKED[first]
    addresses = dict.fromkeys(ADDRESSES, host) | {"SC_TOKEN_URL": f"{host}/oauth/token"}
    crawl = crawls.run("user", "-s", "FAULTS_FIRST_WAIT=0.01", settings={**addresses, **settings}, user=user)

    assert crawl.code == 3
    (line,) = crawl.errors
    assert line.startswith(f"{host} gives no answer: ")
    assert "`sc-spiders doctor --online`" in line


def test_once_anything_has_answered_a_host_is_asked_as_often_as_ever(crawls: Crawls) -> None:
    with Server(lambda path, turn: http(200, PAGE, "text/html")) as server:
        settings = {"SC_WEB_URL": server.url, "SC_V2_URL": NOWHERE}
        crawl = crawls.run("user", *HASTE, "-s", "SC_ATTEMPTS=5", settings=settings, user="1")

    assert crawl.code == 1
    assert "user of 1: error (refused)" in crawl.log
    assert "user of 1: refused, attempt 4 of 5; again in" in crawl.log


def test_a_connection_that_breaks_is_no_missing_network(crawls: Crawls) -> None:
    with Server(lambda path, turn: RESET if turn <= 4 else None) as server:
        crawl = crawls.run("user_graph", *HASTE, settings=server.settings, user=USERS, relations="followings")

    check_whole(crawl)


# In the midst of a crawl

ONE_FILE = ("-o", "all.jsonl")
"""It is open before descriptors become few. A file that cannot be opened would end the crawl."""


@pytest.mark.parametrize("fault", ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EIO", "PROXY", "EMFILE"])
def test_connections_that_fail_for_a_while_cost_nothing(crawls: Crawls, fault: str) -> None:
    """Failures for 1.5 seconds. If they counted, a page would use up its eight attempts ten times in this time."""
    with Server(latency=0.01) as server:
        crawl = crawls.run(
            *("user_graph", *HASTE, *ONE_FILE, *connecting(fault, 20, 1.5)),
            settings=server.settings,
            user=USERS,
            relations="followings",
        )

    check_whole(crawl)
    assert "nothing is answered; one request tries again" in crawl.log


def test_too_few_descriptors_for_all_requests_cost_nothing(crawls: Crawls) -> None:
    """Only three connections are possible until the crawl ends."""
    with Server(latency=0.01) as server:
        crawl = crawls.run(
            *("user_graph", *HASTE, *ONE_FILE, *connecting("EMFILE", 20, 60, 3)),
            settings=server.settings,
            user=USERS,
            relations="followings",
        )

    check_whole(crawl)
    assert "no_descriptors" in crawl.log


def test_no_descriptor_for_an_output_ends_the_crawl_and_the_same_command_goes_on(crawls: Crawls) -> None:
    command = ("user_graph", *HASTE, "-o", "all.jsonl")
    with Server() as server:
        starved = connecting("EMFILE", 1, 60)
        first = crawls.run(*command, *starved, settings=server.settings, user=USERS, relations="followings")
        second = crawls.run(*command, settings=server.settings, user=USERS, relations="followings")

    assert first.code == 3
    (line,) = first.errors
    assert line.startswith("Writing failed: [Errno 24] Too many open files")
    assert "Traceback" not in first.log
    check_whole(second)


@pytest.mark.parametrize("answer", [RESET, HANG, http(200, {"collection": []}, Content_Length="5000")])
def test_lists_that_ended_for_want_of_an_answer_are_tried_again(crawls: Crawls, answer: bytes) -> None:
    """Other pages are answered, so these pages failed. Their lists are unknown, so the same command tries again."""
    command = ("user_graph", *HASTE, "-s", "SC_ATTEMPTS=2", "-s", "DOWNLOAD_TIMEOUT=0.5")
    with Server(lambda path, turn: answer if path.startswith("/users/3/followings#2") else None) as server:
        first = crawls.run(*command, settings=server.settings, user=USERS, relations="followings")
        ends = Counter((one["ended"], is_unanswered(one["error"])) for one in first.records("listing"))
        reason = first.last["finish_reason"]
        server.script = None
        server.asked.clear()
        second = crawls.run(*command, settings=server.settings, user=USERS, relations="followings")

    assert (first.code, reason) == (1, "incomplete")
    assert ends == {("end", False): COUNT - 1, ("error", True): 1}
    assert "  tried again by the same command: 1" in first.log
    assert server.asked == {"/users/3/followings#2": 1}
    check_whole(second)


@pytest.mark.parametrize(("bypass", "says"), [("", True), ("soundcloud.com", False)])
def test_a_proxy_that_may_be_the_cause_is_named(monkeypatch: pytest.MonkeyPatch, bypass: str, says: bool) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", bypass)
    told = unreached("https://soundcloud.com/", "refused", 3)
    assert told.startswith("https://soundcloud.com, asked through the proxy of https_proxy, gives no answer") is says
    assert "secret" not in told
