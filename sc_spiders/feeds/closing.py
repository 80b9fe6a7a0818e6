"""The closing records: the records of listings that did not end, and the crawl record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from sc_spiders import records
from sc_spiders.api.clock import now
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.extensions.exit_status import crawl_record
from sc_spiders.frontier.base import Frontier
from sc_spiders.pages.listing import UNASKED, Listing
from sc_spiders.pages.page import Page, Row

_UNASKED = 10_000  # how many never requested listings get a record, if no later run can request them
_AT_ONCE = 1000  # listings


def closing_pages(
    spider: ApiSpider,
    frontier: Frontier,
    reason: str,
    *,
    refusal: str | None,
    tells_listings: bool,
    held: Callable[[Listing], list[Row]],
) -> Iterator[Page]:
    """The last pages of a run. They are not acknowledged: a resumed crawl cuts them off and goes on.

    They have the comments that still wait for their reactions, because the comments were fetched and their list counts
    them. The crawl record counts the listings that were never requested. If no later run can request these, the first
    of them also get records. `refusal`: the API's message when it refused the credential. `tells_listings`: listing
    records are written. `held` returns a listing's comments that still wait.
    """
    moment, status = now(), frontier.status
    how, why = "interrupted", None
    if reason == "credentials":
        how, why = "credentials", refusal
    with_record = 0
    if not status.kept:
        with_record = min(frontier.unasked, _UNASKED)
    without_record = frontier.unasked - with_record
    unfinished = frontier.unfinished(with_record)
    while listings := list(islice(unfinished, _AT_ONCE)):
        _end(listings, frontier, how, why)
        comments = list(chain.from_iterable(map(held, listings)))
        made = [listing.record(spider.api, moment, status.started_at) for listing in listings]
        yield _page({"comment": comments, "listing": records.check("listing", made)[0]})
    if without_record:
        status.listings[how] += without_record
        status.crawl_counts[UNASKED] = without_record
    for kind, made in spider.last_rows():
        yield _page({kind: records.check(kind, made)[0]})
    record = status.record = crawl_record(spider, status, reason, moment)
    if tells_listings:  # 0 means that there were none; no count means that listing records are not written
        record["counts"].setdefault("listing", 0)
    yield _page({"crawl": records.check("crawl", [record])[0]})


def _end(listings: Iterable[Listing], frontier: Frontier, how: str, why: str | None) -> None:
    """End those that are open, and count them."""
    for listing in listings:
        if not listing.ended:
            frontier.status.note(listing.end(*frontier.hydration.short.get(listing.id, (how, why))))


def _page(rows: dict[str, list[Row]]) -> Page:
    return Page(Listing("", None, ""), {kind: found for kind, found in rows.items() if found})
