"""Tells whether a data set is complete, and names what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sc_spiders.pages import announced
from sc_spiders.pages.listing import LISTED, UNASKED, is_listed
from sc_spiders.records.words import counted
from sc_spiders.redaction.printable import printable

Row = dict[str, Any]

SHOWN = 20
"""`lines` names at most this many listings, and counts the others."""

_WHY = {
    None: "did not end",
    "shutdown": "was stopped",
    "wait": "was asked to wait too long",
    "incomplete": "ended incomplete: its log names what is missing",
}
_ENDED = frozenset({"finished", "incomplete"})  # a crawl with any other reason was stopped


@dataclass(slots=True)
class Completeness:
    """Sums up listing and crawl records. Call `add` with each of them."""

    listings: int = 0
    complete: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    """Listings that are not complete, by how they ended."""
    missing: int = 0
    """Objects that a list named but the API did not give."""
    rejected: int = 0
    """Objects that failed their schema."""
    behind: Counter[str] = field(default_factory=Counter)
    """The sum of `announced.behind` of all listings."""
    named: list[str] = field(default_factory=list)
    ends: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    """How the last run of each crawl ended: its finish_reason, and that in words."""
    crawls: int = 0
    without_listings: int = 0
    """Crawls without listing records (`SC_KINDS`)."""
    listed: int = 0
    """Listings here of the sort that the workers of a shared crawl count."""
    listed_by_all: int = 0
    """The number of such listings that all workers counted together."""

    def add(self, row: Row) -> None:
        """Adds a listing or crawl record. Other records are ignored."""
        if row["kind"] == "crawl":
            self._add_crawl(row)
        elif row["kind"] == "listing":
            self._add_listing(row)

    @property
    def known(self) -> bool:
        """Whether completeness is known: there are listing records, or crawl records that count no listings."""
        return self.listings > 0 or (self.crawls > 0 and not self.without_listings)

    @property
    def unfinished(self) -> list[str]:
        """Names crawls that did not end or lack outputs, and says what to do."""
        if self.known and not self.crawls:  # a crawl writes its crawl record last
            return ["there is no crawl record: the crawl still runs, or was killed (then the same command resumes it)"]
        untold = {"finished"}
        if self.endings.keys() - {"limit"}:  # the listing records name what an incomplete crawl lacks
            untold.add("incomplete")
        lines = [words for reason, words in self.ends.values() if reason not in untold]
        if 0 < self.listed < self.listed_by_all:
            lines.append(
                f"{self.listed:,} of {self.listed_by_all:,} listings of this crawl are here; "
                "folders of other workers are missing"
            )
        return lines

    @property
    def remark(self) -> str:
        """The text of `unfinished`, shortened, to append to a sentence about the listings."""
        every = self.unfinished
        told = every[:3]
        if len(every) > len(told):
            told.append(f"and {len(every) - len(told):,} more")
        return "".join(f"; {one}" for one in told)

    @property
    def fallen(self) -> str:
        """A text about the lists that gave fewer rows than announced; "" if there are none."""
        return announced.told(self.behind)

    @property
    def is_complete(self) -> bool:
        """Whether all crawls ended, every listing came to its end, and nothing was rejected or is missing."""
        return self.known and self.complete == self.listings and not self.unfinished

    @property
    def is_limited(self) -> bool:
        """Whether every incomplete listing ended at a limit that the user set."""
        return self.endings.keys() == {"limit"} and not (self.unfinished or self.rejected or self.missing)

    def lines(self) -> Iterator[str]:
        """Text for people: the verdict, then the incomplete listings."""
        if not self.known:
            lacking = "listing"
            if not self.crawls:
                lacking = "listing and no crawl"
            yield f"completeness unknown: there is no {lacking} record (was SC_KINDS set?)"
            yield from (f"  {line}" for line in self.unfinished)
            return
        told = "no list was walked"
        if self.listings:
            told = f"{self.complete:,} of {self.listings:,} listings are complete"
        yield f"{self._verdict()}: {told}{self.remark}"
        yield from self._lacks()
        yield from (f"    {name}" for name in self.named)
        if (more := self.listings - self.complete - len(self.named)) > 0:
            yield f"    and {more:,} more: the listing records name them all"

    def _verdict(self) -> str:
        if self.is_complete:
            return "complete"
        if self.is_limited:
            return "as asked, up to a limit"
        return "NOT complete"

    def _lacks(self) -> Iterator[str]:
        """The numbers of incomplete listings, missing objects and rejected objects."""
        if self.endings:
            yield f"  not complete: {', '.join(f'{count:,} {ended}' for ended, count in sorted(self.endings.items()))}"
        if self.missing:
            yield f" listed but not available: {self.missing:,} objects"
        if self.rejected:
            yield f"  rejected: {self.rejected:,} objects"
        if fallen := self.fallen:
            yield f"  {fallen}"

    def _add_listing(self, row: Row) -> None:
        self.listings += 1
        self.listed += is_listed(row["endpoint"], row["pages"])
        self.behind.update(announced.behind(row))
        if row["complete"]:
            self.complete += 1
            return
        self.endings[how(row)] += 1
        self.missing += len(row["missing"])
        self.rejected += row["rejected"]
        if len(self.named) < SHOWN:
            self.named.append(describe(row))

    def _add_crawl(self, row: Row) -> None:
        self.crawls += 1
        crawl = f"{row['spider']} {sorted(row['arguments'].items())} {row['api']}"
        self.ends[crawl] = row["finish_reason"], _ending(row)
        self.without_listings += "listing" not in row["counts"]
        self.listed_by_all = max(self.listed_by_all, row["counts"].get(LISTED, 0))


def _ending(crawl: Row) -> str:
    """How a crawl ended, in words."""
    reason = crawl["finish_reason"]
    why = _WHY.get(reason, f"ended with {reason}")
    if unasked := crawl["counts"].get(UNASKED, 0):
        why += f", with {counted(unasked, 'listing')} not asked for"
    if reason not in _ENDED:
        why += "; the same command resumes it"
    return f"the crawl {crawl['spider']} {why}"


def describe(row: Row) -> str:
    """One line about a listing record: its name, how it ended, how many rows came."""
    name = str(row["endpoint"])
    if row["subject"]:
        name += f" of {printable(str(row['subject']))}"
    got = f"{row['fetched']:,}"
    if row["announced"] is not None:
        got += f" of {row['announced']:,}"
    parts = [f"{name}: {how(row)}", f"{got} fetched"]
    if row["missing"]:
        parts.append(f"{len(row['missing']):,} missing")
    if row["rejected"]:
        parts.append(f"{row['rejected']:,} rejected")
    if row["error"] and row["error"] != announced.SHORT:
        parts.append(str(row["error"]))
    return ", ".join(parts)


def how(listing: Mapping[str, Any]) -> str:
    """The word under which a listing record is counted: its `ended`, or `short`."""
    if listing["error"] == announced.SHORT:
        return announced.SHORT
    return str(listing["ended"])
