"""The process dies, or the disk is full, at each write of the journal and of the ledger in turn."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.actions.action import Action
from sc_spiders.actions.journal import Journal
from sc_spiders.actions.ledger import Ledger
from sc_spiders.actions.wire import Limits
from sc_spiders.api.writes import Write

from .model import Killed, World, begun, run

LIMITS = Limits(settle=4.0, delay=0.0, first_wait=0.1)
MINE, DOOMED, LIKED = "soundcloud:tracks:7", "soundcloud:tracks:8", "like soundcloud:tracks:5"


def world(fault: str | None) -> World:
    """An account with two tracks and a like. The first creation has that fault."""
    faults = iter([fault] * 2)

    def of(write: Write) -> str | None:
        return next(faults, None) if write.makes and write.kind != "comment" else None

    found = World(lag=2.0, fault=of, relations={LIKED: 0.0})
    for urn in (MINE, DOOMED):
        found.objects[urn] = {"urn": urn, "title": "Old"}
    return found


def plan(folder: Path) -> list[Action]:
    """An action of each kind."""
    (folder / "show.mp3").write_bytes(b"x")
    one = "soundcloud:tracks:1"
    fields = {"description": "", "sharing": "public"}
    return [
        Action(1, "like", "track", one, before={"liked": False}, after={"liked": True}),
        Action(2, "unlike", "track", "soundcloud:tracks:5", before={"liked": True}, after={"liked": False}),
        Action(3, "upload", "track", key="s", file=str(folder / "show.mp3"), bytes=1, after={"title": "S", **fields}),
        Action(4, "playlist", "playlist", after={"title": "P", "tracks": ["@s"], **fields}),
        Action(5, "track", "track", MINE, before={"title": "Old"}, after={"title": "New"}),
        Action(6, "delete_track", "track", DOOMED, before={"deleted": False}, after={"deleted": True}),
        Action(7, "comment", "track", one, after={"body": "Nice"}),
    ]


class Full(sqlite3.OperationalError):
    """The disk is full."""


def stopping(patch: pytest.MonkeyPatch, at: int, *, after: bool, error: type[BaseException]) -> Callable[[], bool]:
    """Let the write number `at` fail, or the process die after it. Returns whether there were so many."""
    numbers = count(1)
    reached = False

    def stopped(real: Callable[..., Any]) -> Callable[..., Any]:
        def write(*given: Any) -> None:
            nonlocal reached
            number = next(numbers)
            is_due = number == at or (error is Full and number > at)  # a disk stays full
            reached = reached or is_due
            if is_due and not after:
                raise error
            real(*given)
            if is_due:
                raise error

        return write

    patch.setattr(Journal, "save", stopped(Journal.save))
    patch.setattr(Ledger, "note", stopped(Ledger.note))
    return lambda: reached


def runs(folder: Path, account: World, at: int, **how: Any) -> Iterator[list[Action]]:
    """A run that stops at that write, and what three later runs leave. Nothing if there are not so many writes."""
    with asyncio.Runner() as runner:
        with pytest.MonkeyPatch.context() as patch:
            is_reached = stopping(patch, at, **how)
            with suppress(Killed, Full):
                runner.run(run(folder, account, LIMITS))
            if not is_reached():
                return
        for _ in range(3):
            account.now += 1.0
            yield runner.run(run(folder, account, LIMITS))[1]


STOPS = {
    "killed before": {"after": False, "error": Killed},
    "killed after": {"after": True, "error": Killed},
    "full": {"after": False, "error": Full},
}


@pytest.mark.parametrize("fault", [None, "before", "after"])
@pytest.mark.parametrize("stop", STOPS)
def test_wherever_it_stops_nothing_is_done_twice_and_nothing_is_lost(
    tmp_path: Path, stop: str, fault: str | None
) -> None:
    for at in count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        account = world(fault)
        begun(folder, plan(folder))
        found = list(runs(folder, account, at, **STOPS[stop]))
        if not found:
            break
        by_do = {action.do: action for action in found[-1]}
        comment = by_do.pop("comment")
        assert {action.status for action in by_do.values()} == {"done"}, (at, found[-1])
        assert len(found[-1]) == 7, at
        (show,) = (one for urn, one in account.objects.items() if urn not in (MINE, DOOMED) and ":tracks:" in urn)
        (playlist,) = account.made("playlist")
        assert (show["sharing"], show["description"], playlist["sharing"]) == ("public", "", "public")
        assert playlist["tracks"] == [{"urn": show["urn"]}]
        assert account.objects[MINE]["title"] == "New"
        assert DOOMED not in account.objects
        assert list(account.relations) == ["like soundcloud:tracks:1"]
        assert (comment.status, len(account.comments)) in {("done", 1), ("in_doubt", 0)}, at
    assert at > 20
