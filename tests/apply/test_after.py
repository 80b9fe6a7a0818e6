"""Answers that get lost after the work was done: nothing is done twice."""

from __future__ import annotations

from .applying import Make
from .test_faults import NEW, titled


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
