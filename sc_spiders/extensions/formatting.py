"""The words for a snapshot, in the display and in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sc_spiders.records.words import clock, counted, listed

if TYPE_CHECKING:
    from sc_spiders.extensions.snapshot import Snapshot


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


def hold(snapshot: Snapshot) -> str:
    """Why no request is sent, and how long."""
    if snapshot.unanswered:
        return f"nothing is answered; the next request in {clock(snapshot.held)}"
    return f"everything waits for the API: {clock(snapshot.held)} left"


def waits(snapshot: Snapshot) -> str:
    """What the crawl waits for; "" for nothing."""
    said = []
    if snapshot.held:
        said.append(hold(snapshot))
    if snapshot.waiting:
        said.append(f"{snapshot.waiting:,} to be asked again, the first in {clock(snapshot.soonest)}")
    return "; ".join(said)


def waiting(snapshot: Snapshot, most: int) -> list[str]:
    """Who waits, what for and how long, in lines; at most so many are named. What matters most stands first in a line:
    a narrow terminal cuts the rest.
    """
    lines = []
    if snapshot.held:
        lines.append(hold(snapshot))
    named = snapshot.waits[:most]
    lines += (one.words for one in named)
    if more := snapshot.waiting - len(named):
        lines.append(f"{more:,} more")
    return lines


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
