"""Pseudonyms: records with replaced ids, and without the names, links and texts that tell who is meant.

Each field of a schema tells what it reveals (`personal`):

- `id`: an id or a URN. It is replaced, by the same pseudonym everywhere, so that graphs stay whole.
- `name`, `link`, `text`: becomes null; its hash, where it identifies the record: two links of a profile stay two.
- `no`: stays as it is.

Texts that people write are kept if that is asked for, but not the links and mentions in them.

A pseudonym is the keyed BLAKE2b of the id. A number becomes a number below 2**53, which every tool reads exactly. Any
other text becomes 16 hexadecimal digits. Two of a million ids get the same number with a probability of 1 to 18,000;
two of ten million, of 1 to 180.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self

import jmespath

from sc_spiders.errors import ArgumentError

from .schemas import KINDS, schema

__all__ = ["Pseudonyms"]

Row = dict[str, Any]

_KEY = 32  # bytes
_LONGEST = 1000  # bytes of the key's file
_CACHED = 1 << 16  # pseudonyms
_DEEPEST = 100  # levels of a raw object; what is below is left out
_URN = re.compile(r"soundcloud:([a-z][a-z-]*):(.+)", re.DOTALL)
# Edges and listings also name things that are not objects: topics of SoundCloud, and words that a person gave.
_TOPIC = re.compile(r"(?:charts|featured):.*", re.DOTALL)
_ASKED = re.compile(r"(search:[a-z]+:|tag:)(.*)", re.DOTALL)
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_CODE = re.compile(r"[a-z][a-z0-9_]*|(?:since|until) [0-9TZ:. -]+(?:(?:since|until) [0-9TZ:. -]+)?")
# Listings that end so have a message of the API as their error, and not a code of ours.
_SAID = frozenset({"credentials", "forbidden", "not_found"})
# In a line of the log: a URN, plain or percent-encoded; an address, whose path may name anybody.
_URN_IN_LINE = re.compile(r"soundcloud(?::|%3A)([a-z][a-z-]*)(?::|%3A)([\w%.~-]+(?::[\w%.~-]+)*)", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^/\s'\">]+/)[^\s'\">]+")
_KEEPING = frozenset({"crawl", "object", "listing"})
"""Kinds of records that keep a part of some field that is not an id."""
_WRITERS = frozenset(
    {"activity", "comment", "conversation", "edge", "message", "playlist", "selection", "track", "user"}
)
_WRITTEN = frozenset(
    {
        *("body", "caption", "content", "description", "last_message_content", "short_description", "summary"),
        *("tag_list", "tags", "title"),
    }
)
"""Texts that people write, in records of `_WRITERS`."""
# Words that lead from a text to an account: addresses of pages and of e-mail, URNs, and `@name`.
_LEAD = re.compile(r"@|://|www\.|soundcloud(?::|%3A)|\w\.[a-z]{2,}", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_LEFT_OUT = "[left out]"
# Arguments of spiders whose values name nobody.
_PLAIN_ARGUMENTS = frozenset(
    {
        *("created", "depth", "duration", "genre", "hydrate", "include", "kind", "license", "limit", "max_users"),
        *("nodes", "oembed", "p", "preview", "reactions", "region", "relations", "seed", "since", "sort", "strategy"),
        *("threaded", "type", "until"),
    }
)


class Pseudonyms:
    """Covers the records of one data set. `fingerprint` tells the key from other keys, but does not reveal it.

    `texts`: keep what people have written, without links and mentions.
    """

    def __init__(self, key: bytes, *, texts: bool = False) -> None:
        self.texts = texts
        self.fingerprint = blake2b(key=key, digest_size=8, person=b"fingerprint").hexdigest()
        self._hash = blake2b(key=key, digest_size=8)
        self._number_of = lru_cache(_CACHED)(self._number)
        self._text_of = lru_cache(_CACHED)(self._text)

    @classmethod
    def from_file(cls, path: Path, *, make: bool = False, texts: bool = False) -> Self:
        """Pseudonyms with the key in that file: 64 hexadecimal digits. `make`: a missing file is made, with a new key.

        Raises ArgumentError.
        """
        try:
            if make and not path.exists():
                _make(path)
            key = _read(path)
        except OSError as e:
            raise ArgumentError(f"the key {path} cannot be read: {e.strerror or e}") from None
        if len(key) != _KEY:
            raise ArgumentError(
                f"{path} is no key: a key is {_KEY * 2} hexadecimal digits; name a file that is not there yet, and it "
                "is made"
            )
        return cls(key, texts=texts)

    # -- values

    def id(self, value: Any) -> Any:
        """The pseudonym of an id, a URN or the subject of a list; for a list of these, a list of pseudonyms.

        None for any other value.
        """
        if type(value) is int:
            return self._number_of(value)
        if type(value) is str:
            return self._text_of(value)
        if type(value) is list:
            return [self.id(one) for one in value]
        return None

    def name(self, subject: str | None) -> str:
        """The name of a list's subject in messages: its pseudonym, but no URN, which `line` would cover once more."""
        return _URN_IN_LINE.sub(r"\2", self.id(subject) or "")

    def arguments(self, given: Mapping[str, str]) -> dict[str, str]:
        """A spider's arguments, without the words that name somebody."""
        return {name: self._argument(name, value) for name, value in given.items()}

    @staticmethod
    def left_out(given: Mapping[str, str]) -> dict[str, str]:
        """A spider's arguments for those who have no key: `[left out]` for the words that name somebody."""
        plain = {name for name, value in given.items() if name in _PLAIN_ARGUMENTS or not value}
        return {name: value if name in plain else _LEFT_OUT for name, value in given.items()}

    def value(self, value: Any) -> Any:
        """A JSON value of an API with pseudonyms. Its objects keep only members that a schema knows."""
        return self._value(value, "", 0)

    def line(self, text: str) -> str:
        """A line of the log: URNs get their pseudonyms, and addresses lose their paths."""
        text = _ADDRESS.sub(r"\1...", text)
        return _URN_IN_LINE.sub(lambda urn: f"soundcloud:{urn[1]}:{self._word(urn[2])}", text)

    # -- records

    def cover(self, kind: str, rows: Iterable[Row]) -> None:
        """Cover records of that kind, in place. `rejected` counts as a kind; items of no kind stay as they are."""
        if kind == "rejected":
            for row in rows:
                self._cover_rejected(row)
        elif kind in KINDS:
            personal = _personal(kind)
            for row in rows:
                self._cover(row, personal)
                if kind == "crawl":
                    row["versions"] = {**(row.get("versions") or {}), "pseudonyms": self.fingerprint}

    def _cover(self, row: Row, personal: _Personal) -> None:
        for name in personal.ids:
            if row.get(name) is not None:
                row[name] = self.id(row[name])
        for name in personal.hashed:
            if row.get(name) is not None:
                row[name] = self._digest(str(row[name])).hex()
        written: Row = {}
        if self.texts:
            written = {name: _without_leads(row[name]) for name in personal.written & row.keys()}
        if row.keys() == personal.fields and personal.kind not in _KEEPING:
            row.update(personal.nothing)
            row.update(written)
            return
        for name in personal.dropped & row.keys():
            row[name] = self._kept(name, row, personal.kind)
        for name in row.keys() - personal.fields:  # added by SC_RAW or by a pipeline
            row[name] = self.value(row[name])
        row.update(written)

    def _cover_rejected(self, row: Row) -> None:
        row["object"] = self.value(row["object"])
        row["subject"] = self.id(row["subject"])
        # Messages are left out, because they quote values.
        row["reasons"] = [{"field": why["field"], "message": "left out"} for why in row["reasons"]]

    def _kept(self, name: str, row: Row, kind: str) -> Any:
        """The value that is written for a field that is no id. For most fields, it is null."""
        value = row[name]
        if (kind, name) == ("crawl", "arguments"):
            return self.arguments(value or {})
        if (kind, name) == ("object", "object"):
            return self.value(value)
        if (kind, name) == ("listing", "error") and isinstance(value, str) and row.get("ended") not in _SAID:
            code = value.partition(": ")[0]  # then comes a message of the API
            return code if _CODE.fullmatch(code) else None
        return None

    # -- how it is done

    def _number(self, value: int) -> int:
        return (int.from_bytes(self._digest(str(value)), "big") >> 11) or 1

    def _text(self, text: str) -> str:
        if urn := _URN.fullmatch(text):
            return f"soundcloud:{urn[1]}:{self._word(urn[2])}"
        if _TOPIC.fullmatch(text):
            return text
        if asked := _ASKED.fullmatch(text):
            return f"{asked[1]}{self._digest(asked[2]).hex()}"
        return self._word(text)

    def _word(self, word: str) -> str:
        if _NUMBER.fullmatch(word):
            return str(self._number_of(int(word)))
        return self._digest(word).hex()

    def _digest(self, text: str) -> bytes:
        hashed = self._hash.copy()
        hashed.update(text.encode("utf-8", "surrogatepass"))
        return hashed.digest()

    def _argument(self, name: str, value: str) -> str:
        if name in _PLAIN_ARGUMENTS or not value:
            return value
        if name in ("q", "params"):
            return self._digest(value).hex()
        return ",".join(self._text_of(word.strip()) for word in value.split(","))

    def _value(self, value: Any, key: str, depth: int) -> Any:
        if depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            return {name: self._value(one, name, depth + 1) for name, one in value.items() if name in _known().members}
        if isinstance(value, list):
            return [self._value(one, key, depth + 1) for one in value]
        if value is None or isinstance(value, bool):
            return value
        if key in _known().ids or (isinstance(value, str) and _URN.fullmatch(value)):
            return self.id(value)
        if key in _known().plain:
            return value
        return None


@dataclass(frozen=True)
class _Personal:
    """The fields of a kind. `ids`: those with ids. `hashed`: others that identify a record. `dropped`: those that
    become null. `fields`: all of them.

    `written`: those of `dropped` that people write. `nothing`: null for each dropped field.
    """

    kind: str
    ids: tuple[str, ...]
    hashed: tuple[str, ...]
    dropped: frozenset[str]
    written: frozenset[str]
    fields: frozenset[str]
    nothing: dict[str, None]


@cache
def _personal(kind: str) -> _Personal:
    properties = schema(kind)["properties"]
    ids = tuple(name for name, field in properties.items() if field["personal"] == "id")
    others = [name for name, field in properties.items() if field["personal"] not in ("id", "no")]
    hashed = tuple(name for name in others if name in schema(kind).get("key", ()) and _is_text(properties[name]))
    dropped = [name for name in others if name not in hashed]
    written = _WRITTEN.intersection(dropped) if kind in _WRITERS else frozenset[str]()
    return _Personal(kind, ids, hashed, frozenset(dropped), written, frozenset(properties), dict.fromkeys(dropped))


def _without_leads(value: Any) -> Any:
    """A text, or a list of texts, without what leads to an account."""
    if isinstance(value, str):
        return _WORD.sub(lambda word: _LEFT_OUT if _LEAD.search(word[0]) else word[0], value)
    if isinstance(value, list):
        return [_without_leads(one) for one in value]
    return None


def _is_text(field: Mapping[str, Any]) -> bool:
    return "string" in field["type"]


@dataclass(frozen=True)
class _Known:
    """Names of members in objects of the APIs.

    `members`: all that schemas know. `ids`: those of ids. `plain`: those that are never personal.
    """

    members: frozenset[str]
    ids: frozenset[str]
    plain: frozenset[str]


@cache
def _known() -> _Known:
    members = {"collection"}
    by_mark: dict[str, set[str]] = {"id": {"", "id", "urn"}, "no": set(), "name": set(), "link": set(), "text": set()}
    for kind in KINDS:
        declared = schema(kind)
        for ignored in declared.get("ignored", ()):
            members.update(ignored.split("."))
        for name, field in declared["properties"].items():
            members.add(name)
            by_mark[field["personal"]].add(name)
            for source in field.get("source", {}).values():
                for path in _names(jmespath.compile(source).parsed):
                    members.update(path)
                    by_mark[field["personal"]].add(path[-1])
    ids = by_mark["id"]
    plain = by_mark["no"] - ids - by_mark["name"] - by_mark["link"] - by_mark["text"]
    return _Known(frozenset(members), frozenset(ids), frozenset(plain))


def _names(tree: dict[str, Any]) -> Iterator[list[str]]:
    """The names in a JMESPath expression, path by path."""
    if tree["type"] == "field":
        yield [tree["value"]]
    elif tree["type"] == "subexpression":
        yield list(chain.from_iterable(_names_below(tree)))
    else:
        yield from _names_below(tree)


def _names_below(tree: dict[str, Any]) -> Iterator[list[str]]:
    return chain.from_iterable(map(_names, tree["children"]))


def _read(path: Path) -> bytes:
    """The key in a file; b"" if it has no key. Raises OSError."""
    if path.exists() and not path.is_file():  # a pipe would block, and a device may never end
        return b""
    with path.open("rb") as file, suppress(ValueError):
        return bytes.fromhex(file.read(_LONGEST).decode())
    return b""


def _make(path: Path) -> None:
    """Make a file with a new key that only its owner can read. If another process was first, its file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:
        file.write(f"{secrets.token_hex(_KEY)}\n")
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)
