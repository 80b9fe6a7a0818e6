"""A model of an account behind an API that fails and lags: all that actions need of the world, without a network.

Time is counted, not waited for.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sc_spiders.actions.action import Action
from sc_spiders.actions.book import Book
from sc_spiders.actions.journal import Journal
from sc_spiders.actions.judge import Answer
from sc_spiders.actions.ledger import Ledger
from sc_spiders.actions.run import Run, outcome
from sc_spiders.actions.wire import Limits
from sc_spiders.api.writes import Form, Write

ME = "soundcloud:users:1"
LISTS = {
    "my_liked_tracks": "like soundcloud:tracks:",
    "my_liked_playlists": "like soundcloud:playlists:",
    "my_followings": "follow soundcloud:users:",
    "my_reposted_tracks": "repost soundcloud:tracks:",
    "my_reposted_playlists": "repost soundcloud:playlists:",
}

Row = dict[str, Any]


class Killed(BaseException):
    """The process died here."""


@dataclass
class World:
    """The account. `lag`: seconds until lists show a write. `now`: seconds since 1970.

    `fault` is called with each write and says what happens: None, `before` (an error, and nothing is done), `after`
    (done, and an error), or a status with which it is refused.
    """

    lag: float = 0.0
    now: float = 1_800_000_000.0
    relations: dict[str, float] = field(default_factory=dict)  # "like soundcloud:tracks:1" -> since when
    objects: dict[str, Row] = field(default_factory=dict)
    made_at: dict[str, float] = field(default_factory=dict)
    comments: list[Row] = field(default_factory=list)
    fault: Callable[[Write], str | int | None] = lambda write: None
    unkept: bool = False
    writes: list[tuple[float, str]] = field(default_factory=list)
    generation: int = 1

    def made(self, kind: str) -> list[Row]:
        """What there is of that kind."""
        return [one for urn, one in self.objects.items() if f":{kind}s:" in urn]

    def do(self, write: Write, urn: str | None, body: Row | Form | None) -> Row:
        """Carry a write out. The answer's object."""
        if self.unkept:
            return {"urn": urn or "soundcloud:tracks:9"}
        if write.do in ("like", "follow", "repost"):
            self.relations.setdefault(f"{write.do} {urn}", self.now)
        elif write.do in ("unlike", "unfollow", "unrepost"):
            self.relations.pop(f"{write.do.removeprefix('un')} {urn}", None)
        elif write.makes and write.kind == "comment":
            assert isinstance(body, dict)
            self.comments.append({**body["comment"], "user_urn": ME, "track_urn": urn})
            return {"urn": f"soundcloud:comments:{len(self.comments)}"}
        elif write.makes:
            return self._make(write, body)
        elif write.method == "DELETE":
            self.objects.pop(urn or "", None)
        else:
            assert isinstance(body, dict)
            self.objects[urn or ""].update(body[write.body])
            return self.objects[urn or ""]
        return {}

    def _make(self, write: Write, body: Row | Form | None) -> Row:
        urn = f"soundcloud:{write.kind}s:{1000 + len(self.made_at)}"
        if isinstance(body, Form):
            fields = {name[6:-1]: value for name, value in body.fields.items()}
        else:
            assert body
            fields = dict(body[write.body])
        self.objects[urn] = {"urn": urn, "tracks": [], **fields}
        self.made_at[urn] = self.now
        return self.objects[urn]


class ModelWire:
    """Implements `Wire`. `dies` is called before and after each write, and may raise Killed."""

    def __init__(self, world: World, dies: Callable[[], None] = lambda: None) -> None:
        self._world = world
        self._dies = dies

    @property
    def generation(self) -> int:
        return self._world.generation

    def now(self) -> float:
        return self._world.now

    def redact(self, text: str) -> str:
        return text

    async def pause(self, since: float, seconds: float) -> None:
        self._world.now += max(0.0, min(since + seconds - self._world.now, seconds))

    async def read(self, endpoint: str, urn: str = "") -> Row | None:
        self._world.now += 0.01
        if endpoint == "me":
            return {"urn": ME}
        return self._world.objects.get(urn)

    async def walk(self, endpoint: str, urn: str = "") -> AsyncIterator[Row]:
        world = self._world
        world.now += 0.01
        for row in self._rows(endpoint, urn):
            yield row

    def _rows(self, endpoint: str, urn: str) -> list[Row]:
        world = self._world
        seen = world.now - world.lag
        if endpoint in LISTS:
            names = [name for name, at in world.relations.items() if name.startswith(LISTS[endpoint]) and at <= seen]
            return [{"urn": name.partition(" ")[2]} for name in names]
        if endpoint == "playlist_tracks":
            return [dict(track) for track in world.objects[urn]["tracks"]]
        if endpoint == "track_comments":
            return [one for one in world.comments if one["track_urn"] == urn]
        kind = {"my_tracks": "track", "my_playlists": "playlist"}[endpoint]
        return [one for one in world.made(kind) if world.made_at.get(one["urn"], 0) <= seen]

    async def send(self, write: Write, urn: str | None, body: Row | Form | None) -> Answer:
        world = self._world
        self._dies()
        world.writes.append((world.now, write.name))
        world.now += 0.01
        fault = world.fault(write)
        if isinstance(fault, int):
            return Answer(fault, {}, json.dumps({"message": "the API's own words"}).encode())
        if fault == "refused":
            return Answer(error="refused")
        if fault == "before":
            return Answer(502, {}, b"<html>")
        answer = world.do(write, urn, body)
        self._dies()
        if fault == "after":
            return Answer(error="connection")
        return Answer(201 if write.makes else 200, {}, json.dumps(answer).encode())


def begun(folder: Path, actions: list[Action]) -> Path:
    """A job directory whose journal has these actions."""
    journal = Journal(sqlite3.connect(folder / "actions.sqlite", isolation_level=None))
    journal.begin(ME, actions, applies=True)
    journal.close()
    return folder


async def run(
    folder: Path,
    world: World,
    limits: Limits,
    dies: Callable[[], None] = lambda: None,
) -> tuple[str, list[Action]]:
    """One run over the journal in that folder: its finish_reason, and how the actions stand.

    Raises Killed, ActionsStopped.
    """
    journal = Journal(sqlite3.connect(folder / "actions.sqlite", isolation_level=None))
    ledger = Ledger(folder, ME)
    book = Book(journal, ledger, ModelWire(world, dies), limits, lambda action: None)
    try:
        await Run(book).run()
        return outcome(book.actions), book.actions
    finally:
        ledger.close()
        journal.close()


def dying(chance: float, seed: int) -> Callable[[], None]:
    """Dies at random."""
    dice = random.Random(seed)

    def die() -> None:
        if dice.random() < chance:
            raise Killed

    return die
