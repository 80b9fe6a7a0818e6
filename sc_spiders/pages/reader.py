"""From an answer to its page: records, edges, the next page and further listings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sc_spiders import records
from sc_spiders.api import CATALOGUE, Api, Edge
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.errors import Malformed
from sc_spiders.pages import reactions, seed_batches
from sc_spiders.pages.announced import SHORT
from sc_spiders.pages.batches import STRANGERS, asked_for, is_asked_again, is_divided
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import TELLS_GONE, Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.pages.since import BOUNDS, DATED, known_until

from .answer import decode_page
from .emit import Writer
from .envelope import PAGE, notice
from .filters import FILTERS, hold_to_filters
from .groups import Group, grouped, plain, take_strangers
from .opted_out import OptedOut
from .owners import own_rows
from .paginator import Paginator
from .rows import STUB, UNWRAP, Entry, playlists_of, stubs
from .shape import EMPTY, NODES, rows_of
from .streams import of_answer

# A spider's rule: the listings that follow from the objects of a page. Takes the listing, kind, objects and ids.
Follow = Callable[[Listing, str, list[Row], list[int | str]], list[Listing]]

CutOut = Callable[[Any, bytes], Any]  # takes the JSON value of an answer, and its body

_WHOLE = Namespace.whole()
_HOLDS = Edge("contains", position=True)
_RANKS = Edge("ranks", position=True)


def _as_it_is(data: Any, body: bytes) -> Any:
    return data


def _nothing(page: Page) -> None:
    pass


class PageReader:
    """Turns answers of one crawl into pages.

    `bidirectional`: relations that are walked from both ends, so that the same edge may come twice. `max_empty`: empty
    pages in a row after which a listing ends. `raw`: records also have the API's own object. `shared`: other workers go
    on after this one. `cut_out` removes the crawl's secrets from an answer. `opt_out` returns a list of people: nothing
    is written about them, and nothing more is requested about them. `begun`: when the crawl began, for the listing
    records. `after_page` is called with each page before its ids are staged.
    """

    def __init__(
        self,
        api: Api,
        hosts: Hosts,
        seen: Seen,
        hydration: Hydration,
        follow: Follow,
        *,
        max_empty: int,
        raw: bool,
        bidirectional: frozenset[str],
        shared: bool = False,
        drift: records.Drift | None = None,
        cut_out: CutOut = _as_it_is,
        opt_out: Callable[[], records.OptOut | None] = lambda: None,
        begun: str | None = None,
        after_page: Callable[[Page], None] = _nothing,
    ) -> None:
        self.api = api
        self.seen = seen
        self.hydration = hydration
        self.follow = follow
        self.drift = drift or records.Drift(api)
        self.shared = shared
        self.cut_out = cut_out
        self.opted_out = OptedOut(opt_out, seen)
        self.after_page = after_page
        self.paginator = Paginator(api, hosts, seen, max_empty=max_empty)
        self.writer = Writer(api, seen, self.drift, raw=raw, bidirectional=bidirectional, begun=begun)

    def read(self, listing: Listing, body: bytes, now: str, answered: datetime | None = None) -> Page | Resolution:
        """The page of an answer of status 2xx; or the resolution on an answer that is not a page of this listing.

        `answered`: when the API made the answer, by its own clock, if the answer tells.
        """
        try:
            data = decode_page(listing, body)
        except Malformed as e:
            if e.error == EMPTY:
                listing.extra[EMPTY] = True  # kept, whatever the next answer is
            return Resolution(Action.RETRY, error=e.error)
        return self.page(listing, self.cut_out(data, body), now, answered)

    def page(self, listing: Listing, data: Any, now: str, answered: datetime | None = None) -> Page:
        """The page of a decoded answer that has the shape of the listing's endpoint."""
        page = Page(listing)
        listing.started_at = listing.started_at or now
        listing.error = None
        match listing.spec.shape:
            case "one":
                self._one(page, data, now)
            case "list":
                self._list(page, data, now, answered)
            case "any":
                self._rows(page, _rows_of_any(data), data, now)
            case "batch":
                self._batch(page, rows_of(data) or [], now)
            case "reactions":
                page.add("comment", reactions.fill(listing, data))
                listing.end("end")
        listing.attempts = listing.losses = 0
        listing.tried = False
        self.after_page(page)
        if listing.ended:
            self.close_listing(page, now)
        else:
            self.seen.stage(listing.id)
        return page

    def close_listing(self, page: Page, now: str) -> None:
        """Add the record of a listing that has ended, unless a later run tries the listing again.

        A worker always adds the record. If a later run tries the listing again, its record replaces the first.
        """
        listing = page.listing
        if listing.ended in ("end", "empty_pages") and listing.short:
            listing.error = listing.error or SHORT
        # If other listings or a later run request the same, the listing needs no record.
        replaced = is_divided(listing)
        if listing.spec.shape == "batch":
            replaced = self._end_batch(page, now)
        if _is_gone(listing):
            if listing.subject:  # no URN is known of an address that leads nowhere
                self.writer.gone(page, [listing.subject], "not_found", now)
            listing.end("end")
        if self.shared or not listing.retried:
            page.add("comment", listing.extra.pop("rows", []))  # comments whose reactions did not come
            page.add("edge", self.opted_out.released(listing))
            if not replaced and (listing.is_list or not listing.complete):
                self.writer.listing(page, listing, now)
            self.writer.pack_edges(listing)
        self.seen.stage(listing.id)

    def _end_batch(self, page: Page, now: str) -> bool:
        listing = page.listing
        self.hydration.divide(listing)
        if listing.seed:
            seed_batches.settle(page, self.hydration, self.writer, now)
        return is_divided(listing) or listing.retried

    # -- answers by shape

    def _one(self, page: Page, data: Row, now: str) -> None:
        listing = page.listing
        kind, wanted = records.kind_of(data), listing.extra.get("kind")
        if wanted and kind != wanted:
            listing.end("not_found", f"is a {kind}, not a {wanted}")
            return
        listing.end("end")
        listing.fetched += 1
        listing.pages += 1
        named = NODES.isdisjoint(listing.spec.kinds)
        objects = [data]
        if "stream" in listing.spec.kinds:
            objects = of_answer(data, self.drift)
        for group in self._groups(page, list(map(Entry, objects)), now):
            self.opted_out.leave_out(page, group)
            if group.keys and not group.objects:
                self.opted_out.leave_alone(listing)
                return
            self.writer.asked_for(page, group, now)
            if group.objects:
                named = True
                _expect_tracks(listing, group, self.api)
            self._follow(page, group)
        if not named:
            listing.end("not_found", "rejected")  # nothing can be asked about an object without a usable id
        elif "tracks" in listing.extra:
            self._whole_playlist(page, data, now)

    def _whole_playlist(self, page: Page, data: Row, now: str) -> None:
        """The tracks of a playlist, unless they were read before under another name of the playlist."""
        listing = page.listing
        subject = ident(listing.subject or "")
        if records.kind_of(data) != "playlist" or self.seen.has(_WHOLE, subject):
            del listing.extra["tracks"]
            return
        self.seen.add(_WHOLE, [subject])
        self._tracks(page, data, now)

    def _list(self, page: Page, data: Any, now: str, answered: datetime | None) -> None:
        listing = page.listing
        rows = data
        if isinstance(data, dict):
            rows = data["collection"]
        if not listing.pages and listing.endpoint in DATED[self.api]:
            listing.known_until = known_until(rows, answered)
        self._rows(page, rows, data, now)
        if listing.spec.rows or (isinstance(data, dict) and not data.keys() <= PAGE):
            notice(listing, data, rows, self.drift)
        if FILTERS in listing.extra:
            hold_to_filters(listing, rows, answered or datetime.fromisoformat(now))

    def _rows(self, page: Page, rows: list[Any], data: Any, now: str) -> None:
        listing = page.listing
        offered = len(rows)
        if listing.limit:
            rows = rows[: listing.limit - listing.fetched]
        old, through = 0, False
        if BOUNDS & listing.extra.keys():
            rows, old, through = self.paginator.within(listing, rows)
        if listing.spec.rows == "id":
            rows = stubs(listing.spec.kinds[0], rows)
        own = rows
        if listing.spec.kinds == ("comment",):
            own, strangers = own_rows(listing, rows)
            if strangers:
                self.writer.reject(page, strangers, now)
        if group := plain(listing, own, self.api):
            self._take(page, group, now)
        else:
            self._mixed(page, own, now)
        listing.pages += 1
        listing.rows += len(rows)
        listing.empty += 1
        if page.gained or old:  # neither objects without an id nor objects that came before count
            listing.empty = 0
        self.paginator.announcement(listing, data)
        self.paginator.go_on(listing, data, cut=len(rows) < offered, through=through)

    def _mixed(self, page: Page, rows: list[Any], now: str) -> None:
        listing = page.listing
        entries = self._entries(page, rows, now)
        if listing.spec.rows == "activity":
            self._activities(page, rows, now)
            entries = [entry for entry in entries if records.kind_of(entry.object) in listing.spec.kinds]
        groups = self._groups(page, entries, now)
        for group in groups:
            self._take(page, group, now)
            if listing.spec.rows == "selection":
                self._shelves(page, group, now)

    def _batch(self, page: Page, rows: list[Any], now: str) -> None:
        """Objects that were requested by id. If others come, these are rejected, and nothing counts as gone."""
        listing = page.listing
        listing.end("end")
        came: set[int] = set()
        refused: set[int] = set()
        strangers: list[records.Rejected] = []
        for group in self._groups(page, self._entries(page, rows, now), now):
            strangers += take_strangers(group, asked_for(listing))
            came |= group.objects.keys()
            self.opted_out.leave_out(page, group)
            refused |= self.writer.asked_for(page, group, now)
        listing.fetched += len(came)
        listing.missing = []  # an earlier run without an answer may have left some
        if not listing.seed:
            listing.rejected = 0  # the playlists that wait for the batch count them
        listing.extra["came"] = sorted(came - refused)
        listing.extra["refused"] = sorted(refused)
        listing.pages += 1
        if strangers and self.hydration.not_come(listing):
            listing.end("error", STRANGERS)
        if strangers and (came or not is_asked_again(listing)):
            self.writer.reject(page, strangers, now)

    def _tracks(self, page: Page, playlist: Row, now: str) -> None:
        """A playlist's own list: all tracks in their order, the first few in full, the others by id only."""
        listing = page.listing
        tracks = playlist.get("tracks")
        listing.announced = records.fitting("listing", "announced", playlist.get("track_count"))
        listing.fetched = 0  # now counts its tracks; before, it counted the playlist itself
        if not isinstance(tracks, list):
            listing.end("error", "no_tracks")
            return
        listing.ended = None
        edge = _HOLDS
        if (listing.subject or "").startswith("charts:"):
            edge = _RANKS
        stubs: list[int] = []
        private = _own_private(playlist)
        for group in self._groups(page, self._entries(page, tracks, now, edge), now, "track"):
            listing.fetched += len(group.objects)
            if CATALOGUE["track_batch"].path(self.api):
                stubs += _take_stubs(group)
            self.opted_out.leave_out(page, group)
            for track in islice(group.objects, 1):
                self.hydration.division.is_there(track, private)
            self.writer.nodes(page, group, now)
            self.writer.edges(page, group, edge, now)
        self.opted_out.hold_back(page, stubs)
        listing.rows = len(tracks)  # set last, because positions count from its former value
        if not self.hydration.want(listing, stubs, private):
            listing.end("end")

    def _activities(self, page: Page, rows: list[Any], now: str) -> None:
        """Add records for the rows themselves."""
        listing = page.listing
        objects = [row for row in rows if isinstance(row, dict)]
        group = Group(records.kind("activity", self.api), nameless=objects)
        listing.fetched += len(objects)
        self.opted_out.leave_out(page, group)
        self.writer.nodes(page, group, now)

    def _shelves(self, page: Page, selections: Group, now: str) -> None:
        """Add the playlists of selections, each with an edge from its selection."""
        listing = page.listing
        for i, selection in selections.entries:
            urn = selections.urns[i]
            rows, whole = playlists_of(selection.object)
            if not whole and urn not in listing.missing:
                listing.missing.append(urn)
            entries = self._entries(page, rows, now, _HOLDS, start=0)
            for entry in entries:
                entry.source = urn
            for group in self._groups(page, entries, now, "playlist"):
                self.opted_out.leave_out(page, group)
                self.writer.nodes(page, group, now)
                self.writer.edges(page, group, _HOLDS, now)
                self._follow(page, group)

    # -- shared by these

    def _entries(
        self, page: Page, rows: list[Any], now: str, edge: Edge | None = None, start: int | None = None
    ) -> list[Entry]:
        """The entries of these rows. `start`: the position of the first one, if it differs from the listing's."""
        listing = page.listing
        edge = edge or listing.spec.edge
        has_positions = edge is not None and edge.position
        unwrap = UNWRAP.get(listing.spec.rows, Entry)
        if start is None:
            start = listing.rows
        entries = []
        for position, row in enumerate(rows, start):
            if not isinstance(row, dict):
                self._take_value(page, row, now)
                continue
            entry = unwrap(row)
            if entry is None:
                self._reject(page, row, "holds no object", now)
                continue
            if has_positions and entry.created_at is None:  # likes of v2 have a date instead
                entry.position = position
            entries.append(entry)
        return entries

    def _take_value(self, page: Page, value: Any, now: str) -> None:
        """Take a row that is not an object, for instance an id. Only lists of shape `any` may have such rows."""
        listing = page.listing
        if listing.spec.shape != "any":
            self._reject(page, value, "is not an object", now)
            return
        record = {"kind": "object", "path": listing.subject, "object": value, "fetched_at": now, "api": self.api}
        page.gained += len(self.writer.checked(page, "object", [record]))
        listing.fetched += 1

    def _reject(self, page: Page, row: Any, message: str, now: str) -> None:
        rejected = records.Rejected("object", records.redact(row), [{"field": "", "message": message}])
        self.writer.reject(page, [rejected], now)

    def _groups(self, page: Page, entries: list[Entry], now: str, only: str | None = None) -> list[Group]:
        """The entries by kind. Entries of kinds that the list does not give are rejected."""
        groups, strangers = grouped(page.listing, entries, self.api, only)
        if strangers:
            self.writer.reject(page, strangers, now)
        return groups

    def _take(self, page: Page, group: Group, now: str) -> None:
        """Take the objects of a list, without those that came before. The crawl writes each object once."""
        listing, seen = page.listing, self.seen
        namespace = Namespace.rows(listing.id, group.kind.name)
        if listing.pages:
            fresh = seen.fresh(namespace, group.objects)
            if len(fresh) < len(group.objects):
                group.objects = {i: group.objects[i] for i in fresh}
        seen.add(namespace, list(group.objects))
        page.gained += len(group.objects)
        if listing.spec.rows != "activity":  # there, the activities are counted
            listing.fetched += len(group.objects) + len(group.nameless)
        if self.opted_out.opt_out:  # hardly any crawl has a list: all others save a call for each page
            self.opted_out.leave_out(page, group)
        shown = group
        if listing.spec.rows == "id":
            shown = _with_objects(group)
        self.writer.nodes(page, shown, now)
        if listing.spec.edge and listing.spec.rows != "selection":
            self.writer.edges(page, group, listing.spec.edge, now)
        self._follow(page, group)

    def _follow(self, page: Page, group: Group) -> None:
        """Add the listings that the spider wants of these objects."""
        objects, keys = group.objects, group.keys
        if objects:
            found = list(map(keys.__getitem__, objects))
            page.follow += self.follow(page.listing, group.kind.name, list(objects.values()), found)


def _with_objects(group: Group) -> Group:
    """The group without objects that the API named by id only."""
    return replace(group, objects={i: object_ for i, object_ in group.objects.items() if len(object_) > len(STUB)})


def _is_gone(listing: Listing) -> bool:
    """Whether the API has answered that it does not have this object, and that is no failure.

    An address that leads nowhere is one where its object is to be written: nothing else would tell of it.
    """
    refused = listing.ended == "not_found" and not listing.pages
    is_told = listing.subject is not None or "unwritten" in listing.extra
    return refused and listing.spec.shape == "one" and TELLS_GONE in listing.extra and is_told


def _rows_of_any(data: Any) -> list[Any]:
    """The rows of a list, or an object as the only one."""
    rows = rows_of(data)
    if rows is None:
        return [data]
    return rows


def _expect_tracks(listing: Listing, group: Group, api: Api) -> None:
    """Give a listing its playlist's name, if the answer has the playlist's tracks.

    In the public API only system playlists come with their tracks. Those of other playlists are a list of their own.
    """
    if "tracks" not in listing.extra:
        return
    (urn,) = group.urns.values()
    (key,) = group.keys.values()
    is_system = isinstance(key, str)
    if api == "public" and not is_system:
        del listing.extra["tracks"]
        return
    listing.subject = listing.extra["tracks"] or urn
    if listing.endpoint != "resolve":
        return
    if is_system:
        listing.become("system_playlist")
    else:
        listing.become("playlist")


def _own_private(playlist: Row) -> Any:
    """The id of a private playlist; 0 for other playlists. A private one belongs to the token's user."""
    if playlist.get("sharing") != "private":
        return 0
    return playlist.get("id") or 0


def _take_stubs(group: Group) -> list[int]:
    """Remove tracks that are not in full from the group's objects, and return their ids."""
    stubs = [i for i, key in group.keys.items() if isinstance(key, int) and not group.kind.is_full(group.objects[i])]
    for i in stubs:
        del group.objects[i]
    return stubs
