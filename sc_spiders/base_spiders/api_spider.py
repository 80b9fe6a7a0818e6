"""The base class of all spiders: it begins the crawl and turns answers into pages.

Authors of spiders override the hooks in `hooks`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.misc import load_object

from sc_spiders import engine, records
from sc_spiders.api import Endpoint
from sc_spiders.api.clock import FORMAT, Clock, now
from sc_spiders.api.hosts import Hosts, answerer
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.base_spiders.batched import arranged
from sc_spiders.base_spiders.callbacks import Callbacks
from sc_spiders.base_spiders.checks import preflight
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.base_spiders.privacy import shown, terms
from sc_spiders.context import context
from sc_spiders.downloader.retry import RetryMiddleware
from sc_spiders.errors import CredentialsEnded, ForeignHost, ListingEnded
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.fingerprint import digest, fingerprint
from sc_spiders.pages import since
from sc_spiders.pages.listing import RETRIED, Listing
from sc_spiders.pages.namespaces import Purpose
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.reader import PageReader
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)


class ApiSpider(SpiderHooks):
    """It makes no start requests. The frontier stores the seeds, because they belong to the crawl and not to a run.

    `refused`: the crawl was refused before its first request, and the log tells why. `doing`: what the progress shows
    if the spider does more than walk lists. `headline`: words for the crawl's end, if finish_reason tells too little.
    """

    refused: bool = False
    doing: str = ""
    headline: str = ""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add our add-on to those of the project, the spider and the command line: no crawl works without it."""
        super().update_settings(settings)
        settings.set_in_component_priority_dict("ADDONS", load_object("sc_spiders.Addon"), 0)
        # A runner applies its settings to the crawler again, and replaces values of the same priority.
        settings.set("ADDONS", settings["ADDONS"], priority=SETTINGS_PRIORITIES["cmdline"] + 1)

    def crawl_spec(self) -> CrawlSpec:
        """What the frontier needs to know of the crawl. Raises ArgumentError if the crawl cannot begin."""
        preflight(self)
        seeds = self.seeds()
        return CrawlSpec(
            identity=self.identity(),
            defaults=self.defaults,
            fingerprint={**fingerprint(self.settings), **terms(self), "seeds": digest(seeds)},
            seeds=seeds,
            unordered_from=self.unordered_from,
            sequential=self.sequential,
            limit=self.limit,
            bidirectional=bool(_bidirectional(self.plan)),
            arrange=partial(arranged, self),
        )

    def look_back(self, written: list[str], kinds: Collection[str]) -> None:
        """Find how far back `since=last` goes, and what SC_MAX_AGE lets the crawl know of its seeds.

        `written`: files to which the crawl appends; `kinds`: those in them.
        """
        # Only these crawls import what reads data sets.
        if self.settings["SC_MAX_AGE"]:
            from sc_spiders.base_spiders.known import look_for

            look_for(self, self._crawl, self._reader)
        if self.args.get("since") == since.LAST:
            from sc_spiders.dataset.bookmarks import look_back

            this = {**shown(self), "versions": {"api": answerer(self.settings, self.api)}}
            status = self._crawl.frontier.status
            home = Path("output", self.name)
            found = look_back(written, home, status.stamp, status.started_at, this, kinds)
            self.listings.known_until = found.moments

    @cached_property
    def writing(self) -> Callbacks:
        """Makes the callbacks that write the pages of `parse` and `errback`."""
        return Callbacks(self.crawler)

    def parse(self, response: Response) -> list[Page]:
        """The page of an answer. A faulty answer ends its listing, or gives nothing if it is retried."""
        request: Request = response.request  # type: ignore[assignment]
        listing: Listing = request.meta["listing"]
        if "resolution" not in request.meta:
            endpoint = listing.endpoint  # before the page changes it
            found = self._read(listing, response)
            if isinstance(found, Page):
                self._retry.accept(request, endpoint)
                return [found]
            if again := self._retry.carry_out(request, found):
                assert self.crawler.engine
                self.crawler.engine.crawl(again)  # not returned: Scrapy would count it as one level deeper
                return []
        return [self.ended(listing, request.meta.pop("resolution"))]

    def errback(self, failure: Failure) -> Iterator[Page]:
        """The page that ends a listing after its download has failed for good."""
        request: Request = failure.request  # type: ignore[attr-defined]
        resolution = request.meta.pop("resolution", None) or self._resolution_of(failure.value)
        if resolution:
            yield self.ended(request.meta["listing"], resolution)

    def ended(self, listing: Listing, resolution: Resolution) -> Page:
        """The page that ends a listing for which no answer can be read."""
        moment, begun = now(), self._crawl.frontier.status.started_at
        listing.started_at = listing.started_at or moment
        page = Page(listing.end(*_ending(listing, resolution)))
        try:
            page.follow += self.fallback(listing)
            if resolution.location:
                page.follow.append(self._resolved(listing, resolution.location))
            self._reader.close_listing(page, moment)
        except Exception:
            logger.exception("%s could not be ended; this is a bug in sc_spiders", listing.name)
            self.forget(listing)
            page = Page(listing.end("error", "internal"), {"listing": [listing.record(self.api, moment, begun)]})
        return page

    def forget(self, listing: Listing, *, keep: Purpose | None = None) -> None:
        """Remove what the listing's last page added to sets of ids, because that page will not be written.

        `keep`: sets with this purpose stay as they are.
        """
        self.seen.rollback(listing.id, keep=keep)
        self._crawl.frontier.hydration.forget(listing)

    def last_rows(self) -> Iterator[tuple[str, list[Row]]]:
        """Records to write when a run ends, as pairs of a kind and records. A resumed crawl writes them anew."""
        yield from ()

    def last_lines(self) -> Iterator[str]:
        """Further lines for the end of the log."""
        yield from ()

    def next_command(self, outputs: Iterable[str]) -> str | None:
        """The command to suggest after the crawl. "": none; None: a report.

        `outputs`: the paths of the output files.
        """
        return None

    def _resolution_of(self, error: BaseException | None) -> Resolution | None:
        """How a failed download ends the listing; None if it stays open and the next run requests it again."""
        if isinstance(error, ListingEnded):
            resolution: Resolution = error.resolution
            return resolution
        if isinstance(error, ForeignHost):
            return Resolution(Action.FAIL, error="foreign_host")
        if isinstance(error, CredentialsEnded) or engine.is_closing(self.crawler):
            return None
        return Resolution(Action.FAIL, error=type(error).__name__)

    def _read(self, listing: Listing, response: Response) -> Page | Resolution:
        answered = None
        if not listing.pages:
            answered = self._answered_at(response)
        try:
            return self._reader.read(listing, response.body, datetime.now(UTC).strftime(FORMAT), answered)
        except Exception:
            logger.exception("%s: the answer could not be read; this is a bug in sc_spiders", listing.name)
            self.forget(listing)
            return self.ended(listing, Resolution(Action.FAIL, error="internal"))

    def _answered_at(self, response: Response) -> datetime | None:
        headers = {name: (response.headers.get(name) or b"").decode("latin-1") for name in ("date", "age")}
        return self._clock.read(headers, datetime.now(UTC))

    def _resolved(self, short_link: Listing, location: str) -> Listing:
        """The listing of the address to which a short link leads."""
        return self.listings.resolve(
            location, seed=short_link.seed, level=short_link.level, extra=short_link.extra["then"]
        )

    @cached_property
    def _clock(self) -> Clock:
        return Clock()

    @cached_property
    def _reader(self) -> PageReader:
        frontier = self._crawl.frontier
        return PageReader(
            self.api,
            Hosts.from_settings(self.settings),
            frontier.seen,
            frontier.hydration,
            self.follow,
            max_empty=self.settings.getint("SC_MAX_EMPTY_PAGES"),
            raw=self.settings.getbool("SC_RAW"),
            bidirectional=_bidirectional(self.plan),
            shared=frontier.status.shared,
            drift=context(self.crawler).get(records.Drift),
            cut_out=context(self.crawler).get_or_make(Secrets).cut_out,
            opt_out=partial(context(self.crawler).find, records.OptOut),
            begun=frontier.status.started_at,
            after_page=self.after_page,
        )

    @cached_property
    def _retry(self) -> RetryMiddleware:
        found = self.crawler.get_downloader_middleware(RetryMiddleware)
        assert found
        return found

    @property
    def _crawl(self) -> Crawl:
        return context(self.crawler).get(Crawl)


def _bidirectional(plan: Iterable[Endpoint]) -> frozenset[str]:
    """Relations that are walked from both ends, so the same edge may come twice."""
    directions = {(endpoint.edge.relation, endpoint.edge.reverse) for endpoint in plan if endpoint.edge}
    return frozenset(relation for relation, reverse in directions if (relation, not reverse) in directions)


def _ending(listing: Listing, resolution: Resolution) -> tuple[str, str | None]:
    """How the listing ends, and its error."""
    ended, error = resolution.ended, resolution.reason
    if listing.spec.shape == "reactions" and ended in RETRIED:
        return "error", error or ended  # not retried by a later run, because fetched comments wait for it
    return ended, error
