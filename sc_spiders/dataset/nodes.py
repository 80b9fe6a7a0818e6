"""Reads which users, tracks and playlists a data set has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sc_spiders.errors import InputError

from .parquet import readable
from .reading import Row, read
from .sources import find_files

ASKED_BY_NAME = frozenset({"user", "track", "playlist"})
"""Kinds of nodes that the API gives by their URN. It gives comments and selections only in lists."""


class Nodes:
    """The users, tracks and playlists with a record in these files and folders.

    `servers`: those that were crawled, None for SoundCloud itself; known when all URNs are read, by the crawl records.
    """

    def __init__(self, inputs: Sequence[str | Path]) -> None:
        self.servers: set[str | None] = set()
        self._inputs = inputs

    def urns(self) -> Iterator[str]:
        """Their URNs, some more than once. Raises InputError, also if they are pseudonyms."""
        with TemporaryDirectory(prefix=".dataset-") as folder:
            for made, file in readable(find_files(self._inputs), Path(folder)).items():
                for _, row, _ in read(made, lambda _: None):
                    if row["kind"] in ASKED_BY_NAME:
                        yield row["urn"]
                    elif row["kind"] == "crawl":
                        self._note(file, row)

    def _note(self, file: Path, crawl: Row) -> None:
        versions = crawl.get("versions") or {}
        if versions.get("pseudonyms"):
            raise InputError(f"{file}: its URNs are pseudonyms, by which nobody can ask for anything")
        self.servers.add(versions.get("api"))
