"""What a page says of its list: how long it is, whether it goes on, and where."""

from __future__ import annotations

from typing import Any

from sc_spiders.endpoints import Api
from sc_spiders.frontier.seen import Seen, ident
from sc_spiders.hosts import Hosts
from sc_spiders.listing import Listing, put_back
from sc_spiders.since import NEWEST_FIRST, divide

from .groups import MAX_ID
from .rows import UNWRAP, Entry
from .shape import next_href


class Pager:
    """Takes listings to their next page, or ends them. `hosts`, `seen`, `max_empty` are those of the `Walker`."""

    def __init__(self, api: Api, hosts: Hosts, seen: Seen, *, max_empty: int) -> None:
        self.api = api
        self.hosts = hosts
        self.seen = seen
        self.max_empty = max_empty

    def newer(self, listing: Listing, rows: list[Any]) -> tuple[list[Any], int, bool]:
        """The rows not older than was asked for, how many older ones it has not had yet, and whether the list may end.

        What is older is not written, but remembered like the rest: else pages of it would pass for empty ones.
        """
        new, old, falling = divide(rows, listing.extra["since"])
        if old:
            listing.extra["older"] = True
        unwrap = UNWRAP.get(listing.spec.rows, Entry)
        ids = [object_.get("id") for row in old if isinstance(object_ := unwrap(row).object, dict)]
        space = f"listing:{listing.id}:{listing.spec.kinds[0]}"
        fresh = self.seen.fresh(space, [i for i in ids if type(i) is int and 0 < i <= MAX_ID])
        self.seen.add(space, fresh)
        return new, len(fresh), falling and listing.endpoint in NEWEST_FIRST

    def announcement(self, listing: Listing, data: Any) -> None:
        """What the page tells of the whole list."""
        if not isinstance(data, dict):
            return
        total = data.get("total_results")
        if isinstance(total, int) and listing.relation == "finds":
            listing.announced = total
        for name in ("query_urn", "last_updated"):
            if isinstance(data.get(name), str):
                setattr(listing, name, data[name])

    def go_on(self, listing: Listing, data: Any, *, cut: bool, through: bool) -> None:
        """Set the listing's next page, or end it. `cut`: rows were left out for its limit; `through`: for their age."""
        self._go_on(listing, data, cut)
        if (listing.ended == "end" or (through and not listing.ended)) and listing.extra.get("older"):
            # A list that ends with something left out for being older ended at that bound.
            listing.end("limit", f"since {listing.extra['since']}")

    def _go_on(self, listing: Listing, data: Any, cut: bool) -> None:
        href = next_href(data)
        follow = href is not None and self.api in listing.spec.follow
        if listing.limit and listing.fetched >= listing.limit and (cut or follow):
            listing.end("limit")
        elif not follow:
            listing.end("end")
        elif not isinstance(href, str) or not href:
            listing.end("error", "malformed")
        elif self.hosts.api_of(url := self.hosts.join(self.hosts.url(self.api, listing.url), href)) != self.api:
            listing.end("error", "foreign_host")
        elif listing.empty >= self.max_empty:
            listing.end("empty_pages")
        else:
            self._next(listing, self.hosts.relative(self.api, url))

    def _next(self, listing: Listing, url: str) -> None:
        path, _, query = url.partition("?")
        url = f"{path}?{put_back(query, listing.params)}"
        space = f"pages:{listing.id}"
        if listing.pages == 1:
            self.seen.add(space, [_page_ident(listing.url)])
        if self.seen.has(space, _page_ident(url)):
            listing.end("loop")
            return
        self.seen.add(space, [_page_ident(url)])
        listing.url = url


def _page_ident(url: str) -> int:
    path, _, query = url.partition("?")
    return ident(f"{path}?{'&'.join(sorted(query.split('&')))}")
