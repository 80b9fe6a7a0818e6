"""Writes the progress of a crawl to a file in its output folder, for programs that watch it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import orjson

from sc_spiders.api.clock import now
from sc_spiders.extensions.formatting import waits
from sc_spiders.extensions.snapshot import Reader
from sc_spiders.frontier.base import CrawlStatus

NAME = "progress.json"


def place_of(status: CrawlStatus) -> Path | None:
    """The path of the file: in the crawl's output folder. None if the crawl has none."""
    folders = {Path(path).parent for path in status.outputs if status.stamp in path}
    if len(folders) != 1:
        return None
    return folders.pop() / NAME


class ProgressFile:
    """`progress.json`. It is there while the crawl runs; a killed crawl leaves its last one.

    A state replaces the one before in one step, so no reader meets a part of one.
    """

    def __init__(self, path: Path, reader: Reader, started_at: str) -> None:
        self._path = path
        self._reader = reader
        self._fixed = {"started_at": started_at, "pid": os.getpid(), "host": socket.gethostname()}

    def write(self) -> None:
        snapshot = self._reader.read()
        state = {**asdict(snapshot), **self._fixed, "updated_at": now(), "waits_for": waits(snapshot)}
        new = self._path.with_name(f".{NAME}")
        with suppress(OSError):  # the crawl itself notices a full disk
            new.write_bytes(orjson.dumps(state, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            new.replace(self._path)

    def remove(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._path.with_name(f".{NAME}").unlink(missing_ok=True)
