"""Finds full records of some objects in the output of earlier crawls.

Only their places in the files are kept: 200 to 500 bytes for each wanted object. A record is read when needed.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import orjson

from sc_spiders.dataset.reading import numbered_lines, opened
from sc_spiders.errors import InputError
from sc_spiders.records.validate import valid

__all__ = ["GONE", "OF_ONE", "Form", "FullRecords"]

Row = dict[str, Any]

GONE = "gone"
"""The kind of records that tell that an object is not known any more."""

OF_ONE = (
    "locale",
    "made_for_id",
    "primary_email_confirmed",
    "private_playlists_count",
    "private_tracks_count",
    "quota_unlimited_upload_quota",
    "quota_upload_seconds_left",
    "quota_upload_seconds_used",
    "upload_seconds_left",
)
"""Fields that are null unless their own user asks. A playlist has one of them: for whom it was made."""

_KINDS = {"users": "user", "tracks": "track", "playlists": "playlist", "system-playlists": "playlist"}  # by URN
_SITE = "https://soundcloud.com/"  # how an address begins
_URN = re.compile(rb'"urn":"([^"\\]+)"')
_ADDRESS = re.compile(rb'"permalink_url":"https?://(?:www\.|m\.)?soundcloud\.com/([^"\\?#]+)')
_NOWHERE = 0  # the place of an object without a record
_NO_LINE = -1  # the start of a place whose object is not known


@dataclass(frozen=True, slots=True)
class Form:
    """What a record must be like.

    `raw`: if it is full, it has the API's own object. `oldest`, `newest`: the bounds of `fetched_at`.
    """

    api: str
    raw: bool
    oldest: str
    newest: str

    def read(self, line: bytes) -> Row | None:
        """The record in a line if it fits, of an object or of one that is gone; otherwise None."""
        try:
            row = orjson.loads(line)
            raw = row.pop("raw", None)
            is_now = self.oldest <= row["fetched_at"] <= self.newest
            if row["api"] != self.api or not is_now or not valid(row["kind"], [row]):
                return None
        except (ValueError, TypeError, LookupError, AttributeError):
            return None
        if row["kind"] not in (GONE, *_KINDS.values()) or not _is_named(row, line):
            return None
        if self.raw and raw:
            row["raw"] = raw
        return dict(row)

    def is_full(self, row: Row) -> bool:
        """Whether a record has all that an answer would bring. That of an object that is gone has: there is no more."""
        if row["kind"] == GONE:
            return True
        return row["partial"] is False and not (self.raw and "raw" not in row)


class FullRecords:
    """The newest full records of objects that are wanted by URN or by address (`https://soundcloud.com/...`).

    `kinds`: those of the wanted objects.
    """

    def __init__(self, wanted: Iterable[str], form: Form) -> None:
        self._form = form
        self._files: list[Path] = []
        self._written: list[float] = []  # when, in seconds since 1970
        # The places that records were found at, by number: one for each name.
        self._moments = array("q", [0])
        self._file_of = array("L", [0])
        self._starts = array("q", [_NO_LINE])
        self._owners = array("q", [0])  # hashes of URNs
        # The numbers of places, by hash of URN or address.
        self._by_urn: dict[int, int] = {}
        self._by_address: dict[int, int] = {}
        # Of each URN that has had a wanted address, by hash: the hash of its newest address, and the moment of that.
        self._newest: dict[int, tuple[int, int]] = {}
        self.kinds: set[str] = set()
        for name in wanted:
            self.kinds.add(_kind_of(name))
            self._of(name)[hash(name.encode())] = _NOWHERE

    def __len__(self) -> int:
        """How many names are wanted."""
        return len(self._by_urn) + len(self._by_address)

    def has(self, name: str) -> bool:
        """Whether an object is known."""
        return self._starts[self._place(name)] != _NO_LINE

    def get(self, name: str) -> Row | None:
        """The record of an object. None if there is none, or if its file was changed after `read`."""
        place = self._place(name)
        if self._starts[place] == _NO_LINE:
            return None
        line = self._line(place)
        row = self._form.read(line)
        if row is None or _moment(row) != self._moments[place] or name.encode() not in _names(line):
            return None
        if _is_for_few(row) or not self._form.is_full(row):
            return None
        return row

    def sources(self) -> Counter[Path]:
        """How many of the known records came from each file."""
        return Counter(self._files[self._file_of[place]] for place in self._known())

    def oldest(self) -> datetime | None:
        """When the oldest of the known records was fetched."""
        moments = [self._moments[place] for place in self._known()]
        if not moments:
            return None
        return datetime.fromtimestamp(min(moments), UTC)

    def read(self, file: Path) -> None:
        """Take note of the wanted records in a `.jsonl` file. Of equally old records, the one that is read last counts.

        Raises InputError if the file cannot be read.
        """
        self._files.append(file)
        self._written.append(_written(file))
        start = 0
        for _, line in numbered_lines(file):
            self._note(line, start)
            start += len(line)

    def settle(self) -> None:
        """Call this when all files are read. Forgets users who have changed their address since, or are gone.

        Crawls may run at the same time. Then the newer record may be in the file that was read first: such files are
        read once more.
        """
        found = {self._file_of[place]: inf for place in self._places(self._by_address)}
        for place in self._places(self._by_address):
            found[self._file_of[place]] = min(found[self._file_of[place]], self._moments[place])
        oldest = inf
        for number in reversed(range(len(self._files))):
            if self._written[number] >= oldest:
                self._look_again(self._files[number])
            oldest = min(oldest, found.get(number, inf))
        for address, place in self._by_address.items():
            if self._starts[place] != _NO_LINE and self._newest[self._owners[place]][1] != address:
                self._starts[place] = _NO_LINE

    def _look_again(self, file: Path) -> None:
        with suppress(InputError):
            for _, line in numbered_lines(file):
                urn, address = map(hash, _names(line))
                if urn in self._newest and (row := self._form.read(line)):
                    self._rename(urn, address, row)

    def _note(self, line: bytes, start: int) -> None:
        urn, address = map(hash, _names(line) if self._by_address else (_urn(line), b""))
        if not (urn in self._by_urn or address in self._by_address or urn in self._newest):
            return  # nearly always
        row = self._form.read(line)
        if row is None:
            return
        is_full = self._form.is_full(row)
        if row["kind"] == GONE or _is_for_few(row) or not is_full:
            start = _NO_LINE
        if urn in self._by_urn and is_full:
            self._put(self._by_urn, urn, row, start, urn)
        if address in self._by_address and (is_full or self._owners[self._by_address[address]] != urn):
            self._put(self._by_address, address, row, start, urn)
        if address in self._by_address or urn in self._newest:
            self._rename(urn, address, row)

    def _rename(self, urn: int, address: int, row: Row) -> None:
        """Note the address of an object, unless a newer one is known."""
        if row["kind"] != GONE and not row["permalink_url"]:
            return
        moment = _moment(row)
        if moment >= self._newest.get(urn, (0, 0))[0]:
            self._newest[urn] = moment, address

    def _put(self, places: dict[int, int], name: int, row: Row, start: int, owner: int) -> None:
        """Note where a record is, in the file that is being read, unless a newer one of that name is known."""
        place, moment = places[name], _moment(row)
        if place == _NOWHERE:
            place = places[name] = len(self._starts)
            self._moments.append(moment)
            self._file_of.append(0)
            self._starts.append(start)
            self._owners.append(owner)
        if moment >= self._moments[place]:
            self._moments[place] = moment
            self._file_of[place] = len(self._files) - 1
            self._starts[place] = start
            self._owners[place] = owner

    def _line(self, place: int) -> bytes:
        """The line at a place; nothing if its file cannot be read any more."""
        try:
            with opened(self._files[self._file_of[place]]) as file:
                file.seek(self._starts[place])
                return file.readline()
        except InputError:
            return b""

    def _known(self) -> list[int]:
        return [*self._places(self._by_urn), *self._places(self._by_address)]

    def _places(self, names: dict[int, int]) -> list[int]:
        """The places of the known ones of these names."""
        return [place for place in names.values() if self._starts[place] != _NO_LINE]

    def _place(self, name: str) -> int:
        return self._of(name).get(hash(name.encode()), _NOWHERE)

    def _of(self, name: str) -> dict[int, int]:
        if name.startswith(_SITE):
            return self._by_address
        return self._by_urn


def _written(file: Path) -> float:
    """When a file was written to, in seconds since 1970."""
    try:
        return file.stat().st_mtime
    except OSError:
        return inf


def _is_for_few(row: Row) -> bool:
    """Whether only some users may see this object or some of its fields. Now the token may be another user's."""
    if row.get("sharing") == "private" or row.get("public") is False or row.get("is_public") is False:
        return True
    return any(row.get(name) is not None for name in OF_ONE)


def _kind_of(name: str) -> str:
    """The kind of object that a URN or an address names."""
    if not name.startswith(_SITE):
        return _KINDS[name.split(":")[1]]
    match name.removeprefix(_SITE).split("/"):
        case [_]:
            return "user"
        case [_, "sets", *_]:
            return "playlist"
        case _:
            return "track"


def _urn(line: bytes) -> bytes:
    found = _URN.search(line)
    if found is None:
        return b""
    return found[1]


def _names(line: bytes) -> tuple[bytes, bytes]:
    """The URN and the address of a record's object; empty where it has none."""
    address = _ADDRESS.search(line)
    if address is None:
        return _urn(line), b""
    return _urn(line), _SITE.encode() + address[1]


def _is_named(row: Row, line: bytes) -> bool:
    """Whether the names that were found in a line are the record's own. An object within it may have been first."""
    own = _names(orjson.dumps({name: row.get(name) for name in ("urn", "permalink_url")}))
    return all(not found or found == name for found, name in zip(_names(line), own, strict=True))


def _moment(row: Row) -> int:
    """When a record was fetched, in seconds since 1970."""
    return int(datetime.fromisoformat(row["fetched_at"]).timestamp())
