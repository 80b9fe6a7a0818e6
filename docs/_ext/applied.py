"""Tables of the results of `bench.applied` and `bench.uploads`, from the files that they wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[2] / "bench"
COUNTS = ("kills", "wanted", "doubled", "lost", "unfinished")


def kills() -> Iterator[str]:
    """What all runs together came to."""
    found = json.loads((BENCH / "applied.json").read_text(encoding="utf-8"))
    runs = found["runs"].values()
    yield "| lists lag | settle time | runs | kills | tracks and playlists wanted | made twice | lost | unfinished |"
    yield "|---|---|---|---|---|---|---|---|"
    counts = " | ".join(f"{sum(run[name] for run in runs):,}" for name in COUNTS)
    yield f"| {found['lag']:g} s | {found['settle']:g} s | {len(runs)} | {counts} |"


def uploads() -> Iterator[str]:
    """A line for each upload."""
    found = json.loads((BENCH / "uploads.json").read_text(encoding="utf-8"))
    yield "| server | file | seconds | peak of memory | steps of progress | ended |"
    yield "|---|---|---|---|---|---|"
    yield _row("quick", found["memory"]["small"])
    yield _row("quick", found["memory"]["large"])
    yield _row("reads 10 Mbit/s", found["slow"])
    yield _row("reads nothing for 75 s", found["stuck"])


def _row(server: str, found: dict[str, Any]) -> str:
    ended = found["status"]
    if found["same_digest"]:
        ended += ", sha256 equal"
    peak = f"{found['peak_mib']} MiB"
    return f"| {server} | {found['megabytes']} MB | {found['seconds']} | {peak} | {found['steps']:,} | {ended} |"
