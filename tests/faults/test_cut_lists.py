"""A refused next page is tried again. If it stays refused, its list ends with an error and is not complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests.support.answers import http

from .lists import EACH, NAMES, PLAYLIST, Lists, walked

REFUSALS = (
    http(404, {}),
    http(403, {"code": 403, "message": "no"}),
    http(403),
    http(410, {}),
    http(404, "<html>gone</html>", "text/html"),
)
STATUS = {answer: int(answer[9:12]) for answer in REFUSALS}


def refusal(path: str) -> bytes:
    """Chooses one of the refusals for each path, so that all lists together get every one."""
    return REFUSALS[crc32(path.encode()) % len(REFUSALS)]


@pytest.mark.parametrize(("spider", "api", "given"), EACH, ids=NAMES)
def test_a_next_page_that_is_refused_is_no_end(spider: str, api: str, given: dict[str, Any], tmp_path: Path) -> None:
    server = Lists(api, lambda path, turn: refusal(path))
    found = server.crawl(spider, tmp_path, **given)

    cut = walked(found, api)
    asked = {path.partition("#")[0]: times for path, times in found.stats["asked"].items() if "#" in path}
    assert cut
    assert len(asked) == len(cut)
    assert set(asked.values()) == {2}  # as often as SC_ATTEMPTS says
    assert sorted(one["error"] for one in cut) == sorted(f"http_{STATUS[refusal(path)]}" for path in asked)
    assert {(one["ended"], one["complete"], one["fetched"]) for one in cut} == {("error", False, 1)}
    assert found.code == 1


@pytest.mark.parametrize(("spider", "api", "given"), EACH, ids=NAMES)
def test_one_that_is_refused_once_leaves_no_trace(spider: str, api: str, given: dict[str, Any], tmp_path: Path) -> None:
    def further(path: str, turn: int) -> bytes:
        return refusal(path) if turn == 1 else http(200, {"collection": [], "next_href": None})

    found = Lists(api, further).crawl(spider, tmp_path, **given)

    assert {one["ended"] for one in walked(found, api)} == {"end"}
    assert found.code == 0


@pytest.mark.parametrize("answer", REFUSALS, ids=lambda answer: answer[9:12].decode())
def test_nor_in_a_job_that_goes_on(answer: bytes, tmp_path: Path) -> None:
    turns = {"gate": http(403, "<html>", "text/html"), "api": answer}
    job = {"JOBDIR": str(tmp_path / "job")}

    def run(turn: str) -> tuple[int, Any, int]:
        found = Lists("v2", lambda path, _: turns[turn]).crawl(
            "user_graph", tmp_path, job, user=1, relations="followers"
        )
        listings = [(one["ended"], one["error"]) for one in found.listings("followers")]
        return found.code, listings[-1:], found.stats["asked"].get("/users/1/followers#2", 0)

    assert run("gate") == (1, [("blocked", "http_403")], 2)
    error = f"http_{STATUS[answer]}"
    assert run("api") == (1, [("error", error)], 2)
    assert run("api") == (1, [("error", error)], 0)  # the second run requests nothing: the list has ended


@pytest.mark.parametrize("answer", REFUSALS, ids=lambda answer: answer[9:12].decode())
def test_nor_are_tracks_of_a_playlist_that_are_refused(answer: bytes, tmp_path: Path) -> None:
    stubs = [{"id": number, "kind": "track", "monetization_model": "X", "policy": "ALLOW"} for number in (1, 2)]
    whole = {**PLAYLIST, "description": "", "track_count": 2, "tracks": stubs}

    server = Lists("v2", lambda path, turn: answer, answers={"/playlists/6": http(200, whole)})
    found = server.crawl("playlist", tmp_path, playlist=6)

    listing = found.listing("playlist")
    assert (found.code, listing["ended"], listing["complete"]) == (1, "error", False)
