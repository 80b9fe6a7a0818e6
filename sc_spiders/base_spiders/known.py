"""`SC_MAX_AGE`: objects that an earlier output has a full record of, no older than that, are not asked for again."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sc_spiders.api.clock import FORMAT, now
from sc_spiders.api.hosts import answerer
from sc_spiders.base_spiders.arguments import duration
from sc_spiders.context import context
from sc_spiders.dataset.full_records import GONE, Form, FullRecords
from sc_spiders.dataset.reading import read
from sc_spiders.errors import InputError
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.fingerprint import fingerprint
from sc_spiders.frontier.own_jobs import JOB, told_by
from sc_spiders.pages.known import Known, known_page, names_of
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.reader import PageReader
from sc_spiders.records import OptOut, check, redact
from sc_spiders.records.words import counted

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from sc_spiders.base_spiders.hooks import SpiderHooks

__all__ = ["look_for"]

logger = logging.getLogger(__name__)

_OUTPUT = Path("output")  # of all spiders
_NAMED = 3  # outputs in the log


class KnownSeeds:
    """Implements `pages.known.Known` by records of earlier outputs."""

    def __init__(self, crawler: Crawler, found: FullRecords, reader: PageReader) -> None:
        self._found = found
        self._reader = reader
        self._crawler = crawler

    def has(self, name: str) -> bool:
        return self._found.has(name)

    def page(self, listing: Listing) -> Page | None:
        rows = self._records(listing)
        if not rows:
            return None
        assert self._crawler.stats
        for row in rows:
            self._crawler.stats.inc_value(f"known/{row['kind']}")
        return known_page(self._reader, listing, rows, now())

    def _records(self, listing: Listing) -> list[Row]:
        """The records of all objects that a seed looks up; none if one of them is not known."""
        names = names_of(listing)
        if not names or not all(map(self._found.has, names)) or self._is_opted_out(listing):
            return []
        rows = [redact(row) for row in map(self._found.get, names) if row]  # an older version may have left secrets
        kind = listing.extra.get("kind")
        if len(rows) < len(names) or any(kind not in (None, row["kind"]) for row in rows):
            return []
        return rows

    def _is_opted_out(self, listing: Listing) -> bool:
        opt_out = self._opt_out
        return bool(opt_out and opt_out.people.has_listing(listing.subject, listing.seed, listing.url))

    @cached_property
    def _opt_out(self) -> OptOut | None:  # a resumed job may add it when it has begun
        return context(self._crawler).find(OptOut)


def look_for(spider: SpiderHooks, crawl: Crawl, reader: PageReader) -> None:
    """Let a crawl know the objects of its seeds that earlier outputs have. Logs how many these are, and from where."""
    given = spider.settings["SC_MAX_AGE"]
    seconds = duration(given)
    if not seconds or spider.asks_anew:
        return
    if spider.args.get("params"):
        logger.info("SC_MAX_AGE: params may change what is answered, so nothing counts as known.")
        return
    status = crawl.frontier.status
    oldest = datetime.fromisoformat(status.started_at) - timedelta(seconds=seconds)
    form = Form(spider.api, spider.settings.getbool("SC_RAW"), oldest.strftime(FORMAT), now())
    found = FullRecords(chain.from_iterable(map(names_of, crawl.seeds)), form)
    if not found:
        return
    own = None
    if status.resumed or status.shared:  # otherwise it is empty, or another crawl's that began in the same second
        own = _OUTPUT / spider.name / status.stamp
    left_out = Counter[str]()
    for folder, files in _outputs({*found.kinds, GONE}, oldest):
        if folder == own:
            continue
        if reason := _unfit(folder, spider):
            left_out[reason] += 1
        else:
            _read(found, files)
    found.settle()
    context(spider.crawler).add(Known, KnownSeeds(spider.crawler, found, reader))
    _log(given, found, left_out)


def _outputs(kinds: Iterable[str], oldest: datetime) -> Iterator[tuple[Path, list[Path]]]:
    """The output folders of all spiders, in the order of time, and in each the files that may have known records.

    A file that was not written since `oldest` has none.
    """
    for folder in sorted(_OUTPUT.glob("*/[!.]*/"), key=lambda folder: (folder.name, folder)):
        files: list[Path] = []
        for kind in sorted(kinds, key=GONE.__eq__):  # the last of two records of the same second counts: that of `gone`
            files += sorted(folder.rglob(f"{kind}.jsonl"))
        if new := [file for file in files if _is_new(file, oldest)]:
            yield folder, new


def _is_new(file: Path, oldest: datetime) -> bool:
    try:
        found = file.stat()
    except OSError:  # its crawl may have removed it
        return False
    return found.st_size > 0 and found.st_mtime >= oldest.timestamp()


def _unfit(folder: Path, spider: SpiderHooks) -> str:
    """Why an output is not read; "" if it can be read. The log puts the number of such outputs before these words."""
    of_crawls = [_unlike(*origin) for origin in _origins(folder, spider)]
    if not of_crawls:
        return "without a crawl record"
    return next(filter(None, of_crawls), "")


def _unlike(is_same: bool, has_pseudonyms: bool, arguments: Mapping[str, Any]) -> str:
    if has_pseudonyms:
        return "with pseudonyms"
    if not is_same:
        return "of another server or API"
    if arguments.get("params"):
        return "with params"
    return ""


def _origins(folder: Path, spider: SpiderHooks) -> Iterator[tuple[bool, bool, Mapping[str, Any]]]:
    """Of each crawl in a folder: whether it asked the same API and server, whether it wrote pseudonyms; its arguments.

    A crawl that was killed has no crawl record, but its job directory tells.
    """
    records = list(chain.from_iterable(map(_records, folder.rglob("crawl.jsonl"))))
    for row in records:
        versions = row["versions"]
        is_same = (row["api"], versions.get("api")) == (spider.api, answerer(spider.settings, spider.api))
        yield is_same, "pseudonyms" in versions, row["arguments"]
    told = told_by(folder / JOB)
    if told and not records:
        api, arguments, terms = told
        is_same = (api, terms.get("server")) == (spider.api, fingerprint(spider.settings)["server"])
        yield is_same, terms.get("SC_PSEUDONYMS") != "none", arguments


def _records(file: Path) -> list[Row]:
    try:
        return [row for _, row, _ in read(file, lambda _: None) if not check("crawl", [row])[1]]
    except InputError:
        return []


def _read(found: FullRecords, files: Iterable[Path]) -> None:
    for file in files:
        try:
            found.read(file)
        except InputError as e:
            logger.warning("SC_MAX_AGE: a file is ignored: %s", e)


def _log(given: str, found: FullRecords, left_out: Mapping[str, int]) -> None:
    others = "".join(f" {counted(count, 'output')} {how}: not read." for how, count in sorted(left_out.items()))
    oldest = found.oldest()
    if oldest is None:
        logger.info("SC_MAX_AGE=%s: none of %s is known from output.%s", given, counted(len(found), "seed"), others)
        return
    by_folder = Counter[Path]()
    for file, count in found.sources().items():
        by_folder[Path(*file.parts[:3])] += count
    places = [f"{count:,} from {folder}" for folder, count in by_folder.most_common(_NAMED)]
    if more := by_folder.total() - sum(count for _, count in by_folder.most_common(_NAMED)):
        places.append(f"{more:,} from {counted(len(by_folder) - _NAMED, 'other')}")
    logger.info(
        "SC_MAX_AGE=%s: %s of %s known and not asked for: %s; the oldest was fetched at %s.%s",
        given,
        f"{by_folder.total():,}",
        counted(len(found), "seed"),
        ", ".join(places),
        oldest.strftime(FORMAT),
        others,
    )
