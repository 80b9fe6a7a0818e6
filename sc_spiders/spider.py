"""What all spiders share: arguments, seeds, and the way from an answer to a page.

A spider is a class with a name, a docstring, its `arguments`, and a `plan` of endpoints; the rest is here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from scrapy import Request, Spider

from sc_spiders import arguments
from sc_spiders.arguments import Argument, ArgumentError, Target
from sc_spiders.endpoints import APIS, CATALOGUE, Api, Endpoint, reach
from sc_spiders.faults import Do, Verdict
from sc_spiders.frontier.job import now
from sc_spiders.listing import Listing, first_page
from sc_spiders.middlewares.credentials import CredentialsEnded
from sc_spiders.walk import Page, Row, Walker

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from sc_spiders.frontier.scheduler import Scheduler

logger = logging.getLogger(__name__)

_PARAMS = Argument(arguments.params, "", "k=v&k2=v2, sent to the API over its own parameters")


class ApiSpider(Spider):
    """`arguments` by name, in the order they are told; `subject`: the argument that holds the seeds, and their kind."""

    arguments: ClassVar[Mapping[str, Argument]] = {}
    subject: ClassVar[str] = ""
    offered: ClassVar[tuple[Api, ...]] = APIS
    free_from: int = 0

    def __init__(self, name: str | None = None, **kwargs: str) -> None:
        super().__init__(name)
        self.given = {key: str(value) for key, value in kwargs.items()}
        self.args: dict[str, Any] = {}
        self.problem: str | None = None
        try:
            self.args = arguments.parse_arguments({**self.arguments, "params": _PARAMS}, self.given)
        except ArgumentError as e:
            self.problem = f"{self.name}: {e}"

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.api = cast("Api", settings["SC_API"])
        spider.page_size = settings.getint("SC_PAGE_SIZE") or None
        return spider

    api: Api
    page_size: int | None

    def check(self) -> None:
        """Raises ArgumentError where this crawl cannot be begun."""
        problem = self.problem or self.settings["SC_PROBLEM"]
        if problem:
            raise ArgumentError(problem)
        if self.api not in self.offered:
            raise ArgumentError(f"the {self.api} API has no {self.name}; use SC_API={self.offered[0]}")

    def identity(self) -> dict[str, Any]:
        """What tells this crawl from another: a job directory belongs to one."""
        given = {name: value for name, value in self.given.items() if not name.startswith("_")}
        defaults = {name: argument.default for name, argument in self.arguments.items() if argument.default}
        return {"spider": self.name, "arguments": {**defaults, **given}, "api": self.api}

    # What a spider may say otherwise

    def plan(self) -> Iterator[Endpoint]:
        """The endpoints asked of each subject."""
        for word in self.args.get("include", ()):
            if CATALOGUE[self.subject].reach.get(self.name) != word:
                yield from reach(self.name, word, self.api)

    def seeds(self) -> list[Listing]:
        """What the crawl begins with: the seeds, looked up."""
        return [self.look_up(target) for target in self.args[self.subject]]

    def discovered(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        """Listings that a page leads to. Of a seed: the plan."""
        return self.expand(kind, objects[0], keys[0], 0) if listing.seed and objects else []

    @property
    def both_ways(self) -> frozenset[str]:
        """Relations that the plan walks from both ends: their edges may be met twice."""
        directions = {(e.edge.relation, e.edge.reverse) for e in self.plan() if e.edge}
        return frozenset(relation for relation, reverse in directions if (relation, not reverse) in directions)

    # What they share

    def listing(
        self,
        endpoint: Endpoint,
        *,
        subject: str | None = None,
        query: dict[str, str] | None = None,
        path: Mapping[str, str | int] | None = None,
        **state: Any,
    ) -> Listing:
        """A listing of that endpoint at its first page."""
        query = {**(query or {}), **self.args.get("params", {})}
        url, kept = first_page(endpoint, self.api, self.page_size, query, **(path or {}))
        return Listing(endpoint.name, subject, url, kept, **state)

    def look_up(self, target: Target) -> Listing:
        """The listing that finds out about a seed: by id where there is one, else by address."""
        state: dict[str, Any] = {"seed": target.text, "level": -1, "extra": {"kind": target.kind}}
        if target.url:
            return self.listing(CATALOGUE["resolve"], query={"url": target.url}, **state)
        urn = _urn(target.kind, target.id or 0)
        return self.listing(CATALOGUE[target.kind], subject=urn, path={"id": target.id or 0, "urn": urn}, **state)

    def expand(self, kind: str, object_: Row, key: int | str, level: int) -> list[Listing]:
        """The plan's listings of a subject."""
        urn = _urn(kind, key)
        return [
            self.listing(
                endpoint,
                subject=urn,
                path={"id": key, "urn": urn},
                level=level,
                announced=_announced(endpoint, object_),
            )
            for endpoint in self.plan()
        ]

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: the scheduler has the seeds, for they belong to the job and not to one of its runs."""
        return
        yield

    def page(self, response: Response) -> Iterator[Page]:
        """An answer, judged and decoded already."""
        listing: Listing = response.meta["listing"]
        verdict: Verdict | None = response.meta.pop("verdict", None)
        if verdict:
            yield self.ended(listing, verdict)
            return
        try:
            yield self.walker.page(listing, response.meta.pop("data"), now())
        except Exception:
            logger.exception("%s: the answer could not be read; this is a fault of ours", listing.name)
            yield self.ended(listing, Verdict(Do.END, error="internal"))

    def failed(self, failure: Failure) -> Iterator[Page]:
        """A download that failed for good."""
        request: Request = failure.request  # type: ignore[attr-defined]
        verdict = request.meta.pop("verdict", None)
        if verdict is None:
            if isinstance(failure.value, CredentialsEnded) or self._closing():
                return  # not answered: it stays unfinished, and the next run asks again
            verdict = Verdict(Do.END, error=type(failure.value).__name__)
        yield self.ended(request.meta["listing"], verdict)

    def ended(self, listing: Listing, verdict: Verdict) -> Page:
        """The page that ends a listing for a fault."""
        moment = now()
        listing.started_at = listing.started_at or moment
        page = Page(listing.end(verdict.ended, verdict.error))
        self.walker.close_listing(page, moment)
        return page

    @property
    def scheduler(self) -> Scheduler:
        assert self.crawler.engine
        return cast("Scheduler", self.crawler.engine.scheduler)

    @property
    def walker(self) -> Walker:
        walker = self.__dict__.get("_walker")
        if walker is None:
            settings = self.crawler.settings
            walker = self.__dict__["_walker"] = Walker(
                self.api,
                self.scheduler.hosts,
                self.scheduler.job.seen,
                self.discovered,
                max_empty=settings.getint("SC_MAX_EMPTY_PAGES"),
                raw=settings.getbool("SC_RAW"),
                both_ways=self.both_ways,
            )
        return cast("Walker", walker)

    def _closing(self) -> bool:
        engine = self.crawler.engine
        return not engine or not engine._slot or engine._slot.closing is not None


def _urn(kind: str, key: int | str) -> str:
    return key if isinstance(key, str) else f"soundcloud:{kind}s:{key}"


def _announced(endpoint: Endpoint, object_: Row) -> int | None:
    """The sum of the subject's counts that the endpoint names; None where the first is unknown."""
    counts = [object_.get(name) for name in (endpoint.announced or "").split("+")]
    if not isinstance(counts[0], int):
        return None
    return sum(count for count in counts if isinstance(count, int))
