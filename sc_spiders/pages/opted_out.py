"""Leaves people on the list of SC_NEVER out of pages. Their objects count as read; nothing is written about them."""

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
    """`find` returns the list after the crawl has begun. If it is None, nothing is left out."""

    def __init__(self, find: Callable[[], OptOut | None], seen: Seen) -> None:
        self._find = find
        self.seen = seen

    @cached_property
    def opt_out(self) -> OptOut | None:
        """The list. Pages are read only after the crawl has begun, so one call of `find` is enough."""
        return self._find()

    def leave_out(self, page: Page, group: Group) -> None:
        """Remove the objects of people on the list. Call it after the group's objects were counted.

        The job remembers whom the crawl has met: a list may have their addresses, and a later page only their ids.
        """
        if not self.opt_out:
            return
        page.gained += group.leave_out(self.opt_out)
        for kind, ids in self.opt_out.people.met.items():
            met = Namespace.met(kind)
            self.seen.add(met, self.seen.fresh(met, ids))

    def leave_alone(self, listing: Listing) -> None:
        """Request nothing more about a listing's object, and leave the user's word for it out of the crawl record."""
        listing.extra.pop("tracks", None)
        if listing.seed:
            self.seen.add(Namespace.opted_out(), [ident(listing.seed)])

    def hold_back(self, page: Page, stubs: list[int]) -> None:
        """Hold back the edges of tracks that are known by id only, until their owners are known."""
        if not (stubs and self.opt_out):
            return
        unknown = {f"soundcloud:tracks:{track}" for track in stubs}
        edges = page.rows.pop("edge", [])
        page.add("edge", [edge for edge in edges if edge["target"] not in unknown])
        page.listing.extra[_HELD] = [edge for edge in edges if edge["target"] in unknown]

    def released(self, listing: Listing) -> list[Row]:
        """Those edges that were held back whose tracks were written meanwhile or are gone.

        Of a track that did not come for another reason, nobody knows whose it is.
        """
        edges: list[Row] = listing.extra.pop(_HELD, [])
        return [edge for edge in edges if self._is_settled(int(edge["target"].rpartition(":")[2]))]

    def _is_settled(self, track: int) -> bool:
        known = (Namespace.node("track"), Namespace.partial("track"), Namespace.gone("track"))
        return any(self.seen.has(one, track) for one in known)
