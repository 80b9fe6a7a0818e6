"""The seeds of a crawl, in every form of the argument, and seeds that do not exist."""

from __future__ import annotations

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

FORSS = "soundcloud:users:183"


@pytest.mark.parametrize(
    "word",
    [
        "183",
        "soundcloud:users:183",
        "forss",
        "https://soundcloud.com/forss",
        "http://www.soundcloud.com/forss/",
        "m.soundcloud.com/forss?utm_source=mobi",
        "https://soundcloud.com/forss#top",
    ],
)
def test_a_seed_in_every_form(crawls: Crawls, sandbox: Sandbox, word: str) -> None:
    crawl = crawls.run("user_graph", sandbox=sandbox, user=word, relations="followings")

    assert crawl.code == 0
    assert FORSS in crawl.urns()
    assert [listing["subject"] for listing in crawl.records("listing")] == [FORSS]


def test_a_short_link(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "user_graph",
        sandbox=sandbox,
        user=f"https://on.soundcloud.com/u{FORSS.rpartition(':')[2]}",
        relations="followings",
    )

    assert crawl.code == 0
    assert FORSS in crawl.urns()


def test_several_seeds_from_a_file_each_walked_once(crawls: Crawls, sandbox: Sandbox) -> None:
    other = next(user for user in sandbox.world.users if user != 183)
    (crawls.folder / "seeds.txt").write_text(f"# people\nforss\n\n{FORSS}\n183\n{other}\n")

    crawl = crawls.run("user_graph", sandbox=sandbox, user="@seeds.txt", relations="followings")

    subjects = [listing["subject"] for listing in crawl.records("listing")]
    assert crawl.code == 0
    assert sorted(subjects) == sorted([FORSS, f"soundcloud:users:{other}"])


def test_an_unknown_seed_is_named_and_the_others_go_on(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "user_graph", sandbox=sandbox, user="nobody-of-that-name,forss,999999999999", relations="followings"
    )

    assert crawl.code == 1
    assert crawl.last["finish_reason"] == "incomplete"
    tail = crawl.log.splitlines()[-8:]
    assert any("nobody-of-that-name: not_found" in line for line in tail)
    assert any("999999999999: not_found" in line for line in tail)
    assert FORSS in {listing["subject"] for listing in crawl.records("listing") if listing["complete"]}


def test_a_seed_of_another_kind_is_named(crawls: Crawls, sandbox: Sandbox) -> None:
    short = "https://on.soundcloud.com/t293"
    crawl = crawls.run("user_graph", sandbox=sandbox, user=short)

    assert crawl.code == 1
    assert "is a track, not a user" in crawl.log
    assert not crawl.records("track")
