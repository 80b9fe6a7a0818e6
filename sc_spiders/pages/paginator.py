"""What a page says of its list: how long it is, whether it goes on, and where."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sc_spiders import records
from sc_spiders.api import Api
from sc_spiders.api.hosts import Hosts
from sc_spiders.pages import page_size as pagesize
from sc_spiders.pages.listing import Listing, put_back
from sc_spiders.pages.scope import is_foreign, moved
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.pages.since import NEWEST_FIRST, divide

from .groups import MAX_ID
from .rows import UNWRAP, Entry
from .shape import MAX_ROWS, next_href


class Paginator:
    """Takes listings to their next page, or ends them. `hosts`, `seen`, `max_empty` are those of the `PageReader`."""

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
        ids = [entry.object.get("id") for row in old if (entry := unwrap(row))]
        space = f"listing:{listing.id}:{listing.spec.kinds[0]}"
        fresh = self.seen.fresh(space, [i for i in ids if type(i) is int and 0 < i <= MAX_ID])
        self.seen.add(space, fresh)
        return new, len(fresh), falling and listing.endpoint in NEWEST_FIRST

    def announcement(self, listing: Listing, data: Any) -> None:
        """What the page tells of the whole list."""
        if not isinstance(data, dict):
            return
        names = {"query_urn": "query_urn", "last_updated": "last_updated"}
        if listing.relation == "finds":
            names["announced"] = "total_results"
        for field, name in names.items():
            told = records.fitting("listing", field, data.get(name))
            if told is not None:
                setattr(listing, field, told)

    def go_on(self, listing: Listing, data: Any, *, cut: bool, through: bool) -> None:
        """Set the listing's next page, or end it. `cut`: rows were left out for its limit; `through`: for their age."""
        self._go_on(listing, data, cut)
        if (listing.ended == "end" or (through and not listing.ended)) and listing.extra.get("older"):
            # A list that ends with something left out for being older ended at that bound.
            listing.end("limit", f"since {listing.extra['since']}")

    def _go_on(self, listing: Listing, data: Any, cut: bool) -> None:
        href = next_href(data)
        follows = self.api in listing.spec.follow
        follow = href is not None and follows
        # A bare list cannot say that it goes on. As long as was asked for, it most likely does.
        cut_off = isinstance(data, list) and follows and not listing.spec.bare and len(data) >= _size(listing)
        if listing.limit and listing.fetched >= listing.limit and (cut or cut_off or follow):
            listing.end("limit")
        elif cut_off:
            listing.end("error", "no_next_page")
        elif not follow:
            listing.end("end")
        elif not _is_text(href):
            listing.end("error", "malformed")
        elif astray := self._astray(listing, url := self.hosts.join(self.hosts.url(self.api, listing.url), href)):
            listing.end("error", astray)
        elif listing.empty >= self.max_empty:
            listing.end("empty_pages")
        else:
            self._next(listing, self.hosts.relative(self.api, url))

    def _astray(self, listing: Listing, url: str) -> str | None:
        """Where a next page leads that is none of this list's: the listing's error."""
        if self.hosts.api_of(url) != self.api:
            return "foreign_host"
        return "foreign_path" if is_foreign(listing, self.api, self.hosts.relative(self.api, url)) else None

    def _next(self, listing: Listing, url: str) -> None:
        path, _, query = url.partition("?")
        url = pagesize.kept(listing, f"{path}?{put_back(query, listing.params)}")
        space = f"pages:{listing.id}"
        if listing.pages == 1:
            self.seen.add(space, [_page_ident(listing.url)])
        if self.seen.has(space, _page_ident(url)):
            listing.end("loop")
            return
        self.seen.add(space, [_page_ident(url)])
        moved(listing, url)
        listing.url = url


def _is_text(href: Any) -> bool:
    """Whether it can be an address. What `records.decode` marks as unwritable, a NaN among them, is no plain string."""
    return type(href) is str and bool(href)


def _size(listing: Listing) -> int:
    """Rows that its page was asked to have."""
    size = dict(parse_qsl(listing.url.partition("?")[2])).get("limit", "")
    return int(size) if size.isdigit() else MAX_ROWS


def _page_ident(url: str) -> int:
    path, _, query = url.partition("?")
    return ident(f"{path}?{'&'.join(sorted(query.split('&')))}")
