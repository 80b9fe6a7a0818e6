"""Finds how far back `since=last` goes, list by list, from the output of earlier crawls.

A list that no earlier crawl completed is walked whole.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sc_spiders.api import CATALOGUE
from sc_spiders.dataset import EndlessInput, InputError
from sc_spiders.dataset.listings import bound
from sc_spiders.dataset.reading import read
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.since import DATED, before
from sc_spiders.records import FIELDS, check

logger = logging.getLogger(__name__)

Row = dict[str, Any]

_KINDS = ("crawl", "listing")


@dataclass(slots=True)
class Bookmarks:
    """`moments`: the time up to which each list is known, by endpoint and subject. `last`: when the last crawl began.

    `ahead`: the latest start of a crawl that is dated in the future. Such crawls do not count.
    """

    moments: dict[tuple[str, str | None], str] = field(default_factory=dict)
    last: str = ""
    ahead: str = ""

    def add(self, listing: Row) -> None:
        """Adds a list of an earlier crawl, if it is complete or continues a list that is known."""
        key = listing["endpoint"], listing["subject"]
        known, since = self.moments.get(key, ""), bound(listing)
        on_top = since is not None and since <= known and not listing["rejected"] and not listing["missing"]
        if listing["complete"] or on_top:
            try:
                self.moments[key] = max(known, before(listing["known_until"] or ""))
            except (ValueError, OverflowError):
                return  # not a valid time


def look_back(
    written: list[str], home: Path, stamp: str, started_at: str, this: Row, kinds: Collection[str]
) -> Bookmarks:
    """The bookmarks from the output of earlier crawls like this one. Logs where it looked, and the number of lists.

    `written`: the files that this crawl appends to. If there are none, or they are in this crawl's own folder, the
    folders under `home` are read instead. `this`: the crawl record of this crawl. `kinds`: the kinds that this crawl
    writes; a list does not count if the earlier crawl left these out. Raises ArgumentError if an earlier output may
    have no end, such as a pipe.
    """
    files = [path for path in map(Path, written) if not path.name.endswith("rejected.jsonl")]
    if not files:
        logger.warning("since=last: nothing is appended to the output, so earlier crawls are read from %s.", home)
    if not set(_KINDS) <= set(kinds):
        logger.warning("since=last: SC_KINDS leaves out crawl or listing records: later crawls cannot find this one.")
    where, places = _places(files, home, stamp)
    found = _search(places, this, started_at, kinds)
    _log(found, where)
    return found


def _log(found: Bookmarks, where: str) -> None:
    if found.ahead:
        rest = ""
        if not found.last:
            rest = ", and there is no other: everything is walked whole"
        logger.warning(
            "since=last: an earlier crawl of the same in %s is dated in the future (%s): this machine's clock was "
            "ahead then, or is behind now. It does not count%s.",
            where,
            found.ahead,
            rest,
        )
    if found.last:
        logger.info(
            "since=last: complete lists in %s, whose last crawl began at %s: %s. Only their new rows are fetched; "
            "other lists are walked whole.",
            where,
            found.last,
            f"{len(found.moments):,}",
        )
    elif not found.ahead:
        same = "spider, arguments, API and its address"
        logger.warning("since=last: there is no earlier crawl of the same (%s) in %s. All is fetched.", same, where)


def _places(files: list[Path], home: Path, stamp: str) -> tuple[str, list[list[Path]]]:
    """The place of earlier crawls as text, and the files of each crawl, in the order of time."""
    if not files or any(path.is_relative_to((home / stamp).absolute()) for path in files):
        return str(home), [_crawl_files(folder) for folder in sorted(home.glob("*"))]
    return ", ".join(path.name for path in files), [[path] for path in files if path.is_file()]


def _crawl_files(folder: Path) -> list[Path]:
    """The crawl and listing files in a crawl's folder, those of all its workers."""
    return sorted(path for path in folder.rglob("*") if path.stem in _KINDS and path.suffix in (".jsonl", ".csv"))


def _search(places: Iterable[list[Path]], this: Row, started_at: str, kinds: Collection[str]) -> Bookmarks:
    """The bookmarks in the files of `places`, one list of files for each crawl, in the order of time."""
    found = Bookmarks()
    present = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    for files in places:
        crawls, listings = _records_of_same(files, this)
        earlier = [crawl for crawl in crawls if crawl["started_at"] < started_at]
        starts = [crawl["started_at"] for crawl in crawls]
        found.ahead = max([found.ahead, *(start for start in starts if start > present)])
        found.last = max([found.last, *(crawl["started_at"] for crawl in earlier)])
        _add_listings(found, earlier, listings, kinds)
    return found


def _add_listings(found: Bookmarks, crawls: list[Row], listings: list[Row], kinds: Collection[str]) -> None:
    """Adds the listings that one of the crawls walked and wrote, in the order of time."""
    for listing in sorted(listings, key=lambda row: row["fetched_at"]):
        if _was_written(listing, [crawl for crawl in crawls if _was_walked_by(listing, crawl)], kinds):
            found.add(listing)


def _records_of_same(files: list[Path], this: Row) -> tuple[list[Row], list[Row]]:
    """The records of the same crawls as `this`, and of the lists that `since` can bound."""
    crawls, listings = [], []
    for row in _records(files):
        if row["kind"] == "crawl" and _identity(row) == _identity(this):
            crawls.append(row)
        elif row["kind"] == "listing" and row["endpoint"] in DATED[this["api"]]:
            listings.append(row)
    return crawls, listings


def _records(files: list[Path]) -> Iterator[Row]:
    for file in files:
        try:
            for _, row, _ in read(file, lambda _: None):  # a partial last line is ignored
                if row["kind"] not in _KINDS:
                    continue
                # Item pipelines may have added fields or taken some out.
                known = {name: row.get(name) for name in FIELDS[row["kind"]]}
                if not check(row["kind"], [known])[1]:
                    yield known
        except EndlessInput as e:
            raise ArgumentError(f"since=last: {e}; take it out of there") from None
        except InputError as e:
            logger.warning("since=last: a file is ignored because it cannot be read: %s", e)


def _identity(crawl: Row) -> tuple[Any, ...]:
    """The values that must be equal: only then is an earlier crawl like this one."""
    arguments = {name: value for name, value in crawl["arguments"].items() if name != "since"}
    return crawl["spider"], arguments, crawl["api"], crawl["versions"].get("api")


def _was_walked_by(listing: Row, crawl: Row) -> bool:
    """Whether that crawl walked the list. A killed crawl leaves listing records without a crawl record."""
    begun, ended = listing["started_at"], crawl["finished_at"]
    return bool(begun and ended) and crawl["started_at"] <= begun and listing["fetched_at"] <= ended


def _was_written(listing: Row, crawls: list[Row], kinds: Collection[str]) -> bool:
    """Whether the crawl (all its workers together) wrote the records of the list."""
    if not crawls or not listing["fetched"]:
        return bool(crawls)
    counts: Counter[str] = Counter()
    for crawl in crawls:
        counts.update(crawl["counts"])
    left_out = frozenset().union(*map(_left_out, crawls))
    for some in _expected_kinds(listing["endpoint"], kinds):
        if not left_out.isdisjoint(some):
            return False
        if not any(map(counts.__getitem__, some)):
            return False
    return True


def _left_out(crawl: Row) -> frozenset[str]:
    """The kinds that SC_KINDS left out of a crawl, if its record tells."""
    chosen = crawl["versions"].get("kinds")
    if not chosen:
        return frozenset()
    return frozenset(FIELDS).difference(chosen.split(","))


def _expected_kinds(endpoint: str, kinds: Collection[str]) -> Iterator[list[str]]:
    """Two groups of kinds: nodes and edges. A crawl of a list with rows writes at least one kind of each group."""
    spec = CATALOGUE[endpoint]
    if nodes := [kind for kind in spec.kinds if kind in kinds]:
        yield nodes
    if spec.edge and "edge" in kinds:
        yield ["edge"]
