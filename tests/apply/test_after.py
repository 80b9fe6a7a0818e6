"""Answers that get lost after the work was done: nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from .applying import Make, statuses
from .test_faults import NEW, show, titled

AFTER = ("500after", "502after", "503after", "504after", "reset-after", "cut-after")


@pytest.mark.parametrize("fault", AFTER)
@pytest.mark.parametrize("path", ["/public/playlists", "/public/playlists/soundcloud*"])
def test_a_playlist_is_made_once(user: Make, fault: str, path: str) -> None:
    one = user(faults=f"{fault}@{path}#1", settings={"SC_SETTLE": "0.1"})
    done = one.both(NEW)
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    (made,) = titled(one.sandbox.account()["playlists"], "Best")
    assert (made["sharing"], made["description"]) == ("public", "")


@pytest.mark.parametrize("fault", AFTER)
def test_a_file_is_uploaded_once(user: Make, tmp_path: Path, fault: str) -> None:
    one = user(faults=f"{fault}@/public/tracks#1", settings={"SC_SETTLE": "0.1"})
    done = one.both(show(tmp_path, sharing="public"))
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    (made,) = titled(one.sandbox.account()["tracks"], "Show")
    (action,) = done.records("action")
    assert (made["sharing"], made["bytes"]) == ("public", 40_003)
    assert action["target"] == made["urn"]


@pytest.mark.parametrize("fault", AFTER)
def test_a_like_is_done_whatever_its_first_answer_was(user: Make, fault: str) -> None:
    one = user(new=True, faults=f"{fault}@/public/likes/*#1")
    target = f"soundcloud:tracks:{one.sandbox.world.track_ids.id(1)}"
    done = one.both({"do": "like", "target": target})
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    assert one.sandbox.account(3000000001)["likes"] == [target]


def test_a_double_is_private_marked_and_named(user: Make) -> None:
    """Lists lag for longer than two settle times: the first is not found, and made again."""
    one = user(faults="502after@/public/playlists#1", lag=1.2, settings={"SC_SETTLE": "0.4"})
    done = one.both(NEW)
    assert done.code == 1, done.log
    first, double = done.records("action")
    assert (first["status"], double["status"], double["error"]) == ("done", "in_doubt", "double")
    made = {row["urn"]: row for row in titled(one.sandbox.account()["playlists"], "Best")}
    assert made.keys() == {first["target"], double["target"]}
    assert made[double["target"]]["sharing"] == "private"
    assert made[double["target"]]["description"] == double["marker"]
    assert double["target"] in done.log
