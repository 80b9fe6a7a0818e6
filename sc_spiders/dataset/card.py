"""The card of a data set: `datapackage.json`, a Frictionless Data Package (version 2, https://datapackage.org).

It says what the files hold, where the data is from, and what is missing.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from sc_spiders import __version__
from sc_spiders.disk import sync_name

from .atomic import replacing
from .completeness import Completeness
from .foreign_keys import Read, foreign_keys
from .origin import Origin
from .sources import CARD

Row = dict[str, Any]

NAME = CARD
TERMS = {
    "path": "https://developers.soundcloud.com/docs/api/terms-of-use",
    "title": "SoundCloud API Terms of Use",
}
AUTHOR, SOFTWARE = "the sc_spiders developers", "sc_spiders"
"""Whom to cite, as in CITATION.cff."""

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_FILE = re.compile(r"(?!file:)[^.~\\\ud800-\udfff][^\\\ud800-\udfff]*")
_TOLD = ("spider", "arguments", "api", "versions", "started_at", "finished_at", "finish_reason", "counts")
_STEP = 4 << 20  # bytes
_LONGEST = 200  # characters of a title


def beside(file: Path) -> Path:
    """The card of a single file."""
    return file.with_name(f"{file.name}.{NAME}")


def can_name(file: Path) -> bool:
    """Whether a Data Package can name a file in its folder.

    It cannot name hidden ones, nor any with a backslash or in another encoding than UTF-8.
    """
    return bool(_FILE.fullmatch(file.name))


def facts_of(path: Path, *, is_quoted: bool = False) -> FileFacts:
    """The facts of a file. Raises OSError."""
    facts = FileFacts(path, is_quoted=is_quoted)
    for _ in facts.read():
        pass
    return facts


class FileFacts:
    """What reading a file once tells of it: `size` in bytes, `hash`, and `lines`, the line ends outside of quotes.

    `is_quoted`: the file is CSV.
    """

    def __init__(self, path: Path, *, is_quoted: bool = False) -> None:
        self.path = path
        self.size = self.lines = 0
        self._sha256 = hashlib.sha256()
        self._is_quoted = is_quoted
        self._within = 0  # 1 within quotes

    @property
    def hash(self) -> str:
        return f"sha256:{self._sha256.hexdigest()}"

    def read(self) -> Iterator[None]:
        """Read the file. Yields after every few milliseconds, so that other tasks can go on. Raises OSError."""
        with self.path.open("rb") as file:
            while chunk := file.read(_STEP):
                self.size += len(chunk)
                self._sha256.update(chunk)
                self._count(chunk)
                yield

    def _count(self, chunk: bytes) -> None:
        if not self._is_quoted:
            self.lines += chunk.count(b"\n")
            return
        parts = chunk.split(b'"')
        self.lines += sum(part.count(b"\n") for part in parts[self._within :: 2])
        self._within = (self._within + len(parts) - 1) % 2


def resource(path: str, facts: FileFacts, **described: Any) -> Row:
    """A Data Resource: a file of the package. `path`: relative to the card. Values that are None are left out."""
    told = {"name": _identifier(Path(path).stem), "path": path, **described, "bytes": facts.size, "hash": facts.hash}
    return {name: value for name, value in told.items() if value is not None}


def card(name: str, resources: Sequence[Row], crawls: Sequence[Row], completeness: Completeness) -> Row:
    """The descriptor of a Data Package. `crawls`: the crawl records."""
    origin = Origin.of(crawls)
    created = max((row["finished_at"] or "" for row in crawls), default="")
    described = {
        "$schema": _PROFILE,
        "name": _identifier(name),
        "id": _id(resources),
        "title": _title(crawls, origin),
        "description": "\n\n".join([f"{origin.words}.", *map(str.strip, completeness.lines())]),
        "created": created,
        "version": _version(created),
        "keywords": ["SoundCloud", *dict.fromkeys(row["spider"] for row in crawls)],
        "licenses": [TERMS],
        "sources": list(_sources(crawls)),
        "bibliographicCitation": citation(crawls, origin),
        "resources": _named_apart(resources),
        "crawls": [{name: row[name] for name in _TOLD} for row in crawls],
        "completeness": _completeness(completeness),
    }
    return {name: value for name, value in described.items() if value}


def relate(resources: Iterable[Row], kinds: Mapping[str, Read]) -> None:
    """Add foreign keys to the schemas of tables. `kinds`: how to read the records of each kind's table."""
    found = foreign_keys(kinds)
    for one in resources:
        if "schema" in one and one["name"] in found:
            one["schema"]["foreignKeys"] = found[one["name"]]


def citation(crawls: Sequence[Row], origin: Origin) -> str:
    """How to cite the data: the software with the version that made it, and what was crawled when."""
    versions = dict.fromkeys(str(row["versions"].get("project") or __version__) for row in crawls) or [__version__]
    days = sorted(str(row["started_at"])[:10] for row in crawls)
    when = " to ".join(dict.fromkeys(days[:1] + days[-1:]))
    return (
        f"{AUTHOR}. {SOFTWARE} (version {', '.join(versions)}) [Computer software]. {origin.words}, {when or 'n.d.'}."
    )


def write(path: Path, descriptor: Row) -> None:
    """Write a card in one step. Raises OutputRefused, OSError."""
    with replacing(path) as new:
        new.write_bytes(orjson.dumps(descriptor, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def remove(path: Path) -> None:
    """Remove a card that is not true any more, even if the machine stops. Raises OSError."""
    if path.exists():
        path.unlink()
        sync_name(path)


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-") or "data"


def _id(resources: Iterable[Row]) -> str:
    """The same for the same files."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(sorted(one['hash'] for one in resources)))}"


def _version(created: str) -> str:
    """The day as a version, in the form of semantic versioning. "" without a day."""
    return ".".join(part.lstrip("0") for part in created[:10].split("-"))


def _named_apart(resources: Sequence[Row]) -> list[Row]:
    """The resources with names that differ: those of one stem get the whole name of their file."""
    counted = Counter(one["name"] for one in resources)
    return [one if counted[one["name"]] == 1 else {**one, "name": _identifier(one["path"])} for one in resources]


def _title(crawls: Sequence[Row], origin: Origin) -> str:
    what = " and ".join(dict.fromkeys(_asked(row) for row in crawls)) or "a data set"
    if len(what) > _LONGEST:
        what = f"{what[:_LONGEST]}..."
    return f"{origin.mark.capitalize() or 'SoundCloud'}: {what}"


def _asked(row: Row) -> str:
    return " ".join([row["spider"], *(f"{name}={value}" for name, value in row["arguments"].items())])


def _sources(crawls: Iterable[Row]) -> Iterator[Row]:
    for api in dict.fromkeys(row["api"] for row in crawls if not row["versions"].get("api")):
        yield {"title": f"SoundCloud, {api} API", "path": "https://soundcloud.com"}
    for server in dict.fromkeys(row["versions"].get("api") for row in crawls):
        if server:
            yield {"title": server}


def _completeness(completeness: Completeness) -> Row:
    """`complete` is null if it is not known. `incomplete`: the lists that are not complete, by how they ended."""
    return {
        "complete": (completeness.known or None) and completeness.is_complete,
        "listings": completeness.listings,
        "complete_listings": completeness.complete,
        "incomplete": dict(sorted(completeness.endings.items())),
        "incomplete_named": completeness.named,
        "missing": completeness.missing,
        "rejected": completeness.rejected,
        "behind": dict(completeness.behind),
        "unfinished": completeness.unfinished,
    }
