"""Makes a spider's listings, each with its first page to request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sc_spiders import records
from sc_spiders.api import CATALOGUE, Api, Endpoint
from sc_spiders.base_spiders import system_playlists
from sc_spiders.base_spiders.targets import Target
from sc_spiders.pages import short_links, since
from sc_spiders.pages.listing import NAME, Listing, first_page
from sc_spiders.pages.page import Row
from sc_spiders.pages.seed_batches import seed_batch
from sc_spiders.redaction.printable import LONGEST

__all__ = ["Listings", "name_of"]


@dataclass(slots=True, kw_only=True)
class Listings:
    """Makes listings.

    `plan`: the endpoints to request for each subject. `query` returns an endpoint's parameters, made from the spider's
    arguments. `params`: the user's own parameters, for all endpoints. `page_size`: rows a page; None: as many as the
    API gives. `since`: a moment, `since.LAST` or "". `until`: a moment or "". `known_until`: the moments that
    `since.LAST` stands for, by endpoint and subject as in records. `pseudonyms`: the names of subjects in messages.
    """

    api: Api
    plan: tuple[Endpoint, ...]
    query: Callable[[Endpoint], dict[str, str]]
    params: Mapping[str, str]
    page_size: int | None
    since: str
    until: str = ""
    known_until: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    pseudonyms: records.Pseudonyms | None = None

    def new(
        self,
        endpoint: Endpoint,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, str] | None = None,
        **state: Any,
    ) -> Listing:
        """A listing of that endpoint. `path`: the names in its path and subject; `state`: fields of the listing."""
        path = path or {}
        subject = _subject(endpoint, path)
        query = {**(query or {}), **self.query(endpoint), **self.params}
        if bounds := self._bounds(endpoint, subject):
            query |= since.NEWEST_FIRST.get(endpoint.name, {})
            state["extra"] = {**state.get("extra", {}), **bounds}
        size = min(filter(None, (self.page_size, state.get("limit"))), default=None)
        url, kept = first_page(endpoint, self.api, size, query, **path)
        return self._named(Listing(endpoint.name, subject, url, kept, **state))

    def look_up_batch(self, endpoint: str, ids: list[int], extra: dict[str, Any]) -> Listing:
        """The listing that looks up seeds by these ids at once."""
        return self._named(seed_batch(endpoint, ids, self.params, extra))

    def look_up(self, target: Target, extra: dict[str, Any]) -> Listing:
        """The listing that looks up a seed: by its address if it has one, otherwise by its id."""
        state: dict[str, Any] = {"seed": target.text, "level": -1, "extra": extra}
        if target.url:
            return self.resolve(target.url, **state)
        assert target.id
        return self.new(_object_endpoint(target.kind, target.id), _path(target.kind, target.id), **state)

    def resolve(self, url: str, **state: Any) -> Listing:
        """The listing that resolves an address of the web site or a short link."""
        if short_links.needs_asking(url, self.api):
            return self._named(short_links.ask(url, self.api, state.pop("extra", {}), **state))
        return self.new(CATALOGUE["resolve"], query={"url": url}, **state)

    def whole_playlist(self, key: int | str, subject: str = "", playlist: Row | None = None) -> Listing:
        """A playlist with all its tracks. Their edges come from `subject`, or else from the playlist.

        `playlist`: the playlist's object, if it was found in a list.
        """
        endpoint = _object_endpoint("playlist", key)
        listing = self.new(endpoint, _path("playlist", key), level=1, extra={"tracks": subject})
        return _called(listing, playlist or {})

    def tracks_of(self, playlist: Row, key: int | str) -> Listing:
        """All tracks of a playlist that was found in a list: as a list if the API has one, else the whole playlist."""
        endpoint = CATALOGUE["playlist_tracks"]
        if isinstance(key, str) or not endpoint.path(self.api):
            return self.whole_playlist(key, playlist=playlist)
        announced = _announced(endpoint.announced[self.api], playlist)
        listing = self.new(endpoint, _path("playlist", key), level=1, announced=announced)
        return _called(listing, playlist)

    def expand(self, kind: str, object_: Row, key: int | str, level: int) -> list[Listing]:
        """The plan's listings of a subject. `object_`: the subject; it announces how long they are."""
        listings = []
        for endpoint in system_playlists.endpoints(self.plan, self.api, key):
            extra: dict[str, Any] = {}
            if name := name_of(kind, object_):
                extra[NAME] = name
            if endpoint.holds_tracks:
                extra["tracks"] = ""
            announced = _announced(endpoint.announced.get(self.api, ""), object_)
            listings.append(self.new(endpoint, _path(kind, key), level=level, announced=announced, extra=extra))
        return listings

    def _named(self, listing: Listing) -> Listing:
        if self.pseudonyms:
            listing.extra[NAME] = self.pseudonyms.name(listing.seed or listing.subject)
        return listing

    def _bounds(self, endpoint: Endpoint, subject: str | None) -> dict[str, str]:
        """The bounds of this list: `since`, `until`, both or none. Rows outside of them are not wanted."""
        if endpoint.name not in since.DATED[self.api]:
            return {}
        first = self.since
        if first == since.LAST:
            written = subject
            if self.pseudonyms:
                written = self.pseudonyms.id(subject)
            first = self.known_until.get((endpoint.name, written), "")
        given = {"since": first, "until": self.until}
        return {name: moment for name, moment in given.items() if moment}


def _called(listing: Listing, playlist: Row) -> Listing:
    """The listing, with the playlist's name for messages. A name that the listing already has stays."""
    if name := name_of("playlist", playlist):
        listing.extra.setdefault(NAME, name)
    return listing


def _subject(endpoint: Endpoint, path: Mapping[str, str | int]) -> str | None:
    """The subject of the listing; None if there is none, or if it is not known yet."""
    try:
        return endpoint.subject.format(**path)
    except KeyError:
        return None


def _object_endpoint(kind: str, key: int | str) -> Endpoint:
    """The endpoint of one object. Only system playlists have a string as id."""
    if isinstance(key, str):
        return CATALOGUE["system_playlist"]
    return CATALOGUE[kind]


def _path(kind: str, key: int | str) -> dict[str, str | int]:
    """The names in the paths of an object's endpoints."""
    if isinstance(key, str):
        return {"id": key, "urn": key}
    return {"id": key, "urn": f"soundcloud:{kind}s:{key}"}


def name_of(kind: str, object_: Row) -> str:
    """The subject's name on the web site, such as `forss` or `forss/flickermood`. "" if it is not known.

    It is made of permalinks, because an address may contain a share token.
    """
    names = [object_.get("permalink")]
    if kind != "user":
        owner = object_.get("user")
        names.insert(0, owner.get("permalink") if isinstance(owner, dict) else None)
    if kind == "playlist":
        names.insert(1, "sets")
    if not all(isinstance(name, str) and 0 < len(name) <= LONGEST for name in names):
        return ""
    return "/".join(map(str, names))


def _announced(names: str, object_: Row) -> int | None:
    """The sum of the object's counts of these names (joined by `+`); None if the first of them is unknown."""
    counts = [records.fitting("listing", "announced", object_.get(name)) for name in names.split("+")]
    if counts[0] is None:
        return None
    total: int | None = records.fitting("listing", "announced", sum(filter(None, counts)))
    return total
