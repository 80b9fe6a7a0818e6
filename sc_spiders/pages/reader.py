"""The way of a page: by the shape of its answer, to records, edges, the next page and further lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any

from sc_spiders import records
from sc_spiders.api import CATALOGUE, Api, Edge
from sc_spiders.api.hosts import Hosts
from sc_spiders.pages import reactions
from sc_spiders.pages.announced import SHORT
from sc_spiders.pages.batches import STRANGERS, asked_for, is_asked_again
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.pages.since import DATED, known_until

from .emit import Writer
from .envelope import notice
from .filters import FILTERS, hold_to_filters
from .groups import Group, grouped, plain, take_strangers
from .owners import own_rows
from .paginator import Paginator
from .rows import UNWRAP, Entry, playlists_of
from .shape import NODES, rows_of

# What becomes of the objects of a page beside their own records: a spider's rule for going on.
Follow = Callable[[Listing, str, list[Row], list[int | str]], list[Listing]]


class PageReader:
    """Turns answers of one crawl into pages.

    `bidirectional`: relations that are walked from both ends, so that the same edge may come twice. `max_empty`: empty
    pages in a row after which a listing ends. `raw`: records have the API's own object too. `shared`: other workers go
    on after this one.
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
    ) -> None:
        self.api = api
        self.seen = seen
        self.hydration = hydration
        self.follow = follow
        self.drift = drift or records.Drift(api)
        self.shared = shared
        self.paginator = Paginator(api, hosts, seen, max_empty=max_empty)
        self.writer = Writer(api, seen, self.drift, raw=raw, bidirectional=bidirectional)

    def page(self, listing: Listing, data: Any, now: str, answered: datetime | None = None) -> Page:
        """The page of an answer whose shape `answer.read` has found to be its endpoint's.

        `answered`: when the API made the answer, by its own clock, if it said so.
        """
        page = Page(listing)
        listing.started_at = listing.started_at or now
        listing.error = None
        match listing.spec.shape:
            case "one":
                self._one(page, data, now)
            case "list":
                rows = rows_of(data) or []
                notice(listing, data, rows, self.drift)
                if not listing.pages and listing.endpoint in DATED[self.api]:
                    listing.known_until = known_until(rows, answered)
                self._list(page, rows, data, now)
                if FILTERS in listing.extra:
                    hold_to_filters(listing, rows, answered or datetime.fromisoformat(now))
            case "any":
                found = rows_of(data)
                self._list(page, [data] if found is None else found, data, now)
            case "batch":
                self._batch(page, data, now)
            case "reactions":
                page.add("comment", reactions.fill(listing, data))
                listing.end("end")
        listing.attempts = listing.losses = 0
        listing.tried = False
        self.close_listing(page, now)
        return page

    def close_listing(self, page: Page, now: str) -> None:
        """Where the listing has ended and will not be tried again: its record.

        A worker's has it anyway; the record of the later run will supersede it.
        """
        listing = page.listing
        if listing.ended in ("end", "empty_pages") and listing.short:
            listing.error = listing.error or SHORT
        is_batch = listing.spec.shape == "batch" and listing.ended is not None
        divided = is_batch and self.hydration.divide(listing)
        if listing.ended and (self.shared or not listing.retried):
            # Comments that were held back for reactions which did not come.
            page.add("comment", listing.extra.pop("rows", []))
            # A batch that is tried again is so with the playlists that waited for it, each with a record of its own.
            again = divided or (is_batch and listing.retried)
            if listing.is_list or not (listing.complete or again):
                self.writer.listing(page, listing, now)
            self.writer.pack_edges(listing)
        self.seen.seal(listing.id)

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
        for group in self._groups(page, [Entry(data)], now):
            if not listing.extra.get("unwritten") or group.nameless:
                self.writer.nodes(page, group, now)
            if group.objects:
                named = True
                self._expect_tracks(listing, group)
            self._follow(page, group)
        if not named:
            listing.end("not_found", "rejected")  # without a usable id it is nothing to go on from
        elif "tracks" in listing.extra:
            subject = ident(listing.subject or "")
            if kind == "playlist" and not self.seen.has("whole", subject):
                self.seen.add("whole", [subject])
                self._tracks(page, data, now)
            else:
                del listing.extra["tracks"]  # a list that was walked already, under another name

    def _expect_tracks(self, listing: Listing, group: Group) -> None:
        """Name a listing after the playlist whose tracks it is to have, if these are in the answer.

        In the public API only system playlists have their tracks with them: those of others are a list of their own.
        """
        if "tracks" not in listing.extra:
            return
        (urn,) = group.urns.values()
        (key,) = group.keys.values()
        is_system = isinstance(key, str)
        if self.api == "public" and not is_system:
            del listing.extra["tracks"]
            return
        listing.subject = listing.extra["tracks"] or urn
        if listing.endpoint == "resolve":
            listing.endpoint = "system_playlist" if is_system else "playlist"

    def _list(self, page: Page, rows: list[Any], data: Any, now: str) -> None:
        listing = page.listing
        offered = len(rows)
        if listing.limit:
            rows = rows[: listing.limit - listing.fetched]
        turned_over, through = 0, False
        if "since" in listing.extra:
            rows, turned_over, through = self.paginator.newer(listing, rows)
        self.paginator.announcement(listing, data)
        own, strangers = own_rows(listing, rows)
        if strangers:
            self.writer.reject(page, strangers, now)
        if group := plain(listing, own, self.api):
            self._take(page, group, now)
        else:
            self._mixed(page, own, now)
        listing.pages += 1
        listing.rows += len(rows)
        # A page of nothing but what came before, or what can be told from nothing, is as empty as one without rows.
        listing.empty = 0 if page.gained + turned_over else listing.empty + 1
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
        """Tracks that were asked for by id. Others are rejected, and nothing is told from an answer with such in it."""
        listing = page.listing
        listing.end("end")
        came: set[int] = set()
        refused: set[int] = set()
        strangers: list[records.Rejected] = []
        for group in self._groups(page, self._entries(page, rows, now), now):
            strangers += take_strangers(group, asked_for(listing))
            came |= group.objects.keys()
            refused |= self.writer.nodes(page, group, now)
        listing.fetched += len(came)
        listing.rejected = 0  # what was asked for counts in the playlists that wait for it
        listing.extra["came"] = sorted(came - refused)
        listing.extra["refused"] = sorted(refused)
        listing.pages += 1
        if strangers and self.hydration.not_come(listing):
            listing.end("error", STRANGERS)
        if strangers and (came or not is_asked_again(listing)):
            self.writer.reject(page, strangers, now)

    def _tracks(self, page: Page, playlist: Row, now: str) -> None:
        """A playlist's own list: all its tracks in their order, the first few in full, of the others the ids."""
        listing = page.listing
        tracks = playlist.get("tracks")
        listing.announced = records.fitting("listing", "announced", playlist.get("track_count"))
        listing.fetched = 0  # of its tracks; it counted the playlist itself
        if not isinstance(tracks, list):
            listing.end("error", "no_tracks")
            return
        listing.ended = None
        edge = Edge("ranks" if (listing.subject or "").startswith("charts:") else "contains", position=True)
        fills = CATALOGUE["track_batch"].path(self.api)
        stubs: list[int] = []
        private = (playlist.get("sharing") == "private" and playlist.get("id")) or 0
        for group in self._groups(page, self._entries(page, tracks, now, edge), now, "track"):
            listing.fetched += len(group.objects)
            for i, key in group.keys.items():
                if fills and isinstance(key, int) and not group.kind.is_full(group.objects[i]):
                    stubs.append(i)
                    del group.objects[i]
            for track in islice(group.objects, 1):
                self.hydration.division.is_there(track, private)
            self.writer.nodes(page, group, now)
            self.writer.edges(page, group, edge, now)
        listing.rows = len(tracks)  # not before: their positions count from what it was
        if not self.hydration.want(listing, stubs, private):
            listing.end("end")

    def _activities(self, page: Page, rows: list[Any], now: str) -> None:
        """Rows that are records themselves, beside the objects they are about."""
        listing = page.listing
        objects = [row for row in rows if isinstance(row, dict)]
        group = Group(records.kind("activity", self.api), nameless=objects)
        listing.fetched += len(objects)
        self.writer.nodes(page, group, now)

    def _shelves(self, page: Page, selections: Group, now: str) -> None:
        """The playlists of selections, each selection's in a row of their own."""
        listing = page.listing
        edge = Edge("contains", position=True)
        for i, selection in selections.entries:
            urn = selections.urns[i]
            rows, whole = playlists_of(selection.object)
            if not whole and urn not in listing.missing:
                listing.missing.append(urn)
            entries = self._entries(page, rows, now, edge, start=0)
            for entry in entries:
                entry.source = urn
            for group in self._groups(page, entries, now, "playlist"):
                self.writer.nodes(page, group, now)
                self.writer.edges(page, group, edge, now)
                self._follow(page, group)

    # -- what they share

    def _entries(
        self, page: Page, rows: list[Any], now: str, edge: Edge | None = None, start: int | None = None
    ) -> list[Entry]:
        listing = page.listing
        edge = edge or listing.spec.edge
        unwrap = UNWRAP.get(listing.spec.rows, Entry)
        entries = []
        for at, row in enumerate(rows, listing.rows if start is None else start):
            if isinstance(row, dict):
                message = "holds no object"
                if entry := unwrap(row):
                    if edge and edge.position:
                        entry.position = at
                    entries.append(entry)
                    continue
            elif listing.spec.shape == "any":
                page.gained += len(self.writer.checked(page, "object", [self._object(listing, row, now)]))
                listing.fetched += 1
                continue
            else:
                message = "is not an object"
            bad = records.Rejected("object", records.redact(row), [{"field": "", "message": message}])
            self.writer.reject(page, [bad], now)
        return entries

    def _groups(self, page: Page, entries: list[Entry], now: str, only: str | None = None) -> list[Group]:
        """The entries by kind. What the list does not give is rejected."""
        groups, strangers = grouped(page.listing, entries, self.api, only)
        if strangers:
            self.writer.reject(page, strangers, now)
        return groups

    def _take(self, page: Page, group: Group, now: str) -> None:
        """Objects of a list: what this list has had is nothing new, what the crawl has had is not written again."""
        listing, seen = page.listing, self.seen
        name = group.kind.name
        space = f"listing:{listing.id}:{name}"
        if listing.pages:
            fresh = seen.fresh(space, group.objects)
            if len(fresh) < len(group.objects):
                group.objects = {i: group.objects[i] for i in fresh}
        seen.add(space, list(group.objects))
        page.gained += len(group.objects)
        counted = listing.spec.rows != "activity"
        listing.fetched += (len(group.objects) + len(group.nameless)) if counted else 0
        self.writer.nodes(page, group, now)
        if listing.spec.edge and listing.spec.rows != "selection":
            self.writer.edges(page, group, listing.spec.edge, now)
        self._follow(page, group)

    def _follow(self, page: Page, group: Group) -> None:
        objects, keys = group.objects, group.keys
        if objects:
            found = self.follow(page.listing, group.kind.name, list(objects.values()), [keys[i] for i in objects])
            page.follow += found

    def _object(self, listing: Listing, value: Any, now: str) -> Row:
        """The record of what is no object: an id in a list of ids, say."""
        return {"kind": "object", "path": listing.subject, "object": value, "fetched_at": now, "api": self.api}
