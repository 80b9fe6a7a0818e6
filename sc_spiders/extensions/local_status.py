"""How the crawls of this machine stand, by the `progress.json` in their output folders."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from sc_spiders.errors import InputError
from sc_spiders.extensions import formatting
from sc_spiders.extensions.progress_file import NAME
from sc_spiders.extensions.snapshot import Snapshot
from sc_spiders.frontier.troubles import Wait

_SILENT = 15  # seconds; another machine's crawl that has written nothing for so long does not run


@dataclass(slots=True)
class LocalCrawl:
    """A crawl at one moment. `state`: its `progress.json`; None once the crawl has ended and removed it."""

    folder: Path
    state: dict[str, Any] | None

    @property
    def runs(self) -> bool:
        if self.state is None:
            return False
        if self.state["host"] == socket.gethostname():
            return _is_alive(int(self.state["pid"]))
        said = datetime.fromisoformat(self.state["updated_at"])
        return (datetime.now(UTC) - said).total_seconds() < _SILENT

    @property
    def word(self) -> str:
        """running, stopped (it was killed), ended."""
        if self.state is None:
            return "ended"
        return "running" if self.runs else "stopped"

    def as_json(self) -> dict[str, Any]:
        return {"name": str(self.folder), "state": self.word, **(self.state or {})}

    def lines(self) -> Iterator[str]:
        """The status as text for the user."""
        if self.state is None:
            yield f"{self.folder}: ended"
            return
        snapshot = _snapshot(self.state)
        yield f"{self.folder}: {self.word}, since {self.state['started_at']}"
        yield f"  crawl: {snapshot.spider} {snapshot.subject} ({snapshot.api})"
        yield f"  pages: {snapshot.pages:,}, {snapshot.rate:,.1f} a second"
        if share := formatting.estimate(snapshot):
            yield f"  share: {share}"
        yield f"  listings: {formatting.listings(snapshot)}"
        yield f"  records: {formatting.records(snapshot) or 'none'}"
        yield from (f"  walking: {one}" for one in snapshot.walking)
        if snapshot.faults:
            yield f"  faults: {formatting.endings(snapshot.faults)}"
        yield from (f"  waiting: {one}" for one in formatting.waiting(snapshot, len(snapshot.waits)))
        if snapshot.blocked:
            yield f"  blocked: {', '.join(snapshot.blocked)}"
        if not self.runs:
            yield "  The same command goes on."


def local_crawls() -> list[Path]:
    """The folders in `output/` of crawls and workers that still run or were killed."""
    files = [*Path("output").glob(f"*/*/{NAME}"), *Path("output").glob(f"*/*/*/{NAME}")]
    return sorted(file.parent for file in files)


def look(folder: Path) -> LocalCrawl:
    """Raises InputError if there is no such folder, or if its `progress.json` is none of this version."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; name the output folder of a crawl")
    try:
        state = orjson.loads((folder / NAME).read_bytes())
    except FileNotFoundError:
        return LocalCrawl(folder, None)
    except (OSError, ValueError) as e:
        raise InputError(f"{folder / NAME} cannot be read: {e}") from None
    crawl = LocalCrawl(folder, state or {})  # None, from null in the file, would mean that the crawl has ended
    try:
        list(crawl.lines())
    except (TypeError, KeyError, ValueError, AttributeError) as e:
        raise InputError(f"{folder / NAME} is of another version of the project, or damaged ({e})") from None
    return crawl


def _snapshot(state: dict[str, Any]) -> Snapshot:
    given = {one.name: state[one.name] for one in fields(Snapshot)}
    given["waits"] = tuple(Wait(**wait) for wait in given["waits"])
    return Snapshot(**given)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
