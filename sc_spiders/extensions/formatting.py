"""The words for a snapshot, in the display and in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sc_spiders.records.words import counted, listed

if TYPE_CHECKING:
    from sc_spiders.extensions.snapshot import Snapshot


def clock(seconds: float) -> str:
    """`0:04:10`, or `2 d 3:04:10`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    time = f"{hour}:{minute:02}:{second:02}"
    if days:
        return f"{days} d {time}"
    return time


def endings(numbers: Mapping[str, int]) -> str:
    """`3 blocked, 1 error`."""
    return ", ".join(f"{count:,} {name}" for name, count in numbers.items())


def records(snapshot: Snapshot) -> str:
    return listed(snapshot.records)


def listings(snapshot: Snapshot) -> str:
    parts = [f"{snapshot.complete:,} complete"]
    if snapshot.short:
        parts.append(f"not got: {endings(snapshot.short)}")
    parts.append(f"{snapshot.queue:,} in the queue")
    return ", ".join(parts)


def estimate(snapshot: Snapshot) -> str:
    """The share of pages and the time left; "" if there is no estimate."""
    if snapshot.share is None:
        return ""
    if snapshot.growing:
        return f"{snapshot.share:.0%} of what was found so far (estimate)"
    if snapshot.left is None:
        return f"{snapshot.share:.0%} (estimate)"
    return f"{snapshot.share:.0%}, {clock(snapshot.left)} left (estimate)"


def waits(snapshot: Snapshot) -> str:
    """What the crawl waits for; "" for nothing."""
    said = []
    if snapshot.held:
        said.append(f"everything waits for the API: {clock(snapshot.held)} left")
    if snapshot.waiting:
        said.append(f"{snapshot.waiting:,} to be asked again, the first in {clock(snapshot.soonest)}")
    return "; ".join(said)


def line(snapshot: Snapshot) -> str:
    """The snapshot in one line, for the log."""
    parts = [
        f"{clock(snapshot.elapsed)}: {counted(snapshot.pages, 'page')}, {snapshot.rate:.1f}/s",
        records(snapshot) or "no records yet",
        f"listings: {listings(snapshot)}",
        snapshot.doing,
        estimate(snapshot),
        waits(snapshot),
    ]
    if snapshot.blocked:
        parts.append(f"blocked: {', '.join(snapshot.blocked)}")
    if snapshot.closing:
        parts.append("ending")
    return "; ".join(filter(None, parts))
