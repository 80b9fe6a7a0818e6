"""What signed-in users have written. It lies over the world, which stays as it is."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar
from zlib import crc32

from sc_spiders.sandbox.relations import FORSS

Json = dict[str, Any]
V = TypeVar("V")

NEWCOMER = 3_000_000_001
"""The id of a second user with a token, who has posted, liked and followed nothing yet. The world has no such user."""

HIGHEST = {"tracks": 5_000_000_000, "playlists": 2_600_000_000, "comments": 6_000_000_000}
"""The highest ids that a world gives. New objects have higher ones."""

UNCHANGED = object()
"""What `Timeline.value` returns for a key that nobody has written."""


class Timeline(Generic[V]):
    """Values by user and key, with the moment of each change. None: taken away. `moments` gets all that are kept."""

    def __init__(self, moments: list[float]) -> None:
        self._moments = moments
        self._rows: dict[int, dict[Hashable, list[tuple[float, V | None]]]] = {}
        self.has_gone = False

    def set(self, user: int, key: Hashable, value: V | None, moment: float) -> None:
        """Note that a user gives a key this value at a moment."""
        self.has_gone = self.has_gone or value is None
        if moment < math.inf:
            self._moments.append(moment)
        self._rows.setdefault(user, {}).setdefault(key, []).append((moment, value))

    def value(self, user: int, key: Hashable, moment: float) -> Any:
        """Return the value of a key at a moment, or UNCHANGED."""
        for since, value in reversed(self._rows.get(user, {}).get(key, ())):
            if since <= moment:
                return value
        return UNCHANGED

    def values(self, user: int, moment: float) -> dict[Any, V | None]:
        """Return the values at a moment of all keys that a user has changed by then, the latest key last."""
        keys = list(self._rows.get(user, ()))
        found = {key: self.value(user, key, moment) for key in keys}
        return {key: value for key, value in found.items() if value is not UNCHANGED}


class Written:
    """All writes of a sandbox.

    Marks (likes, reposts, followings) are dates in milliseconds since 1970, by URN. Objects (tracks, playlists,
    comments) are in the form of the v2 API, by id.

    floor: all dates are later than this, in milliseconds since 1970. unkept: the share of writes that are answered and
    not kept. seed: which ones.
    """

    def __init__(self, floor: int = 0, unkept: float = 0, seed: int = 1) -> None:
        self.moments: list[float] = []
        self.likes: Timeline[int] = Timeline(self.moments)
        self.reposts: Timeline[int] = Timeline(self.moments)
        self.followings: Timeline[int] = Timeline(self.moments)
        self.tracks: Timeline[Json] = Timeline(self.moments)
        self.playlists: Timeline[Json] = Timeline(self.moments)
        self.comments: Timeline[Json] = Timeline(self.moments)
        self.uploads: dict[int, Upload] = {}
        self.storefronts: dict[int, Json] = {}
        self.done: Counter[tuple[int, str]] = Counter()
        self.users: list[int] = [FORSS, NEWCOMER]
        self._ids = {name: count(highest + 1) for name, highest in HIGHEST.items()}
        self._latest = floor
        self._unkept = unkept
        self._seed = seed
        self._writes = count()

    def new_id(self, kind: str) -> int:
        """Return an id for a new track, playlist or comment."""
        return next(self._ids[kind])

    def date(self) -> int:
        """Return the present in milliseconds since 1970, so that no two writes have the same date."""
        self._latest = max(int(time.time() * 1000), self._latest + 10)
        return self._latest

    def moment(self) -> float:
        """Return the moment of a write: monotonic seconds. It never comes for a write that is not kept."""
        draw = crc32(f"{self._seed} unkept {next(self._writes)}".encode()) / 2**32
        if draw < self._unkept:
            return math.inf
        return time.monotonic()

    def seconds_used(self, user: int) -> int:
        """Return the seconds of audio that a user has uploaded and not deleted."""
        there = self.tracks.values(user, time.monotonic())
        lengths = [upload.length for id, upload in self.uploads.items() if there.get(id) is not None]
        return sum(lengths) // 1000

    def marks(self, name: str) -> Timeline[int]:
        """Return the timeline of `likes`, `reposts` or `followings`."""
        return {"likes": self.likes, "reposts": self.reposts, "followings": self.followings}[name]

    def objects(self, kind: str) -> Timeline[Json]:
        """Return the timeline of `tracks`, `playlists` or `comments`."""
        return {"tracks": self.tracks, "playlists": self.playlists, "comments": self.comments}[kind]


@dataclass(frozen=True)
class Upload:
    """An uploaded file. length: of its audio in milliseconds, 0 for no audio. begin: monotonic seconds."""

    bytes: int
    sha256: str
    length: int
    begin: float


@dataclass(frozen=True)
class Delays:
    """Seconds until a write shows in lists, an upload has a length, and a private track has its description."""

    lag: float = 0
    processing: float = 0
    description: float = 0


class View:
    """What was written until `lag` seconds ago."""

    def __init__(self, written: Written, delays: Delays) -> None:
        self._written = written
        self._delays = delays

    @property
    def users(self) -> list[int]:
        """The users who can write."""
        return self._written.users

    def _moment(self) -> float:
        return time.monotonic() - self._delays.lag

    @property
    def version(self) -> int:
        """The number of writes that show: what is equal for two views of the same."""
        return bisect_right(self._written.moments, self._moment())

    def object(self, kind: str, id: int) -> Any:
        """Return an object that was made or changed, None for a deleted one, or UNCHANGED."""
        if kind not in HIGHEST:
            return UNCHANGED
        for user in self.users:
            found = self._written.objects(kind).value(user, id, self._moment())
            if found is not UNCHANGED:
                return found
        return UNCHANGED

    def processed(self, id: int, private: bool) -> Json:
        """Return those fields of a track that depend on how long ago its file was uploaded."""
        upload = self._written.uploads.get(id)
        if upload is None:
            return {}
        found: Json = {}
        age = time.monotonic() - upload.begin
        if age >= self._delays.processing:
            state = "finished" if upload.length else "failed"
            found = {"duration": upload.length, "full_duration": upload.length, "state": state}
        if private and age < self._delays.description:
            found["description"] = None
        return found

    def own(self, kind: str, user: int, before: list[int]) -> list[int]:
        """Return the ids of a user's objects, latest first. `before`: those in the world."""
        changed = self._written.objects(kind).values(user, self._moment())
        new = {id for id, whole in changed.items() if whole is not None} - {*before}
        return sorted(new, reverse=True) + [id for id in before if changed.get(id, UNCHANGED) is not None]

    def marked(self, name: str, user: int, before: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
        """Return (target, date) of a user's marks, latest first, without deleted objects."""
        changed = self._written.marks(name).values(user, self._moment())
        new = [(target, date) for target, date in changed.items() if date is not None]
        rows = sorted(new, key=lambda row: -row[1]) + [row for row in before if row[0] not in changed]
        return self.there(rows)

    def there(self, rows: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
        """Return the pairs (target, date) whose track or playlist was not deleted."""
        if not self._written.tracks.has_gone and not self._written.playlists.has_gone:
            return rows
        return [row for row in rows if not self._is_gone(row[0])]

    def markers(self, name: str, target: int | str, before: list[int]) -> list[int]:
        """Return the users who have marked something, latest first. `before`: in the world."""
        marks = self._written.marks(name)
        dates = {user: marks.value(user, target, self._moment()) for user in self.users}
        changed = [user for user, date in dates.items() if date is not UNCHANGED]
        new = [user for user in changed if dates[user] is not None]
        return sorted(new, key=lambda user: -dates[user]) + [user for user in before if user not in changed]

    def _is_gone(self, target: int | str) -> bool:
        """Say whether a track or playlist was deleted. Users (numbers) are never."""
        if isinstance(target, int):
            return False
        _, kind, id = target.split(":")
        return self.object(kind, int(id)) is None
