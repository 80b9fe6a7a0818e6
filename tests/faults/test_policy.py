"""Each row of the policy over real HTTP: on the first page, on a later page, and if it goes away."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from docs._ext import faults
from sc_spiders.api.unanswered import WORDS
from tests.support.answers import http, playlist
from tests.support.crawl import Crawl, Crawls
from tests.support.server import Server

from .rows import ATTEMPTS, MAXSIZE, ROWS, Row

BY_USER = dict(enumerate(ROWS, 1))
HASTE = (
    *("-s", "FAULTS_FIRST_WAIT=0.002", "-s", f"SC_ATTEMPTS={ATTEMPTS}"),
    *("-s", "DOWNLOAD_TIMEOUT=2", "-s", f"DOWNLOAD_MAXSIZE={MAXSIZE}"),
)
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "faults.md"
# Errors of listings that no answer causes.
OF_THE_CRAWL = {"no_tracks", "no_next_page", "share_link", "cut", "lost", "pipeline", "exporter", "internal"}

Run = tuple[Crawl, Server]


def crawl(folder: Path, page: str, until: float) -> Run:
    """A crawl with one user for each row. That page of the user gets the row's answer so many times."""

    def script(path: str, turn: int) -> bytes | None:
        found = re.fullmatch(rf"/users/(\d+)/followings{page}", path)
        return BY_USER[int(found[1])].answer if found and turn <= until else None

    with Server(script) as server:
        users = ",".join(map(str, BY_USER))
        done = Crawls(folder).run("user_graph", *HASTE, settings=server.settings, user=users, relations="followings")
        return done, server


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return crawl(tmp_path_factory.mktemp("at_once"), "", float("inf"))


@pytest.fixture(scope="module")
def in_the_middle(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return crawl(tmp_path_factory.mktemp("in_the_middle"), "#2", float("inf"))


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return crawl(tmp_path_factory.mktemp("passing"), "", ATTEMPTS - 1)


def listing(run: Run, user: int) -> dict[str, object]:
    (found,) = [one for one in run[0].records("listing") if one["subject"] == f"soundcloud:users:{user}"]
    return found


@pytest.mark.parametrize(("user", "row"), BY_USER.items(), ids=[row.name for row in ROWS])
def test_what_a_listing_says(at_once: Run, user: int, row: Row) -> None:
    found = listing(at_once, user)

    assert (found["ended"], found["error"]) == (row.ended, row.error)
    asked = at_once[1].asked[f"/users/{user}/followings"]
    if row.is_answer:  # the probe may have requested this page
        assert asked >= row.requests
    else:
        assert asked == (row.requests or ATTEMPTS)


@pytest.mark.parametrize(("user", "row"), BY_USER.items(), ids=[row.name for row in ROWS])
def test_in_the_middle_of_a_listing_it_never_looks_like_its_end(in_the_middle: Run, user: int, row: Row) -> None:
    found = listing(in_the_middle, user)
    ended, error = ("error", row.further) if row.further else (row.ended, row.error)

    assert (found["ended"], found["error"]) == (ended, error)
    assert found["fetched"] == (2 if row.ended == "end" else 1)
    assert found["complete"] == (row.ended == "end")


@pytest.mark.parametrize(
    ("user", "row"),
    [(user, row) for user, row in BY_USER.items() if row.passes],
    ids=[r.name for r in ROWS if r.passes],
)
def test_what_passes_leaves_no_trace(passing: Run, user: int, row: Row) -> None:
    found = listing(passing, user)

    assert (found["ended"], found["error"], found["fetched"]) == ("end", None, 2)
    assert found["complete"] is True


def test_the_crawl_names_what_it_has_not_got(at_once: Run) -> None:
    crawl, _ = at_once

    assert crawl.code == 1
    assert "Traceback" not in crawl.log
    assert any("followings of user-1: error (http_400)" in line for line in crawl.log.splitlines()[-20:])
    assert crawl.last["finish_reason"] == "incomplete"


def test_retry_after_is_obeyed(at_once: Run) -> None:
    (user,) = [user for user, row in BY_USER.items() if row.name == "429, Retry-After in seconds"]
    times = [at for at, path, _ in at_once[1].times if path == f"/users/{user}/followings"]

    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


def test_the_docs_tell_the_same() -> None:
    told = {one.name: (one.says, one.group in (faults.RETRIED, faults.HELD)) for one in faults.told()}
    for row in ROWS:
        says = f"`{row.ended}`" + (f", `{row.error}`" if row.error else "")
        assert told.get(row.name) == (says, row.passes), row.name


def test_each_word_for_an_error_is_told() -> None:
    of_answers = {row.error for row in ROWS if row.error and not row.error.startswith("http_")}
    told = set(re.findall(r"`([a-z_0-9]+)`", DOCS.read_text() + "".join(faults.answers())))

    assert {*WORDS, *of_answers, *OF_THE_CRAWL} <= told


def test_a_playlist_without_its_tracks(crawls: Crawls) -> None:
    whole = playlist(5, track_count=3)
    with Server(lambda path, turn: http(200, whole)) as server:
        crawl = crawls.run("playlist", settings=server.settings, playlist="5")

    (listing,) = crawl.records("listing")
    assert (crawl.code, listing["ended"], listing["error"]) == (1, "error", "no_tracks")
    assert len(crawl.records("playlist")) == 1
