"""Output by the page, through Scrapy's feed exports.

`PageFeedExporter` is Scrapy's own extension with two things more: it acknowledges a page once every feed has written it
(`sc_spiders.feeds.formats`), and it knows how long the files were then.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from contextlib import suppress
from itertools import chain, count, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider
from scrapy.extensions.feedexport import BlockingFeedStorage, FeedExporter, FeedSlot
from scrapy.utils.defer import ensure_awaitable

from sc_spiders import engine, records
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.downloader.auth import CredentialsMiddleware
from sc_spiders.errors import ArgumentError, Disturbed, OutputError
from sc_spiders.extensions.outcome import crawl_record
from sc_spiders.feeds.formats import PageFileStorage, SummedFile
from sc_spiders.feeds.repair import make_whole
from sc_spiders.feeds.spreadsheets import notice
from sc_spiders.frontier.directory import is_full
from sc_spiders.frontier.job import Job, now
from sc_spiders.frontier.output_files import check_place
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.frontier.syncing import Syncing
from sc_spiders.pages.listing import UNASKED, Listing
from sc_spiders.pages.page import Page, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrapy import Spider
    from scrapy.crawler import Crawler


logger = logging.getLogger(__name__)

_UNASKED = 10_000  # listings that were never asked for, and have a record where no later run goes on

_CANNOT = {
    True: "No room for the output or the job directory; make some and start the same command again: ",
    False: "The output or the job directory cannot be written there; choose another place: ",
}


def uri_params(params: dict[str, Any], spider: Spider) -> dict[str, Any]:
    """`%(stamp)s` in a feed's address: when the job was first started; `%(worker)s`: host and process."""
    scheduler = context(spider.crawler).get(Scheduler)
    return {**params, "stamp": scheduler.job.stamp, "worker": scheduler.worker}


class PageFeedExporter(FeedExporter):
    """Writes pages, then acknowledges them. Where writing fails, the crawl ends with `disk` and can go on later."""

    _broken = ""  # the finish_reason of a crawl of which nothing more can be written
    _disturbed = False  # and somebody else has to do with that
    _open = False
    _reason = ""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._syncing = Syncing(self._sync)
        self._kinds = {kind for options in self.feeds.values() for kind in options["item_export_kwargs"]["kinds"]}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        exporter = super().from_crawler(crawler)
        crawler.signals.connect(exporter.item_dropped, signals.item_dropped)
        crawler.signals.connect(exporter.item_error, signals.item_error)
        crawler.signals.connect(exporter.engine_stopped, signals.engine_stopped)
        return exporter

    def open_spider(self, spider: Spider) -> None:
        self._spider = spider
        job = None
        try:
            job = self._scheduler.find()
            if not job.resumed:
                _own_folder(self.feeds, spider.name, job)
            super().open_spider(spider)
            files = list(self._files())
            for file in files:
                file.path = str(Path(file.path).absolute())  # as the job knows it
            if job.resumed:
                self._same_files({file.path for file in files})
            if job.finished:
                job.check()
                logger.info("This job has ended already (%s); its output is left as it is.", job.finished)
                raise CloseSpider(job.finished)
            self._scheduler.claim(path for path in self._shared() if not job.resumed or Path(path).exists())
            if not job.resumed:
                _mend(files)
            if isinstance(spider, ApiSpider):
                spider.look_back([file.path for file in files if file.write_mode != "wb"], self._kinds)
            outputs = {file.path: 0 if file.write_mode == "wb" else _size(file.path) for file in files}
            if job.resumed:
                for file in files:
                    file.write_mode = "ab"
            self._scheduler.acknowledge = self.acknowledge
            self._tell_of_formulas()
            self._scheduler.begin(outputs)
            for file in files:
                file.sum = job.sums.get(file.path, 0)
            if not job.resumed:
                self._clear()
        except CloseSpider:
            raise
        except (ArgumentError, OutputError, OSError, sqlite3.Error) as e:
            self._give_up(job)
            full = is_full(e)
            logger.error("%s%s", "" if isinstance(e, ArgumentError | OutputError) else _CANNOT[full], e)
            raise CloseSpider("disk" if full else "bad_arguments") from None
        except Exception:  # Scrapy would log it, go on, and find that there is nothing to do
            self._give_up(job)
            logger.exception("%s: the crawl could not be begun; this is a fault of ours", spider.name)
            raise CloseSpider("incomplete") from None
        self._open = True

    def _tell_of_formulas(self) -> None:
        written = [options for options in self.feeds.values() if options["format"] == "csv"]
        if written and isinstance(self._spider, ApiSpider):
            logger.info("%s", notice(safe=all(options["item_export_kwargs"]["safe"] for options in written)))

    def _give_up(self, job: Job | None) -> None:
        """Let go of a job that cannot be begun or gone on with."""
        if job:
            job.abandon()
            del self._scheduler.job  # nobody has anything to say of it
        if isinstance(self._spider, ApiSpider):
            self._spider.refused = True

    def item_scraped(self, item: Any, spider: Spider) -> None:
        if isinstance(item, Page):
            self.acknowledge(item)
        else:
            super().item_scraped(item, spider)

    def item_dropped(self, item: Any) -> None:
        self._refuse(item, "dropped")

    def item_error(self, item: Any) -> None:
        self._refuse(item, "pipeline")

    def acknowledge(self, page: Page) -> None:
        """Write a page and, once all of it is written, commit it."""
        if self._broken or not self._scheduler.holds(page.listing):
            return  # not written, so not acknowledged: the next run, or another worker, asks again
        try:
            self._check()
            self._write(page)
        except Disturbed as e:
            self._leave(e)
            return
        except OSError as e:
            self._fail(e)
            return
        except Exception:
            logger.exception("%r could not be written; this is a fault of an exporter", page)
            self._cut_back()
            if page.listing.error == "exporter":
                page.rows = {}  # not even that it failed can be written
            else:
                self._refuse(page, "exporter")
                return
        self._count(page)
        self._job.written = self._sums()
        try:
            self._scheduler.commit(page.listing, page.follow, self._lengths())
            self._syncing.due()
        except (OSError, sqlite3.Error) as e:
            self._fail(e)
        except Exception:
            logger.exception("%r could not be acknowledged; this is a fault of ours", page)
            self._stop("shutdown")

    async def _close_slot(self, slot: FeedSlot, spider: Spider) -> None:
        """As Scrapy does, but what could not be stored is told in a line, and the crawl has not got it."""
        if not isinstance(slot.storage, BlockingFeedStorage) or not slot.itemcount:
            await super()._close_slot(slot, spider)
            return
        slot.finish_exporting()
        assert slot.file
        assert self.crawler.stats
        how = "success"
        try:
            await ensure_awaitable(slot.storage.store(slot.file))
        except Exception as e:  # whatever a library raises of whichever server
            how = "failed"
            self._broken = "disk"
            logger.error(
                "%s could not be stored (%s: %s), and is lost; write to a file.", slot.uri, type(e).__name__, e
            )
        scrapys_own = f"feedexport/{how}_count/{type(slot.storage).__name__}"
        self.crawler.stats.inc_value(scrapys_own)

    async def close_spider(self, spider: Spider, reason: str = "finished") -> None:
        """Ends the files with what was not finished and the crawl itself, which a resumed job cuts off again."""
        if not self._open:
            return
        self._reason = reason
        try:
            reason = self._reason = self._job.reason(reason)
            if not self._broken and isinstance(spider, ApiSpider):
                self._check()
                self._finish(spider, reason)
        except Disturbed as e:
            self._leave(e)
        except (OSError, sqlite3.Error) as e:
            self._broken = self._broken or "disk"
            logger.error("The closing records could not be written: %s", e)
        except Exception:
            self._broken = self._broken or "shutdown"
            logger.exception("The closing records could not be written; this is a fault of ours")
        if self._broken:
            self._abort()
        left = {} if self._broken else {**self._job.outputs, **self._lengths()}
        self._job.written = self._sums()
        await super().close_spider(spider)
        self._syncing.stop()
        try:
            self._job.close(self._broken or reason, {} if self._broken else left)
        except (OSError, sqlite3.Error) as e:
            self._broken = "disk"
            logger.error("The output or the job directory cannot be written: %s", e)

    def engine_stopped(self) -> None:
        if reason := self._broken or self._reason:
            assert self.crawler.stats
            self.crawler.stats.set_value("finish_reason", reason)

    def _refuse(self, page: Any, error: str) -> None:
        """A page that is not written ends its listing; what it led to is followed, other listings end as they do."""
        if not isinstance(page, Page) or not isinstance(self._spider, ApiSpider):
            return
        listing = page.listing
        self._spider.forget(listing, keep="walked")
        ended = self._spider.ended(listing, Resolution(Action.FAIL, error=error))
        ended.follow += page.follow
        others = [row for row in page.rows.get("listing", ()) if row["endpoint"] != listing.endpoint]
        ended.add("listing", others)
        self.acknowledge(ended)

    def _write(self, page: Page) -> None:
        super().item_scraped(page, self._spider)
        self._job.plan.note(self._lengths())
        sys.audit("sc_spiders.plan_page.after")
        for slot in self.slots:
            if slot.file and page.rows:
                slot.file.flush()

    def _count(self, page: Page) -> None:
        stats, counts = self.crawler.stats, self._job.counts
        assert stats
        stats.inc_value("pages")
        for kind, rows in page.rows.items():
            if kind not in self._kinds:
                continue  # SC_KINDS leaves it out
            counts[kind] += len(rows)
            stats.inc_value(f"records/{kind}", len(rows))
            if kind == "rejected":
                for row in rows:
                    for reason in row["reasons"]:
                        stats.inc_value(f"rejected/{row['kind']}/{reason['field']}")
                        stats.inc_value(f"jsonschema/errors/{reason['field']}")  # as scrapy-jsonschema counts

    def _files(self) -> Iterator[PageFileStorage]:
        return (slot.storage for slot in self.slots if isinstance(slot.storage, PageFileStorage))

    def _shared(self) -> Iterator[str]:
        """Files that another crawl could be writing to, without those that may stay away: for what is rejected."""
        for slot in self.slots:
            if isinstance(slot.storage, PageFileStorage) and not self._is_for_rejected(slot):
                yield slot.storage.path

    def _clear(self) -> None:
        """Empty what is overwritten: also where this crawl has nothing for it, say nothing rejected."""
        for slot in self.slots:
            file = slot.storage
            if isinstance(file, PageFileStorage) and file.write_mode == "wb" and Path(file.path).is_file():
                if self._is_for_rejected(slot):
                    Path(file.path).unlink()
                else:  # locked
                    os.truncate(file.path, 0)

    def _is_for_rejected(self, slot: FeedSlot) -> bool:
        return bool(self.feeds[slot.uri_template]["item_export_kwargs"]["kinds"] == ("rejected",))

    def _opened(self) -> Iterator[tuple[str, IO[bytes]]]:
        for slot in self.slots:
            if slot.file and isinstance(slot.storage, PageFileStorage):
                yield slot.storage.path, slot.file

    def _sync(self) -> None:
        if self._broken:
            return
        try:
            self._check()
            self._job.sync()
        except Disturbed as e:
            self._leave(e)
        except (OSError, sqlite3.Error) as e:
            self._fail(e)

    def _lengths(self) -> dict[str, int]:
        return {path: file.tell() for path, file in self._opened()}

    def _sums(self) -> dict[str, int]:
        return {path: file.sum for path, file in self._opened() if isinstance(file, SummedFile)}

    def _check(self) -> None:
        """Raises Disturbed where an output file, or the job directory, is not as the last page has left it."""
        self._job.check_place()
        opened = dict(self._opened())
        for path, length in self._job.outputs.items():
            if length or path in opened:
                check_place(path, length, opened.get(path))

    def _fail(self, error: Exception) -> None:
        kept = self.settings["JOBDIR"] or self.settings["SC_REDIS_URL"]
        mend = "make room" if is_full(error) else "see to it that it can be written there"
        remedy = f"Nothing that was acknowledged is lost; {mend} and start the same command again"
        logger.error(
            "Writing failed: %s. %s.", error, remedy if kept else f"{mend.capitalize()} before it begins again"
        )
        self._stop("disk")

    def _leave(self, error: Disturbed) -> None:
        """End the crawl, and leave all that lies there as it is."""
        logger.error("%s.", error)
        self._disturbed = True
        self._stop("disk")

    def _stop(self, reason: str) -> None:
        """End the crawl, of which nothing more is written: what was acknowledged stands."""
        self._broken = reason
        engine.close(self.crawler, reason)

    def _cut_back(self) -> None:
        """Take back what was written of a page."""
        for path, file in self._opened():
            file.seek(self._job.outputs.get(path, 0))
            file.truncate()
            if isinstance(file, SummedFile):
                file.sum = self._job.sums.get(path, 0)

    def _abort(self) -> None:
        """Take back what was written of a page where nothing can be written any more."""
        for path, file in self._opened():
            with suppress(OSError):  # what its buffer still holds
                file.close()
            if self._disturbed:
                continue
            length = self._job.outputs.get(path, 0)
            with suppress(OSError):
                if _size(path) > length:
                    os.truncate(path, length)

    def _finish(self, spider: ApiSpider, reason: str) -> None:
        """The closing records. They stand beyond the acknowledged lengths: a resumed job cuts them off and goes on.

        Comments that wait for their reactions are among them: they were fetched, and their list counts them. Listings
        that were never asked for are told by their number, since the output holds nothing of them; the first of them
        have records where no later run goes on.
        """
        sys.audit("sc_spiders.finish.before")
        moment, job = now(), self._job
        ending = "credentials" if reason == "credentials" else "interrupted"
        refusal = self._refusal() if ending == "credentials" else None
        unasked = 0 if job.kept else min(job.unasked, _UNASKED)
        untold = job.unasked - unasked
        unfinished = chain(job.unfinished(), job.some_unasked(unasked))
        while listings := list(islice(unfinished, 1000)):
            for one in listings:
                if not one.ended:
                    self._job.note(one.end(*self._job.closing(one, ending, refusal)))
            held = [row for one in listings for row in one.extra.get("rows", ())]
            made = [one.record(spider.api, moment) for one in listings]
            self._close_with({"comment": held, "listing": records.check("listing", made)[0]})
        if untold:
            job.listings[ending] += untold
            job.crawl_counts[UNASKED] = untold
        record = crawl_record(spider, self._job, reason, moment)
        if "listing" in self._kinds:  # so that none there were is told from none that are kept
            record["counts"].setdefault("listing", 0)
        self._close_with({"crawl": records.check("crawl", [record])[0]})
        sys.audit("sc_spiders.finish.after")

    def _refusal(self) -> str | None:
        """The API's own words to the credential that it refused."""
        found = self.crawler.get_downloader_middleware(CredentialsMiddleware)
        return found.refusal if found else None

    def _close_with(self, rows: dict[str, list[Row]]) -> None:
        sys.audit("sc_spiders.closing_records.before")
        page = Page(Listing("", None, ""), {kind: found for kind, found in rows.items() if found})
        self._write(page)
        self._count(page)
        sys.audit("sc_spiders.closing_records.after")

    def _same_files(self, paths: set[str]) -> None:
        """Raises OutputError where they are not those of the job."""
        known = self._job.outputs.keys()
        if known == paths:
            return
        files = sorted(known)
        told = ", ".join(files[:2]) + (f" and {len(files) - 2} more" if len(files) > 2 else "")
        moved = {Path(path).name for path in known} == {Path(path).name for path in paths}
        what = "start it in the folder where it was begun" if moved else "give the same -o"
        raise OutputError(f"this job writes to {told or 'no file'}; {what}, or another JOBDIR")

    @property
    def _scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)

    @property
    def _job(self) -> Job:
        return self._scheduler.job


def _own_folder(feeds: Iterable[str], name: str, job: Job) -> None:
    """Make the job's folder; its stamp gets a number where another crawl has begun in the same second.

    Raises OSError, sqlite3.Error.
    """
    for feed in feeds:
        head, found, rest = feed.partition("%(stamp)s")
        if found and "%(worker)s" not in rest:  # workers share it, each with a folder in it
            break
    else:
        return
    if job.planned:  # by a process that died before the job was begun
        with suppress(OSError):
            Path(job.planned).rmdir()  # empty, or not its own
    stamp = job.stamp
    for number in count(1):
        job.stamp = stamp if number == 1 else f"{stamp}-{number}"
        folder = Path(head % {"name": name} + job.stamp)
        if folder.exists():
            continue
        job.plan_folder(str(folder.absolute()))
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            sys.audit("sc_spiders.make_folder.after")
            return


def _mend(files: list[PageFileStorage]) -> None:
    """Where there is a line already that was cut off, the next would be glued to it."""
    for file in files:
        if file.write_mode == "ab" and (cut := make_whole(Path(file.path))):
            logger.warning("%s ended in the middle of a line, whose %d bytes are cut off.", file.path, cut)


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0
