"""Pages of objects whose records an earlier crawl wrote, so that no request is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from sc_spiders import records
from sc_spiders.pages.batches import urn_of
from sc_spiders.pages.groups import Group
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.rows import Entry
from sc_spiders.pages.seen import ident
from sc_spiders.pages.streams import STREAMS

__all__ = ["Known", "known_page", "names_of"]

_SITE = "https://soundcloud.com/"  # how the addresses of objects begin
_OBJECTS = frozenset({"user", "track", "playlist", "system_playlist"})  # endpoints of one object
_MORE = frozenset({"tracks", STREAMS})  # in extra: more than the object's own record is wanted of its answer


class Known(Protocol):
    """What is known of a crawl's seeds."""

    def has(self, name: str) -> bool:
        """Whether an object is known, by its URN or address."""

    def page(self, listing: Listing) -> Page | None:
        """The page of a seed, made of known records. None if an object is not known: then the seed is requested."""


def names_of(listing: Listing) -> list[str]:
    """What a seed looks up, by URN or address; nothing if its answer may bring more than the records of that."""
    if listing.pages or not listing.seed or _MORE & listing.extra.keys():
        return []
    if listing.spec.shape == "batch":
        return [urn_of(listing.spec.kinds[0], id) for id in listing.extra["ids"]]
    if listing.endpoint in _OBJECTS and listing.subject:
        return [listing.subject]
    if listing.endpoint == "resolve":
        address = dict(parse_qsl(urlsplit(listing.url).query))["url"]
        return [address] if address.startswith(_SITE) else []  # a short link does not say where it leads
    return []


def known_page(reader: PageReader, listing: Listing, rows: Sequence[Row], now: str) -> Page:
    """The page of a seed that is not requested. It has these records, which are of one kind."""
    page = Page(listing.end("end"))
    listing.started_at = listing.started_at or now
    listing.attempts = listing.losses = 0
    listing.tried = False
    listing.missing = []
    listing.fetched += len(rows)
    listing.pages += 1
    kind = records.kind(rows[0]["kind"], reader.api)
    if listing.spec.shape == "batch":
        # Not `came`: it is not sure that the API has them now.
        listing.extra |= {"came": [], "refused": [ident(row["id"]) for row in rows]}
    group = Group(kind)
    for row in rows:
        group.add(Entry(kind.object_of(row)))
    reader.opted_out.leave_out(page, group)
    if group.objects:
        _write(reader, page, group, {ident(row["id"]): row for row in rows})
        keys = [group.keys[i] for i in group.objects]
        page.follow += reader.follow(listing, kind.name, list(group.objects.values()), keys)
    elif listing.spec.shape == "one":
        reader.opted_out.leave_alone(listing)
    reader.after_page(page)
    reader.close_listing(page, now)
    return page


def _write(reader: PageReader, page: Page, group: Group, rows: dict[int, Row]) -> None:
    """Add the records of the group's objects, if they are wanted and not written yet."""
    if "unwritten" in page.listing.extra:
        return
    written = Namespace.node(group.kind.name)
    fresh = reader.seen.fresh(written, group.objects)
    reader.seen.add(written, fresh)
    page.add(group.kind.name, [rows[i] for i in fresh])
