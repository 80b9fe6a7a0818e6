"""Whether a data set is complete, and what it lacks by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

SHOWN = 20
"""Listings that `lines` names before it only counts."""

_RUNNING = {None: "did not come to its end", "shutdown": "was stopped", "wait": "was asked to wait for too long"}
_ENDED = frozenset({"finished", "incomplete"})  # all other reasons, Scrapy's own among them, are stops


@dataclass(slots=True)
class Completeness:
    """What the listing and crawl records say. Feed it with `add`."""

    listings: int = 0
    complete: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    """Listings that are not complete, by how they ended."""
    missing: int = 0
    """Objects that were listed and could not be had."""
    rejected: int = 0
    """Objects that failed their schema."""
    named: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    """Crawls that did not run to their end."""
    crawls: int = 0

    def add(self, row: Row) -> None:
        """Takes in a listing or crawl record; any other is passed over."""
        if row["kind"] == "crawl":
            self._add_crawl(row)
        elif row["kind"] == "listing":
            self._add_listing(row)

    @property
    def known(self) -> bool:
        """Whether there is anything to go by."""
        return bool(self.listings or self.crawls)

    @property
    def unfinished(self) -> list[str]:
        """Which crawls did not run to their end, and what to do, for a person."""
        if self.known and not self.crawls:  # a crawl writes its record last
            return [
                "there is no crawl record: the crawl still runs, or was killed (then the same command goes on with it)"
            ]
        return self.stopped

    @property
    def but(self) -> str:
        """What of the crawls themselves keeps the data set from being complete, to be put behind what listings say."""
        told, more = self.unfinished[:3], len(self.unfinished) - 3
        return "".join(f"; {one}" for one in [*told, *([f"and {more:,} more"] if more > 0 else [])])

    @property
    def is_complete(self) -> bool:
        """Whether every listing was walked to its end, with nothing rejected or missing, by crawls that ended."""
        return self.known and self.complete == self.listings and not self.unfinished

    @property
    def is_limited(self) -> bool:
        """Whether all that is not complete ended at a limit that was asked for."""
        return self.endings.keys() == {"limit"} and not (self.unfinished or self.rejected or self.missing)

    def lines(self) -> Iterator[str]:
        """For a person: the verdict, then what is not complete."""
        if not self.known:
            yield "completeness unknown: no listing and no crawl record (was SC_KINDS set?)"
            return
        verdict = "complete" if self.is_complete else "as asked, up to a limit" if self.is_limited else "NOT complete"
        yield f"{verdict}: {self.complete:,} of {self.listings:,} listings are complete{self.but}"
        if self.endings:
            yield f"  not complete: {', '.join(f'{count:,} {ended}' for ended, count in sorted(self.endings.items()))}"
        if self.missing:
            yield f"  listed and not to be had: {self.missing:,} objects"
        if self.rejected:
            yield f"  rejected: {self.rejected:,} objects"
        yield from (f"    {name}" for name in self.named)
        if (more := self.listings - self.complete - len(self.named)) > 0:
            yield f"    and {more:,} more: the listing records name them all"

    def _add_listing(self, row: Row) -> None:
        self.listings += 1
        if row["complete"]:
            self.complete += 1
            return
        self.endings[row["ended"]] += 1
        self.missing += len(row["missing"])
        self.rejected += row["rejected"]
        if len(self.named) < SHOWN:
            self.named.append(describe(row))

    def _add_crawl(self, row: Row) -> None:
        self.crawls += 1
        reason = row["finish_reason"]
        if reason not in _ENDED:
            why = _RUNNING.get(reason, f"ended with {reason}")
            self.stopped.append(f"the crawl {row['spider']} {why}; the same command goes on with it")


def describe(row: Row) -> str:
    """A listing record in one line: which it is, how it ended, how much came."""
    name = f"{row['endpoint']} of {row['subject']}" if row["subject"] else str(row["endpoint"])
    got = f"{row['fetched']:,} of {row['announced']:,}" if row["announced"] is not None else f"{row['fetched']:,}"
    parts = [f"{name}: {row['ended']}", f"{got} fetched"]
    if row["missing"]:
        parts.append(f"{len(row['missing']):,} missing")
    if row["rejected"]:
        parts.append(f"{row['rejected']:,} rejected")
    if row["error"]:
        parts.append(str(row["error"]))
    return ", ".join(parts)
