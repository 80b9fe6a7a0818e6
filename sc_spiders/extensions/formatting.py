"""The words for a snapshot, in the display and in the log."""

from __future__ import annotations

from collections.abc import Mapping

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


def counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in numbers.items())


def listings(standing: Snapshot) -> str:
    parts = [f"{standing.complete:,} complete"]
    if standing.short:
        parts.append(f"not got: {counts(standing.short)}")
    parts.append(f"{standing.queue:,} in the queue")
    return ", ".join(parts)


def estimate(standing: Snapshot) -> str:
    """The share of pages and the time left; "" if there is no estimate."""
    if standing.share is None:
        return ""
    if standing.growing:
        return f"{standing.share:.0%} of what was found so far, more will be found (estimate)"
    if standing.left is None:
        return f"{standing.share:.0%} (estimate)"
    return f"{standing.share:.0%}, {clock(standing.left)} left (estimate)"


def waits(standing: Snapshot) -> str:
    """What the crawl waits for; "" for nothing."""
    said = []
    if standing.held:
        said.append(f"everything waits for the API: {clock(standing.held)} left")
    if standing.waiting:
        said.append(f"{standing.waiting:,} to be asked again, the first in {clock(standing.soonest)}")
    return "; ".join(said)


def line(standing: Snapshot) -> str:
    """The snapshot in one line, for the log."""
    parts = [
        f"{clock(standing.elapsed)}: {standing.pages:,} pages, {standing.rate:.1f}/s",
        counts(standing.records) or "no records yet",
        f"listings: {listings(standing)}",
        estimate(standing),
        waits(standing),
    ]
    if standing.blocked:
        parts.append(f"blocked: {', '.join(standing.blocked)}")
    if standing.closing:
        parts.append("ending")
    return "; ".join(filter(None, parts))
