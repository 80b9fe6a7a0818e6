"""Finds full records of some objects in the output of earlier crawls.

Only their places in the files are kept: 200 to 350 bytes for each wanted object. A record is read when needed.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from sc_spiders.dataset.reading import numbered_lines, opened
from sc_spiders.errors import InputError
from sc_spiders.records.validate import valid

__all__ = ["GONE", "Form", "FullRecords"]

Row = dict[str, Any]

GONE = "gone"
"""The kind of records that tell that an object is not known any more."""

_KINDS = {"users": "user", "tracks": "track", "playlists": "playlist", "system-playlists": "playlist"}  # by URN
_SITE = "https://soundcloud.com/"  # how an address begins
_URN = re.compile(rb'"urn":"([^"\\]+)"')
_ADDRESS = re.compile(rb'"permalink_url":"https?://(?:www\.|m\.)?soundcloud\.com/([^"\\?#]+)')
_NOWHERE = 0  # the place of an object without a record
_NO_LINE = -1  # the start of a place whose object is not known


@dataclass(frozen=True, slots=True)
class Form:
    """What a record must be like. `raw`: it has the API's own object. `oldest`, `newest`: moments of fetching."""

    api: str
    raw: bool
    oldest: str
    newest: str

    def usable(self, line: bytes) -> Row | None:
        """The record in a line, if it is full and like that, or tells that an object is gone; otherwise None."""
        try:
            row = orjson.loads(line)
            raw = row.pop("raw", None)
            kind, is_now = row["kind"], self.oldest <= row["fetched_at"] <= self.newest
            if row["api"] != self.api or not is_now or not valid(kind, [row]):
                return None
        except (ValueError, TypeError, LookupError, AttributeError):
            return None
        if kind == GONE:
            return dict(row)
        if kind not in _KINDS.values() or row["partial"] is not False:
            return None
        if self.raw:
            return {**row, "raw": raw} if raw else None
        return dict(row)


class FullRecords:
    """The newest full records of objects that are wanted by URN or by address (`https://soundcloud.com/...`).

    `kinds`: those of the wanted objects.
    """

    def __init__(self, wanted: Iterable[str], form: Form) -> None:
        self._form = form
        self._files: list[Path] = []
        # The places that records were found at, by number: one for each name.
        self._moments = array("q", [0])
        self._file_of = array("L", [0])
        self._starts = array("q", [_NO_LINE])
        # The numbers of places, by hash of URN or address; and such an address by hash of the URN that has had it.
        self._by_urn: dict[int, int] = {}
        self._by_address: dict[int, int] = {}
        self._had: dict[int, int] = {}
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
        """The record of an object. None if the object is not known, or if the file with its record was changed."""
        place = self._place(name)
        if self._starts[place] == _NO_LINE:
            return None
        line = self._line(place)
        row = self._form.usable(line)
        if row is None or _moment(row) != self._moments[place] or name.encode() not in _names(line):
            return None
        return row

    def sources(self) -> Counter[Path]:
        """How many names are known, by file."""
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
        start = 0
        for _, line in numbered_lines(file):
            self._note(line, start)
            start += len(line)

    def _note(self, line: bytes, start: int) -> None:
        urn, address = _names(line) if self._by_address else (_urn(line), b"")
        by_urn, by_address = hash(urn), hash(address)
        if not (by_urn in self._by_urn or by_address in self._by_address or by_urn in self._had):
            return  # nearly always
        row = self._form.usable(line)
        if row is None:
            return
        moment = _moment(row)
        if row["kind"] == GONE:
            start = _NO_LINE
        if by_urn in self._by_urn:
            self._put(self._by_urn, by_urn, moment, start)
        if by_address in self._by_address:
            self._put(self._by_address, by_address, moment, start)
            self._had[by_urn] = by_address
        elif by_urn in self._had:  # it is gone, or renamed: its old address may lead to something else
            self._put(self._by_address, self._had[by_urn], moment, _NO_LINE)

    def _put(self, places: dict[int, int], name: int, moment: int, start: int) -> None:
        """Note where a record is, in the file that is being read, unless a newer one of that name is known."""
        place = places[name]
        if place == _NOWHERE:
            place = places[name] = len(self._starts)
            self._moments.append(moment)
            self._file_of.append(0)
            self._starts.append(start)
        if moment >= self._moments[place]:
            self._moments[place] = moment
            self._file_of[place] = len(self._files) - 1
            self._starts[place] = start

    def _line(self, place: int) -> bytes:
        """The line at a place; nothing if its file cannot be read any more."""
        try:
            with opened(self._files[self._file_of[place]]) as file:
                file.seek(self._starts[place])
                return file.readline()
        except InputError:
            return b""

    def _known(self) -> list[int]:
        places = chain(self._by_urn.values(), self._by_address.values())
        return [place for place in places if self._starts[place] != _NO_LINE]

    def _place(self, name: str) -> int:
        return self._of(name).get(hash(name.encode()), _NOWHERE)

    def _of(self, name: str) -> dict[int, int]:
        if name.startswith(_SITE):
            return self._by_address
        return self._by_urn


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


def _moment(row: Row) -> int:
    """When a record was fetched, in seconds since 1970."""
    return int(datetime.fromisoformat(row["fetched_at"]).timestamp())
