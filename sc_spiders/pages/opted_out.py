"""Keeps pages free of those on the list of SC_NEVER. Their objects count as read, and that is all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from sc_spiders.pages.groups import Group
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.records import OptOut

__all__ = ["OptedOut"]

_HELD = "held"  # in extra: edges of a playlist's tracks whose owners are not known yet


class OptedOut:
    """`find` returns the list, once the crawl has begun. None: there is none, and everything stays."""

    def __init__(self, find: Callable[[], OptOut | None], seen: Seen) -> None:
        self._find = find
        self.seen = seen

    @cached_property
    def opt_out(self) -> OptOut | None:
        """The list. Pages are read only after the crawl has begun, so that it is asked for once."""
        return self._find()

    def leave_out(self, page: Page, group: Group) -> None:
        """Remove objects that nothing is to be written about. Call it when the group's objects are counted."""
        if self.opt_out:
            page.gained += group.leave_out(self.opt_out)

    def leave_alone(self, listing: Listing) -> None:
        """Ask no more about a listing's object, and leave the word for it out of the crawl record."""
        listing.extra.pop("tracks", None)
        if listing.seed:
            self.seen.add(Namespace.opted_out(), [ident(listing.seed)])

    def hold_back(self, page: Page, stubs: list[int]) -> None:
        """Keep the edges of tracks that are known by id only, until it is known whose they are."""
        if not (stubs and self.opt_out):
            return
        unknown = {f"soundcloud:tracks:{track}" for track in stubs}
        edges = page.rows.pop("edge", [])
        page.add("edge", [edge for edge in edges if edge["target"] not in unknown])
        page.listing.extra[_HELD] = [edge for edge in edges if edge["target"] in unknown]

    def released(self, listing: Listing) -> list[Row]:
        """The edges that were held back, of tracks that were written meanwhile or are gone."""
        edges: list[Row] = listing.extra.pop(_HELD, [])
        return [edge for edge in edges if edge["target"] in listing.missing or self._is_written(edge["target"])]

    def _is_written(self, track: str) -> bool:
        number = int(track.rpartition(":")[2])
        return any(self.seen.has(one, number) for one in (Namespace.node("track"), Namespace.partial("track")))
