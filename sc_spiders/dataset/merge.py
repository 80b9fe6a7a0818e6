"""Merges several outputs into one file."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.records import KINDS

from .atomic import replacing
from .dataset import Dataset

ORDER = ("crawl", "listing", "user", "track", "playlist", "comment", "selection")
"""Kinds that come first in a merged file. Edges are the largest part and come last."""


def merge(data: Dataset, output: Path) -> None:
    """Writes all records of `data` to one JSONL file, kind by kind. The file appears when it is whole.

    Raises OutputRefused and OSError.
    """
    others = [kind for kind in KINDS if kind not in (*ORDER, "edge")]
    with replacing(output) as new, new.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as file:
        for kind in (*ORDER, *others, "edge"):
            file.writelines(f"{line}\n" for line in data.lines(kind))
