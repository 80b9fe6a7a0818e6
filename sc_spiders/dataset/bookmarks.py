"""What earlier crawls of the same have walked to its end, and when: where `since=last` goes back to.

Decided for each list by itself: one that no earlier crawl got whole is walked whole.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sc_spiders.api import CATALOGUE
from sc_spiders.dataset import EndlessInput, InputError
from sc_spiders.dataset.listings import bound
from sc_spiders.dataset.reading import read
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.since import DATED, before
from sc_spiders.records import check

logger = logging.getLogger(__name__)

Row = dict[str, Any]

_TELLING = ("crawl", "listing")


@dataclass(slots=True)
class Bookmarks:
    """`moments`: from when on all is new in a list, by its endpoint and subject. `last`: when the last crawl began."""

    moments: dict[tuple[str, str | None], str] = field(default_factory=dict)
    last: str = ""

    def add(self, listing: Row) -> None:
        """Takes in how an earlier crawl left a list. It counts where it was complete, alone or on top of others."""
        key = listing["endpoint"], listing["subject"]
        known, since = self.moments.get(key, ""), bound(listing)
        on_top = since is not None and since <= known and not listing["rejected"] and not listing["missing"]
        if listing["complete"] or on_top:
            try:
                self.moments[key] = max(known, before(listing["known_until"] or ""))
            except (ValueError, OverflowError):
                return  # none, or one that there never was


def look_back(
    written: list[str], home: Path, stamp: str, started_at: str, this: Row, kinds: Collection[str]
) -> Bookmarks:
    """What crawls before this job have got that are the same as it, by what they wrote; the log tells where and what.

    `written`: the files that this crawl adds to, and so did earlier ones. Where they are in a folder of its own, or
    there are none, it is the folders under `home`. `this`: what will stand in its crawl record. `kinds`: what it
    writes; a list whose records an earlier crawl left out does not count. Raises ArgumentError where an output may
    have no end: a pipe, say, among the files of an earlier crawl.
    """
    files = [path for path in map(Path, written) if not path.name.endswith("rejected.jsonl")]
    if not files:
        logger.warning("since=last: the output is not added to, so it holds no earlier crawl; %s may.", home)
    if not set(_TELLING) <= set(kinds):
        logger.warning("since=last: SC_KINDS leaves crawl or listing records out: later crawls cannot find this one.")
    if files and not any(path.is_relative_to((home / stamp).absolute()) for path in files):
        where, places = ", ".join(path.name for path in files), [[path] for path in files if path.is_file()]
    else:
        where, places = str(home), [_telling(folder) for folder in sorted(home.glob("*"))]
    found = _search(places, this, started_at, kinds)
    if found.last:
        logger.info(
            "since=last: complete lists in %s, whose last crawl began at %s: %s. Of those comes what is new, others "
            "are walked whole.",
            where,
            found.last,
            f"{len(found.moments):,}",
        )
    else:
        same = "spider, arguments, API and its address"
        logger.warning("since=last: there is no earlier crawl of the same (%s) in %s; all is fetched.", same, where)
    return found


def _telling(folder: Path) -> list[Path]:
    """The files of a crawl's folder that tell of it, those of all its workers."""
    return sorted(path for path in folder.rglob("*") if path.stem in _TELLING and path.suffix in (".jsonl", ".csv"))


def _search(places: Iterable[list[Path]], this: Row, started_at: str, kinds: Collection[str]) -> Bookmarks:
    """`places`: files that belong together, in the order of time."""
    found = Bookmarks()
    for files in places:
        crawls, listings = [], []
        for row in _records(files):
            if row["kind"] == "crawl" and row["started_at"] < started_at and _what(row) == _what(this):
                crawls.append(row)
            elif row["kind"] == "listing" and row["endpoint"] in DATED[this["api"]]:
                listings.append(row)
        found.last = max(found.last, *(crawl["started_at"] for crawl in crawls), "")
        for listing in sorted(listings, key=lambda row: row["fetched_at"]):
            if _is_written(listing, [crawl for crawl in crawls if _is_of(listing, crawl)], kinds):
                found.add(listing)
    return found


def _records(files: list[Path]) -> Iterator[Row]:
    for file in files:
        try:
            for _, row, _ in read(file, lambda _: None):  # a line that was cut off is no record
                if row["kind"] in _TELLING and not check(row["kind"], [row])[1]:
                    yield row
        except EndlessInput as e:
            raise ArgumentError(f"since=last: {e}; take it out of there") from None
        except InputError as e:
            logger.warning("since=last: what cannot be read tells of no earlier crawl: %s", e)


def _what(crawl: Row) -> tuple[Any, ...]:
    """What makes two crawls the same."""
    arguments = {name: value for name, value in crawl["arguments"].items() if name != "since"}
    return crawl["spider"], arguments, crawl["api"], crawl["versions"].get("api")


def _is_of(listing: Row, crawl: Row) -> bool:
    """Whether that crawl walked the list: one that was killed leaves lists, and no word of itself."""
    begun, ended = listing["started_at"], crawl["finished_at"]
    return bool(begun and ended) and crawl["started_at"] <= begun and listing["fetched_at"] <= ended


def _is_written(listing: Row, crawls: list[Row], kinds: Collection[str]) -> bool:
    """Whether the crawl (its workers, together) wrote what was in the list."""
    spec = CATALOGUE[listing["endpoint"]]
    counts: Counter[str] = sum((Counter(crawl["counts"]) for crawl in crawls), Counter())
    nodes = [kind for kind in spec.kinds if kind in kinds]
    without_nodes = bool(nodes) and not any(counts[kind] for kind in nodes)
    without_edges = bool(spec.edge) and "edge" in kinds and not counts["edge"]
    return bool(crawls) and not (listing["fetched"] and (without_nodes or without_edges))
