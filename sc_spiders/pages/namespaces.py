"""The namespaces of ids in `Seen`, as values: nodes that are written, edges of a list, pages of a listing …

A namespace is a string: the name under which the log of a job directory stores its ids. It also has its purpose and its
listing as attributes, so that no code has to parse the name.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache, lru_cache
from typing import Self

from sc_spiders.api import Edge
from sc_spiders.pages.listing import Listing

__all__ = ["OF_LISTINGS", "Namespace", "Purpose"]

OF_LISTINGS = ("listing:", "pages:")
"""How the names of namespaces begin that belong to a listing."""

_KEPT = 1000  # namespaces in the cache: more than listings are walked at a time
_SIGNS = {False: ">", True: "<"}  # to the object, from the object


class Purpose(Enum):
    """The purpose of a namespace's ids."""

    NODE = auto()  # objects whose records are written
    EDGE = auto()  # the other ends of a list's edges
    FOLLOWED = auto()  # objects whose own lists are requested
    ROWS = auto()  # objects that a listing has had
    PAGES = auto()  # pages that a listing has had


class Namespace(str):
    """The name of a set of ids. `listing`: the id of the listing it belongs to; 0 for the crawl."""

    __slots__ = ("listing", "purpose")
    purpose: Purpose
    listing: int

    def __new__(cls, name: str, purpose: Purpose, listing: int = 0) -> Self:
        namespace = super().__new__(cls, name)
        namespace.purpose = purpose
        namespace.listing = listing
        return namespace

    @classmethod
    @cache
    def node(cls, kind: str) -> Self:
        """Objects with a full record."""
        return cls(kind, Purpose.NODE)

    @classmethod
    @cache
    def partial(cls, kind: str) -> Self:
        """Objects with a partial record."""
        return cls(f"{kind}?", Purpose.NODE)

    @classmethod
    @cache
    def gone(cls, kind: str) -> Self:
        """Objects that the API no longer has."""
        return cls(f"{kind}!", Purpose.NODE)

    @classmethod
    @cache
    def opted_out(cls) -> Self:
        """The user's words for people on the list of SC_NEVER."""
        return cls("opted out", Purpose.NODE)

    @classmethod
    @cache
    def met(cls, kind: str) -> Self:
        """Objects of people on that list, and these people, whom the crawl has met. `kind`: the word in their URNs."""
        return cls(f"opted out {kind}", Purpose.NODE)

    @classmethod
    def whole(cls) -> Self:
        """Playlists whose tracks are written."""
        return cls("whole", Purpose.NODE)

    @classmethod
    def streams(cls) -> Self:
        """Tracks whose formats are written."""
        return cls("streams", Purpose.NODE)

    @classmethod
    @lru_cache(_KEPT)
    def edge(cls, edge: Edge, subject: str, kind: str) -> Self:
        """Objects of that kind with an edge to or from the subject."""
        return cls(f"{edge.relation}{_SIGNS[edge.reverse]}{subject}:{kind}", Purpose.EDGE)

    @classmethod
    def followed(cls, kind: str = "") -> Self:
        """Objects whose own lists are requested. A graph of users has one namespace without a kind."""
        return cls(f"walked {kind}".rstrip(), Purpose.FOLLOWED)

    @classmethod
    @lru_cache(_KEPT)
    def rows(cls, listing: int, kind: str) -> Self:
        """Objects that the listing with this id has had."""
        return cls(f"listing:{listing}:{kind}", Purpose.ROWS, listing)

    @classmethod
    @lru_cache(_KEPT)
    def pages(cls, listing: int) -> Self:
        """Pages that the listing with this id has had."""
        return cls(f"pages:{listing}", Purpose.PAGES, listing)

    @classmethod
    def of_local(cls, listing: int, local: str) -> Self:
        """The namespace of a listing that has this `local` name."""
        first, colon, kind = local.partition(":")
        purpose = Purpose.PAGES
        if colon:
            purpose = Purpose.ROWS
        return cls(f"{first}:{listing}{colon}{kind}", purpose, listing)

    @property
    def local(self) -> str:
        """The name without the listing's id: the same wherever the listing is leased."""
        return self.replace(f":{self.listing}", "", 1)

    @classmethod
    def of(cls, listing: Listing) -> list[Self]:
        """All namespaces of a listing."""
        return [cls.pages(listing.id), *(cls.rows(listing.id, kind) for kind in listing.spec.kinds)]
