"""Finds the next page or the end of a list, and the length that a page announces."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from sc_spiders import records
from sc_spiders.api import Api
from sc_spiders.api.hosts import Hosts
from sc_spiders.pages import page_size as pagesize
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.scope import is_foreign, moved
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.pages.since import NEWEST_FIRST, bounds, divide
from sc_spiders.redaction.names import is_secret

from .rows import MAX_ID, UNWRAP, Entry
from .shape import MAX_ROWS


class Paginator:
    """Sets the next page of listings, or ends them. `hosts`, `seen`, `max_empty`: see `PageReader`."""

    def __init__(self, api: Api, hosts: Hosts, seen: Seen, *, max_empty: int) -> None:
        self.api = api
        self.hosts = hosts
        self.seen = seen
        self.max_empty = max_empty

    def within(self, listing: Listing, rows: list[Any]) -> tuple[list[Any], int, bool]:
        """The rows within the listing's bounds, the number of other rows that are new, and whether the list may end.

        The other rows are not written, but remembered: otherwise a page of them would count as empty.
        """
        within, others, falling = divide(rows, *_bounds(listing))
        if others:
            listing.extra["older"] = True
        unwrap = UNWRAP.get(listing.spec.rows, Entry)
        ids = [entry.object.get("id") for row in others if (entry := unwrap(row))]
        namespace = Namespace.rows(listing.id, listing.spec.kinds[0])
        fresh = self.seen.fresh(namespace, [i for i in ids if type(i) is int and 0 < i <= MAX_ID])
        self.seen.add(namespace, fresh)
        return within, len(fresh), falling and listing.endpoint in NEWEST_FIRST

    def announcement(self, listing: Listing, data: Any) -> None:
        """Store the page's values that describe the whole list in the listing."""
        if not isinstance(data, dict):
            return
        names = {"query_urn": "query_urn", "last_updated": "last_updated"}
        edge = listing.spec.edge
        if edge and edge.relation == "finds":
            names["announced"] = "total_results"
        for field, name in names.items():
            if data.get(name) is not None:
                _take_over(listing, field, data[name])

    def go_on(self, listing: Listing, data: Any, *, cut: bool, through: bool) -> None:
        """Set the listing's next page, or end it.

        `cut`: rows beyond its limit were left out. `through`: the page reached old rows, so no new ones follow.
        """
        self._go_on(listing, data, cut)
        at_end = listing.ended == "end" or (through and not listing.ended)
        if at_end and listing.extra.get("older"):  # rows were left out: the list ends here
            listing.end("limit", bounds(*_bounds(listing)))

    def _go_on(self, listing: Listing, data: Any, cut: bool) -> None:
        href = next_href(data)
        if self.api not in listing.spec.follow:
            href = None
        cut_off = self._is_cut_off(listing, data)
        at_limit = listing.limit > 0 and listing.fetched >= listing.limit
        if at_limit and (cut or cut_off or href is not None):
            listing.end("limit")
        elif cut_off:
            listing.end("error", "no_next_page")
        elif href is None:
            listing.end("end")
        elif type(href) is not str or not href:  # a subclass of str cannot be written
            listing.end("error", "malformed")
        else:
            self._follow(listing, href)

    def _is_cut_off(self, listing: Listing, data: Any) -> bool:
        """Whether a bare list has as many rows as requested. It is probably longer, but names no next page."""
        if not isinstance(data, list) or listing.spec.bare or self.api not in listing.spec.follow:
            return False
        return len(data) >= _size(listing)

    def _follow(self, listing: Listing, href: str) -> None:
        """Set the next page, or end the listing if the address is another host's or another list's."""
        url = self.hosts.path_of(self.api, href, listing.url)
        if url is None:
            listing.end("error", "foreign_host")
        elif is_foreign(listing, self.api, url):
            listing.end("error", "foreign_path")
        elif listing.empty >= self.max_empty:
            listing.end("empty_pages")
        else:
            moved(listing, url)
            self._next(listing, with_own_parameters(url, listing.params))

    def _next(self, listing: Listing, url: str) -> None:
        """Set the next page, or end the listing if it has had that page."""
        if pagesize.SMALLER in listing.extra:
            url = pagesize.kept(listing, url)
        namespace = Namespace.pages(listing.id)
        number = ident(_sorted(url))
        if listing.pages == 1:
            self.seen.add(namespace, [ident(_sorted(listing.url))])
        if self.seen.has(namespace, number):
            listing.end("loop")
            return
        self.seen.add(namespace, [number])
        listing.url = url


def _bounds(listing: Listing) -> tuple[str, str]:
    return listing.extra.get("since", ""), listing.extra.get("until", "")


def _take_over(listing: Listing, field: str, told: Any) -> None:
    """Set a field of the listing, if the value fits its schema."""
    value = records.fitting("listing", field, told)
    if value is not None:
        setattr(listing, field, value)


def next_href(data: Any) -> Any:
    """The address of the next page; None (null or no such key) only at the end."""
    if not isinstance(data, dict):
        return None
    href = data.get("next_href")
    if href is None:
        return data.get("next_partition_href")
    return href


def _size(listing: Listing) -> int:
    """The number of rows that the page was requested with."""
    size = dict(parse_qsl(listing.url.partition("?")[2])).get("limit", "")
    if size.isdigit():
        return int(size)
    return MAX_ROWS


def with_own_parameters(url: str, params: dict[str, str]) -> str:
    """A next page's path and query without credentials and with the endpoint's own parameters.

    Some next pages carry the client_id of their request. Each request is signed anew.
    """
    path, _, query = url.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    pairs = [(name, value) for name, value in given if not is_secret(name)]
    there = dict(pairs)
    pairs += [(name, value) for name, value in params.items() if name not in there]
    return f"{path}?{urlencode(pairs)}"


def _sorted(url: str) -> str:
    """The URL with its parameters in alphabetical order."""
    path, _, query = url.partition("?")
    return f"{path}?{'&'.join(sorted(query.split('&')))}"
