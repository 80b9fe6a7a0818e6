"""Reads which users, tracks and playlists a data set has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .reading import read
from .sources import find_files

ASKED_BY_NAME = frozenset({"user", "track", "playlist"})
"""Kinds of nodes that the API gives by their URN. It gives comments and selections only in lists."""


def urns_of_nodes(inputs: Sequence[str | Path]) -> Iterator[str]:
    """The URNs of all users, tracks and playlists with a record, some more than once. Raises InputError."""
    for file in find_files(inputs):
        for _, row, _ in read(file, lambda _: None):
            if row["kind"] in ASKED_BY_NAME:
                yield row["urn"]
