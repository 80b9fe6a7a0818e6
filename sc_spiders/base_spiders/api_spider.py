"""What all spiders share: arguments, seeds, and the way from an answer to a page.

A spider is a class with a name, a docstring, its `arguments`, and a `plan` of endpoints; the rest is here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from scrapy import Request, Spider

from sc_spiders import engine, records
from sc_spiders.api import APIS, CATALOGUE, Api, Endpoint, used_by, words
from sc_spiders.api.clock import Clock
from sc_spiders.api.hosts import answerer
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.base_spiders import arguments, system_playlists
from sc_spiders.base_spiders.arguments import Argument, Target
from sc_spiders.context import context
from sc_spiders.credentials import CredentialError, has_user_token
from sc_spiders.dataset.bookmarks import Bookmarks, look_back
from sc_spiders.downloader.retry import FaultsMiddleware
from sc_spiders.errors import ArgumentError, BadHost, CredentialsEnded, ForeignHost
from sc_spiders.frontier.job import now
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.pages import PageReader, since
from sc_spiders.pages import short_links as shortlinks
from sc_spiders.pages.listing import RETRIED, Listing, first_page
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seeds import Seeds
from sc_spiders.pages.seen import ident
from sc_spiders.redaction.given import exposed, secrets
from sc_spiders.redaction.names import unfolded

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure


logger = logging.getLogger(__name__)

_PARAMS = Argument(arguments.params, "", "k=v&k2=v2, sent to the API over its own parameters")


class ApiSpider(Spider):
    """`arguments` by name, in the order they are told; `subject`: the argument that holds the seeds, and their kind.

    `selector`: the argument whose words name endpoints. `endpoints`: endpoints that are asked of each subject, whatever
    the arguments say. `apis`: the APIs that have what it is about. `unordered_from`: the level from which on no listing
    waits for the level before. `sequential`: a listing is walked to its end before the next is begun. `keeps_seeds`:
    whether the record of a seed itself is wanted.
    """

    arguments: ClassVar[Mapping[str, Argument]] = {}
    subject: ClassVar[str] = ""
    selector: ClassVar[str] = "include"
    endpoints: ClassVar[tuple[str, ...]] = ()
    apis: ClassVar[tuple[Api, ...]] = APIS
    unordered_from: int = 0
    refused: bool = False  # said no to before its first request; nothing else need complain
    sequential: bool = False
    bookmarks = Bookmarks()  # what since=last has found

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in cls.endpoints:
            if name not in CATALOGUE or cls.subject not in CATALOGUE[name].used_by:
                raise ValueError(f"{cls.__name__}.endpoints names {name}, which the catalogue has for no {cls.subject}")

    def __init__(self, **given: str) -> None:
        # A `name` among them is not handed on: the output's folder has the spider's, and it is never given.
        super().__init__()
        self.given = {key: str(value) for key, value in given.items()}
        self.args: dict[str, Any] = {}
        self.problem: str | None = None
        try:
            self.args = arguments.parse_arguments(self.declared(), self.given)
        except ArgumentError as e:
            self.problem = f"{self.name}: {e}"

    @classmethod
    def names(cls) -> list[str]:
        """Its name, and those of the spiders that it is derived from: what the catalogue has for them, it has too."""
        return [vars(base)["name"] for base in cls.__mro__ if "name" in vars(base)]

    @classmethod
    def declared(cls) -> dict[str, Argument]:
        """All arguments by name: the spider's own, and those of every spider."""
        return {**cls.arguments, "params": _PARAMS}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.api = cast("Api", crawler.settings["SC_API"])
        return spider

    api: Api

    @cached_property
    def page_size(self) -> int | None:
        """Rows a page; None for as many as the API has. Not read before the settings have been checked."""
        return self.settings.getint("SC_PAGE_SIZE") or None

    def check(self) -> None:
        """Raises ArgumentError where this crawl cannot be begun."""
        self.check_arguments()
        problem = self.problem or self.settings["SC_PROBLEM"]
        if problem:
            raise ArgumentError(problem)
        self.check_secrets()
        if self.api not in self.apis:
            raise ArgumentError(f"the {self.api} API has no {self.name}; use SC_API={self.apis[0]}")
        self.check_offer()
        if self.args.get("since"):
            self.check_since()
        if any(endpoint.auth == "user" for word in self.chosen for endpoint in used_by(word, self.api, *self.names())):
            self.check_user_token()

    def check_arguments(self) -> None:
        """Raises ArgumentError where one holds a credential of the settings: they are kept with the job, and shown."""
        hidden = list(secrets(self.settings))
        for name, value in (*self.given.items(), *self.args.items()):  # what was parsed has also what files hold
            text = unfolded(str(value)) if hidden else ""
            if any(secret in text for secret in hidden):
                raise ArgumentError(f"{self.name}: the argument {name!r} holds a credential of the settings")

    def check_secrets(self) -> None:
        """Raises ArgumentError where a job of Scrapyd has a credential in its settings; others are warned."""
        if names := ", ".join(exposed(self.settings)):
            why = "where other users of the machine can read it: set it in the environment"
            if "_job" in self.given:
                raise ArgumentError(f"{self.name}: {names} was given as a setting of the job, {why} of Scrapyd instead")
            logger.warning("%s was given on the command line, %s instead.", names, why)

    def check_offer(self) -> None:
        """Raises ArgumentError where this API does not offer what the arguments name."""
        known = words(*self.names(), api=self.api)
        for word in self.chosen:
            if word not in known:
                raise ArgumentError(
                    f"{self.name}: the {self.api} API has nothing for {self.selector}={word}; it has {', '.join(known)}"
                )
        for name in self.endpoints:
            if not CATALOGUE[name].path(self.api):
                other = next(api for api in APIS if CATALOGUE[name].path(api))
                raise ArgumentError(f"{self.name}: the {self.api} API has no {name}; use SC_API={other}")
        if self.subject == "playlist":
            system_playlists.refuse(self.args["playlist"], self.plan(), self.api)

    def check_since(self) -> None:
        """Raises ArgumentError where `since` bounds nothing, or not as asked. What it does not bound, the log tells."""
        lists = [one for one in self.plan() if one.shape == "list"]
        bounded = [one for one in lists if one.name in since.DATED[self.api]]
        if not bounded:  # who asks for what is new should not get all there is
            raise ArgumentError(f"{self.name}: since bounds nothing that is asked for; it needs {self._dated_words()}")
        for one in bounded:
            self._check_order(one)
        if whole := [one.name for one in lists if one not in bounded]:
            logger.info("since does not bound these, which are walked whole: %s", ", ".join(whole))

    def _dated_words(self) -> str:
        """The API, and the words of the selector, that lead to lists which `since` bounds."""
        api: Api = self.api
        fit = _dated(self.names(), api)
        if not fit:
            api = "v2"
            fit = _dated(self.names(), api)
        if self.selector not in self.arguments:
            return api
        return f"{api} and {self.selector}={' or '.join(fit)}"

    def _check_order(self, endpoint: Endpoint) -> None:
        """Raises ArgumentError where the arguments ask for another order than the newest first."""
        asked = {**self.query(endpoint), **self.args["params"]}
        for name, value in since.NEWEST_FIRST.get(endpoint.name, {}).items():
            if asked.get(name, value) != value:
                raise ArgumentError(f"{self.name}: since needs the newest first: leave {name}={asked[name]} out")

    def check_user_token(self) -> None:
        """Raises ArgumentError where there is no user's token."""
        try:
            if has_user_token(self.settings):
                return
        except (CredentialError, BadHost) as e:
            raise ArgumentError(str(e)) from None
        way = "set SC_OAUTH_TOKEN" + (" or run `scrapy login`" if self.api == "public" else "")
        raise ArgumentError(f"{self.name}: what is asked for needs a user's token: {way}")

    def identity(self) -> dict[str, Any]:
        """What tells this crawl from another: a job directory belongs to one."""
        given = {name: value for name, value in self.given.items() if not name.startswith("_")}
        defaults = {name: value for name, value in self.defaults.items() if value}
        return {"spider": self.name, "arguments": {**defaults, **given}, "api": self.api}

    @property
    def defaults(self) -> dict[str, str]:
        """What an argument that is not given means, by name."""
        return {name: argument.default or "" for name, argument in self.declared().items()}

    # What a spider may say otherwise

    @property
    def chosen(self) -> tuple[str, ...]:
        """The words given that name endpoints."""
        given = self.args.get(self.selector, ())
        return (given,) if isinstance(given, str) else tuple(given)

    @property
    def keeps_seeds(self) -> bool:
        return "include" not in self.args or "profile" in self.args["include"]

    def plan(self) -> Iterator[Endpoint]:
        """The endpoints asked of each subject: not the one that looks it up, nor those that others lead to."""
        endpoints = {name: CATALOGUE[name] for name in self.endpoints}
        endpoints |= {one.name: one for word in self.chosen for one in used_by(word, self.api, *self.names())}
        for endpoint in endpoints.values():  # each once, also where several words lead to it
            of_subject = {"id", "urn"}.issuperset(endpoint.arguments(self.api))
            single = endpoint.shape == "one" and self.subject not in endpoint.kinds
            if single or (endpoint.shape == "list" and of_subject):
                yield endpoint

    def query(self, endpoint: Endpoint) -> dict[str, str]:
        """Parameters of that endpoint that follow from the arguments."""
        return {}

    def seeds(self) -> Sequence[Listing]:
        """What the crawl begins with: the seeds, looked up. The same whenever it is asked for."""
        return Seeds(self.args[self.subject], self.look_up)

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        """Listings that a page leads to. Of a seed: the plan, once, under however many names it was given."""
        if not listing.seed or not self.first_time(kind, keys):
            return []
        return self.expand(kind, objects[0], keys[0], 0)

    def first_time(self, kind: str, keys: list[int | str]) -> list[int | str]:
        """Those of the objects that are led on from for the first time in this crawl."""
        seen, numbers = self.scheduler.job.seen, {ident(key): key for key in keys}
        new = seen.fresh(f"walked {kind}", numbers)
        seen.add(f"walked {kind}", new)
        return [numbers[number] for number in new]

    def after_page(self, page: Page) -> None:
        """What a spider makes of a page beside what all make of it."""

    def fallback(self, listing: Listing) -> list[Listing]:
        """Listings that take the place of one that ended for a fault."""
        return []

    @property
    def bidirectional(self) -> frozenset[str]:
        """Relations that the plan walks from both ends: their edges may be met twice."""
        directions = {(e.edge.relation, e.edge.reverse) for e in self.plan() if e.edge}
        return frozenset(relation for relation, reverse in directions if (relation, not reverse) in directions)

    # What they share

    def listing(
        self,
        endpoint: Endpoint,
        path: Mapping[str, str | int] | None = None,
        query: dict[str, str] | None = None,
        **state: Any,
    ) -> Listing:
        """A listing of that endpoint at its first page. `path`: what path and subject of the endpoint name."""
        path = path or {}
        try:
            subject = endpoint.subject.format(**path)
        except KeyError:  # it has none, or none is known yet
            subject = None
        query = {**(query or {}), **self.query(endpoint), **self.args.get("params", {})}
        if moment := self.bound(endpoint, subject):
            query |= since.NEWEST_FIRST.get(endpoint.name, {})
            state["extra"] = {**state.get("extra", {}), "since": moment}
        size = min(filter(None, (self.page_size, state.get("limit"))), default=None)
        url, kept = first_page(endpoint, self.api, size, query, **path)
        return Listing(endpoint.name, subject, url, kept, **state)

    def bound(self, endpoint: Endpoint, subject: str | None) -> str:
        """The moment that this list is walked back to; "" where it is walked whole."""
        given: str = self.args.get("since", "")
        if not given or endpoint.name not in since.DATED[self.api]:
            return ""
        return given if given != since.LAST else self.bookmarks.moments.get((endpoint.name, subject), "")

    def look_back(self, written: list[str], kinds: Collection[str]) -> None:
        """Find where `since=last` goes back to. `written`: the files that are added to; `kinds`: what is written."""
        if self.args.get("since") == since.LAST:
            this = {**self.identity(), "versions": {"api": answerer(self.settings, self.api)}}
            job = self.scheduler.job
            self.bookmarks = look_back(written, Path("output", self.name), job.stamp, job.started_at, this, kinds)

    def look_up(self, target: Target) -> Listing:
        """The listing that finds out about a seed: by id where there is one, else by address."""
        extra: dict[str, Any] = {"kind": target.kind}
        if not self.keeps_seeds:
            extra["unwritten"] = True
        if target.kind == "playlist" and "tracks" in self.chosen:
            extra["tracks"] = ""
        state: dict[str, Any] = {"seed": target.text, "level": -1, "extra": extra}
        if target.url:
            return self.at_address(target.url, **state)
        assert target.id
        return self.listing(_by_id(target.kind, target.id), _path(target.kind, target.id), **state)

    def at_address(self, url: str, **state: Any) -> Listing:
        """The listing that finds out what is at an address, which may be a short link."""
        if shortlinks.needs_asking(url, self.api):
            return shortlinks.ask(url, self.api, state.pop("extra", {}), **state)
        return self.listing(CATALOGUE["resolve"], query={"url": url}, **state)

    def whole_playlist(self, key: int | str, subject: str = "") -> Listing:
        """A playlist with all its tracks, in edges from `subject`, or from the playlist itself."""
        return self.listing(_by_id("playlist", key), _path("playlist", key), level=1, extra={"tracks": subject})

    def expand(self, kind: str, object_: Row, key: int | str, level: int) -> list[Listing]:
        """The plan's listings of a subject."""
        return [
            self.listing(
                endpoint,
                _path(kind, key),
                level=level,
                announced=_announced(endpoint.announced.get(self.api, ""), object_),
                extra={"tracks": ""} if endpoint.holds_tracks else {},
            )
            for endpoint in system_playlists.offered(self.plan(), self.api, key)
        ]

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: the scheduler has the seeds, for they belong to the job and not to one of its runs."""
        return
        yield

    def parse(self, response: Response) -> Iterator[Page]:
        """The page of an answer; of a faulty one how its listing ends, or none, where it is asked again."""
        request: Request = response.request  # type: ignore[assignment]
        listing: Listing = request.meta["listing"]
        if "resolution" not in request.meta and (again := self.faults.read(request, response.body)):
            assert self.crawler.engine
            self.crawler.engine.crawl(again)  # not yielded: it is no deeper than it was
        elif resolution := request.meta.pop("resolution", None):
            yield self.ended(listing, resolution)
        else:
            yield self._walk(listing, request.meta.pop("data"), response)

    def _walk(self, listing: Listing, data: Any, response: Response) -> Page:
        answered = None if listing.pages else self._answered_at(response)
        try:
            page = self.reader.page(listing, data, now(), answered)
            self.after_page(page)
        except Exception:
            logger.exception("%s: the answer could not be read; this is a fault of ours", listing.name)
            self.forget(listing)
            return self.ended(listing, Resolution(Action.FAIL, error="internal"))
        return page

    def _answered_at(self, response: Response) -> datetime | None:
        told = {name: (response.headers.get(name) or b"").decode("latin-1") for name in ("date", "age")}
        return self.clock.read(told, datetime.now(UTC))

    def errback(self, failure: Failure) -> Iterator[Page]:
        """A download that failed for good."""
        request: Request = failure.request  # type: ignore[attr-defined]
        resolution = request.meta.pop("resolution", None)
        if resolution is None:
            if isinstance(failure.value, ForeignHost):
                resolution = Resolution(Action.FAIL, error="foreign_host")
            elif isinstance(failure.value, CredentialsEnded) or engine.is_closing(self.crawler):
                return  # not answered: it stays unfinished, and the next run asks again
            else:
                resolution = Resolution(Action.FAIL, error=type(failure.value).__name__)
        yield self.ended(request.meta["listing"], resolution)

    def ended(self, listing: Listing, resolution: Resolution) -> Page:
        """The page that ends a listing for a fault."""
        moment = now()
        listing.started_at = listing.started_at or moment
        ended, error = resolution.ended, resolution.reason
        if listing.spec.shape == "reactions" and ended in RETRIED:
            ended, error = "error", error or ended  # not kept for later: comments that are there wait for it
        page = Page(listing.end(ended, error))
        try:
            page.follow += self.fallback(listing)
            if resolution.location:
                further = {"seed": listing.seed, "level": listing.level, "extra": listing.extra["then"]}
                page.follow.append(self.at_address(resolution.location, **further))
            self.reader.close_listing(page, moment)
        except Exception:
            logger.exception("%s could not be ended; this is a fault of ours", listing.name)
            self.forget(listing)
            page = Page(listing.end("error", "internal"), {"listing": [listing.record(self.api, moment)]})
        return page

    def forget(self, listing: Listing, *, keep: str = "") -> None:
        """What that listing's last page had will not be written. `keep`: a space of ids that is left as it is."""
        self.scheduler.job.seen.forget(listing.id, keep=keep)
        self.scheduler.job.hydration.forget(listing)

    @cached_property
    def clock(self) -> Clock:
        return Clock()

    @cached_property
    def faults(self) -> FaultsMiddleware:
        found = self.crawler.get_downloader_middleware(FaultsMiddleware)
        assert found
        return found

    @property
    def scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)

    @property
    def reader(self) -> PageReader:
        reader = self.__dict__.get("_reader")
        if reader is None:
            settings = self.crawler.settings
            reader = self.__dict__["_reader"] = PageReader(
                self.api,
                self.scheduler.hosts,
                self.scheduler.job.seen,
                self.scheduler.job.hydration,
                self.follow,
                max_empty=settings.getint("SC_MAX_EMPTY_PAGES"),
                raw=settings.getbool("SC_RAW"),
                bidirectional=self.bidirectional,
                shared=self.scheduler.job.shared,
                drift=context(self.crawler).get(records.Drift),
            )
        return cast("PageReader", reader)


def _dated(spiders: list[str], api: Api) -> list[str]:
    """The words of these spiders that lead to lists with dates, which `since` bounds."""
    dated = since.DATED[api]
    return [word for word in words(*spiders, api=api) if any(e.name in dated for e in used_by(word, api, *spiders))]


def _by_id(kind: str, key: int | str) -> Endpoint:
    """The endpoint of one object; what has a string for an id is a system playlist."""
    return CATALOGUE["system_playlist" if isinstance(key, str) else kind]


def _path(kind: str, key: int | str) -> dict[str, str | int]:
    """What paths need of an object."""
    return {"id": key, "urn": key if isinstance(key, str) else f"soundcloud:{kind}s:{key}"}


def _announced(names: str, object_: Row) -> int | None:
    """The sum of the object's counts of these names (with + between them); None where the first is unknown."""
    counts = [records.fitting("listing", "announced", object_.get(name)) for name in names.split("+")]
    if counts[0] is None:
        return None
    total: int | None = records.fitting("listing", "announced", sum(filter(None, counts)))
    return total
