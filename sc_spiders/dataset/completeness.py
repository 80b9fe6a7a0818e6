"""Whether a data set is complete, and what it lacks by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sc_spiders.pages import announced
from sc_spiders.pages.listing import LISTED, UNASKED, is_listed
from sc_spiders.text import shown

Row = dict[str, Any]

SHOWN = 20
"""Listings that `lines` names before it only counts."""

_WHY = {
    None: "did not come to its end",
    "shutdown": "was stopped",
    "wait": "was asked to wait for too long",
    "incomplete": "ended incomplete: its log names what was not got",
}
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
    behind: Counter[str] = field(default_factory=Counter)
    """`announced.behind` of all listings together."""
    named: list[str] = field(default_factory=list)
    reasons: dict[str, str | None] = field(default_factory=dict)
    """The finish_reason of each crawl; of one that ran several times, that of the last run."""
    unasked: dict[str, int] = field(default_factory=dict)
    """Listings that each of these crawls, in its last run, knew of and never asked for, and that have no record."""
    crawls: int = 0
    blind: int = 0
    """Crawls that kept no listing records (`SC_KINDS`)."""
    listed: int = 0
    """Listings here of those that the workers of a shared crawl count together."""
    listed_by_all: int = 0
    """How many these have counted."""

    def add(self, row: Row) -> None:
        """Takes in a listing or crawl record; any other is passed over."""
        if row["kind"] == "crawl":
            self._add_crawl(row)
        elif row["kind"] == "listing":
            self._add_listing(row)

    @property
    def known(self) -> bool:
        """Whether there is anything to go by: listings, or crawls that kept such records and had none."""
        return self.listings > 0 or (self.crawls > 0 and not self.blind)

    @property
    def unfinished(self) -> list[str]:
        """Which crawls did not run to their end or lack outputs, and what to do, for a person."""
        if self.known and not self.crawls:  # a crawl writes its record last
            return [
                "there is no crawl record: the crawl still runs, or was killed (then the same command goes on with it)"
            ]
        # Of one that is incomplete the listing records say it all, if there are any.
        told = {crawl: reason for crawl, reason in self.reasons.items() if reason != "finished"}
        if self.complete < self.listings:
            told = {crawl: reason for crawl, reason in told.items() if reason != "incomplete"}
        lines = [self._words(crawl, reason) for crawl, reason in told.items()]
        if 0 < self.listed < self.listed_by_all:
            lines.append(
                f"{self.listed:,} of {self.listed_by_all:,} listings of this crawl are here; "
                "folders of other workers are missing"
            )
        return lines

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
            also = "" if self.crawls else " and no crawl"
            yield f"completeness unknown: there is no listing{also} record (was SC_KINDS set?)"
            yield from (f"  {line}" for line in self.unfinished)
            return
        verdict = "complete" if self.is_complete else "as asked, up to a limit" if self.is_limited else "NOT complete"
        told = (
            f"{self.complete:,} of {self.listings:,} listings are complete" if self.listings else "no list was walked"
        )
        yield f"{verdict}: {told}{self.but}"
        if self.endings:
            yield f"  not complete: {', '.join(f'{count:,} {ended}' for ended, count in sorted(self.endings.items()))}"
        if self.missing:
            yield f"  listed and not to be had: {self.missing:,} objects"
        if self.rejected:
            yield f"  rejected: {self.rejected:,} objects"
        if fallen := announced.told(self.behind):
            yield f"  {fallen}"
        yield from (f"    {name}" for name in self.named)
        if (more := self.listings - self.complete - len(self.named)) > 0:
            yield f"    and {more:,} more: the listing records name them all"

    def _add_listing(self, row: Row) -> None:
        self.listings += 1
        self.listed += is_listed(row["endpoint"], row["pages"])
        self.behind.update(announced.behind(row))
        if row["complete"]:
            self.complete += 1
            return
        self.endings[announced.how(row)] += 1
        self.missing += len(row["missing"])
        self.rejected += row["rejected"]
        if len(self.named) < SHOWN:
            self.named.append(describe(row))

    def _add_crawl(self, row: Row) -> None:
        self.crawls += 1
        crawl = f"{row['spider']} {sorted(row['arguments'].items())} {row['api']}"
        self.reasons[crawl] = row["finish_reason"]
        self.unasked[crawl] = row["counts"].get(UNASKED, 0)
        self.blind += "listing" not in row["counts"]
        self.listed_by_all = max(self.listed_by_all, row["counts"].get(LISTED, 0))

    def _words(self, crawl: str, reason: str | None) -> str:
        why = _WHY.get(reason, f"ended with {reason}")
        if unasked := self.unasked[crawl]:
            why += f" before {unasked:,} listings were asked for"
        return f"the crawl {crawl.partition(' ')[0]} {why}" + (
            "; the same command goes on with it" if reason not in _ENDED else ""
        )


def describe(row: Row) -> str:
    """A listing record in one line: which it is, how it ended, how much came."""
    name = f"{row['endpoint']} of {shown(str(row['subject']))}" if row["subject"] else str(row["endpoint"])
    got = f"{row['fetched']:,} of {row['announced']:,}" if row["announced"] is not None else f"{row['fetched']:,}"
    parts = [f"{name}: {announced.how(row)}", f"{got} fetched"]
    if row["missing"]:
        parts.append(f"{len(row['missing']):,} missing")
    if row["rejected"]:
        parts.append(f"{row['rejected']:,} rejected")
    if row["error"] and row["error"] != announced.SHORT:
        parts.append(str(row["error"]))
    return ", ".join(parts)
