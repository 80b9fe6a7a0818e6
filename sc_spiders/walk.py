"""From one decoded answer of the API to a `Page`: its records by kind, its edges, and what comes next.

Knows nothing of Scrapy. An answer whose shape is not what its endpoint gives raises `Malformed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sc_spiders import reactions, records
from sc_spiders.endpoints import Api, Edge
from sc_spiders.frontier.seen import Seen, ident
from sc_spiders.frontier.stubs import Stubs
from sc_spiders.hosts import Hosts
from sc_spiders.listing import RETRIED, Listing, put_back
from sc_spiders.page import Group, Page, Row
from sc_spiders.rows import UNWRAP, Entry, playlists_of
from sc_spiders.shape import NODES, check_shape, next_href, rows_of
from sc_spiders.since import NEWEST_FIRST, divide

_MAX_ID = 2**63 - 1
_BLANK = Entry({})  # of a row that is the object itself, and says nothing more


# What becomes of the objects of a page beside their own records: a spider's rule for going on.
Discover = Callable[[Listing, str, list[Row], list[int | str]], list[Listing]]


class Walker:
    """Turns answers of one crawl into pages.

    `seen` is shared by all pages. `both_ways`: relations walked from both ends, so that an edge may be met twice.
    `max_empty`: empty pages in a row after which a listing ends. `raw`: records carry the API's own object too.
    `shared`: other workers go on after this one, so that nobody tells at the end what is to be tried again.
    """

    def __init__(
        self,
        api: Api,
        hosts: Hosts,
        seen: Seen,
        stubs: Stubs,
        discover: Discover,
        *,
        max_empty: int,
        raw: bool,
        both_ways: frozenset[str],
        shared: bool = False,
    ) -> None:
        self.api = api
        self.hosts = hosts
        self.seen = seen
        self.stubs = stubs
        self.discover = discover
        self.max_empty = max_empty
        self.raw = raw
        self.both_ways = both_ways
        self.shared = shared

    def page(self, listing: Listing, data: Any, now: str) -> Page:
        """Raises Malformed."""
        check_shape(listing, data)
        page = Page(listing)
        listing.started_at = listing.started_at or now
        listing.error = None
        match listing.spec.shape:
            case "one":
                self._one(page, data, now)
            case "list":
                self._list(page, rows_of(data) or [], data, now)
            case "any":
                rows = rows_of(data)
                self._list(page, [data] if rows is None else rows, data, now)
            case "batch":
                self._batch(page, data, now)
            case "reactions":
                page.add("comment", reactions.fill(listing, data))
                listing.end("end")
        listing.attempts = listing.losses = 0
        self.close_listing(page, now)
        return page

    def close_listing(self, page: Page, now: str) -> None:
        """Where the listing has ended and will not be tried again: its record, and what waited for it.

        A worker's has it anyway; the record of the later run will supersede it.
        """
        listing = page.listing
        if listing.ended and (self.shared or listing.ended not in RETRIED):
            if listing.spec.shape == "batch" and listing.ended != "end":
                self._settle(page, frozenset(), now)
            # Comments that were held back for reactions which did not come.
            page.add("comment", listing.extra.pop("rows", []))
            # A batch that is tried again is so with the playlists that waited for it, each with a record of its own.
            again = listing.spec.shape == "batch" and listing.ended in RETRIED
            if listing.is_list or not (listing.complete or again):
                page.add("listing", self._checked("listing", [listing.record(self.api, now)], page))
            self._pack_edges(listing)
        self.seen.seal(listing.id)

    def _pack_edges(self, listing: Listing) -> None:
        """The list is through: its edges are kept in the smaller form."""
        edge = listing.spec.edge
        for kind in listing.spec.kinds if edge and listing.subject else ():
            assert edge
            space = _edge_space(edge.relation, edge.reverse, listing.subject, kind)
            if self.seen.holds(space):
                self.seen.close_space(space)

    # -- answers by shape

    def _one(self, page: Page, data: Row, now: str) -> None:
        listing = page.listing
        kind, wanted = records.kind_of(data), listing.extra.get("kind")
        if wanted and kind != wanted:
            listing.end("not_found", f"is a {kind}, not a {wanted}")
            return
        listing.end("end")
        for group in self._groups(listing, [Entry(data)]):
            listing.fetched += 1
            if "tracks" in listing.extra and group.keys:
                (key,) = group.keys.values()
                listing.subject = listing.extra["tracks"] or group.kind.urn(key)
            if not listing.extra.get("unwritten"):
                self._write(page, group, now)
            self._discover(page, group)
        listing.pages += 1
        if "tracks" in listing.extra:
            subject = ident(listing.subject or "")
            if kind == "playlist" and not self.seen.has("whole", subject):
                self.seen.add("whole", [subject])
                self._tracks(page, data, now)
            else:
                del listing.extra["tracks"]  # a list that was walked already, under another name

    def _list(self, page: Page, rows: list[Any], data: Any, now: str) -> None:
        listing = page.listing
        had, offered = listing.fetched + listing.rejected, len(rows)
        if listing.limit:
            rows = rows[: listing.limit - listing.fetched]
        turned_over, through = 0, False
        if "since" in listing.extra:
            rows, turned_over, through = self._newer(listing, rows)
        self._announcement(listing, data)
        if plain := self._plain(listing, rows):
            self._take(page, plain, now)
        else:
            self._mixed(page, rows, now)
        listing.pages += 1
        listing.rows += len(rows)
        # A page of nothing but what came before is as empty as one without rows.
        listing.empty = 0 if listing.fetched + listing.rejected + turned_over > had else listing.empty + 1
        self._go_on(listing, data, cut=len(rows) < offered)
        if listing.ended == "end" or (through and not listing.ended):
            self._bounded(listing)

    def _newer(self, listing: Listing, rows: list[Any]) -> tuple[list[Any], int, bool]:
        """The rows not older than was asked for, how many older ones it has not had yet, and whether the list may end.

        What is older is not written, but remembered like the rest: else pages of it would pass for empty ones.
        """
        new, old, falling = divide(rows, listing.extra["since"])
        if old:
            listing.extra["older"] = True
        unwrap = UNWRAP.get(listing.spec.rows, Entry)
        ids = [object_.get("id") for row in old if isinstance(object_ := unwrap(row).object, dict)]
        space = f"listing:{listing.id}:{listing.spec.kinds[0]}"
        fresh = self.seen.fresh(space, [i for i in ids if type(i) is int and 0 < i <= _MAX_ID])
        self.seen.add(space, fresh)
        return new, len(fresh), falling and listing.endpoint in NEWEST_FIRST

    def _bounded(self, listing: Listing) -> None:
        """A list that ends with something left out for being older ended at that bound."""
        if listing.extra.get("older"):
            listing.end("limit", f"since {listing.extra['since']}")

    def _mixed(self, page: Page, rows: list[Any], now: str) -> None:
        listing = page.listing
        entries = self._entries(page, rows, now)
        if listing.spec.rows == "activity":
            self._activities(page, rows, now)
            entries = [entry for entry in entries if records.kind_of(entry.object) in listing.spec.kinds]
        for group in self._groups(listing, entries):
            self._take(page, group, now)
        if listing.spec.rows == "selection":
            self._shelves(page, entries, now)

    def _batch(self, page: Page, rows: list[Any], now: str) -> None:
        listing = page.listing
        listing.end("end")
        refused: set[int] = set()
        for group in self._groups(listing, self._entries(page, rows, now)):
            listing.fetched += len(group.objects)
            refused |= self._write(page, group, now)
        listing.rejected = 0  # they count in the playlists that wait for them
        listing.pages += 1
        self._settle(page, frozenset(refused), now)

    def _settle(self, page: Page, refused: frozenset[int], now: str) -> None:
        """The records of the playlists that waited for this batch last."""
        ended = self.stubs.settle(page.listing, refused)
        page.add("listing", self._checked("listing", [one.record(self.api, now) for one in ended], page))

    def _tracks(self, page: Page, playlist: Row, now: str) -> None:
        """A playlist's own list: all its tracks in their order, the first few in full, of the others the ids."""
        listing = page.listing
        tracks, count = playlist.get("tracks"), playlist.get("track_count")
        listing.announced = count if isinstance(count, int) else None
        if not isinstance(tracks, list):
            listing.end("error", "no_tracks")
            return
        if playlist.get("kind") == "system-playlist":
            listing.endpoint = "system_playlist"  # which is what /resolve led to, if it was asked
        else:
            listing.endpoint = "playlist"
        listing.ended, listing.fetched = None, 0
        edge = Edge("ranks" if (listing.subject or "").startswith("charts:") else "contains", position=True)
        stubs: list[int] = []
        for group in self._groups(listing, self._entries(page, tracks, now, edge), "track"):
            listing.fetched += len(group.objects)
            self._edges(page, group, edge, now)
            for i, key in group.keys.items():
                if isinstance(key, int) and not group.kind.is_full(group.objects[i]):
                    stubs.append(i)
                    del group.objects[i]
            self._write(page, group, now)
        private = playlist.get("sharing") == "private" and playlist.get("id")
        self.stubs.want(listing, stubs, private or 0)
        if not self.stubs.wanted_by(listing):
            listing.end("end")

    def _activities(self, page: Page, rows: list[Any], now: str) -> None:
        """Rows that are records themselves, beside the objects they are about."""
        listing = page.listing
        objects = [row for row in rows if isinstance(row, dict)]
        group = Group(records.kind("activity", self.api), nameless=objects)
        listing.fetched += len(objects)
        self._write(page, group, now)

    def _shelves(self, page: Page, selections: list[Entry], now: str) -> None:
        """The playlists of selections, each selection's in a row of their own."""
        listing = page.listing
        edge = Edge("contains", position=True)
        kind = records.kind("selection", self.api)
        for selection in selections:
            key = kind.key(selection.object)
            rows, whole = playlists_of(selection.object)
            if key is None:
                continue
            if not whole:
                listing.missing.append(kind.urn(key))
            entries = self._entries(page, rows, now, edge, start=0)
            for entry in entries:
                entry.source = kind.urn(key)
            for group in self._groups(listing, entries, "playlist"):
                self._write(page, group, now)
                self._edges(page, group, edge, now)
                self._discover(page, group)

    # -- what they share

    def _entries(
        self, page: Page, rows: list[Any], now: str, edge: Edge | None = None, start: int | None = None
    ) -> list[Entry]:
        listing = page.listing
        edge = edge or listing.spec.edge
        unwrap = UNWRAP.get(listing.spec.rows, Entry)
        entries = []
        for row in rows:
            if isinstance(row, dict):
                entries.append(unwrap(row))
            elif listing.spec.shape == "any":
                page.add("object", self._checked("object", [self._object(listing, row, now)], page))
                listing.fetched += 1
            else:
                bad = records.Rejected("object", records.redact(row), [{"field": "", "message": "is not an object"}])
                listing.rejected += 1
                self._reject(page, [bad], now)
        if edge and edge.position:
            for at, entry in enumerate(entries, listing.rows if start is None else start):
                entry.position = at
        return entries

    def _plain(self, listing: Listing, rows: list[Any]) -> Group | None:
        """The one group of a page that holds objects of one kind as they are, each once: nearly every page.

        What `_entries` and `_groups` make of such a page, at a third of the cost; None for any other page.
        """
        spec = listing.spec
        if spec.rows or len(spec.kinds) > 1 or (spec.edge and spec.edge.position):
            return None
        try:
            ids = [row["id"] for row in rows]
        except (TypeError, KeyError):
            return None
        objects = dict(zip(ids, rows, strict=True)) if set(map(type, ids)) == {int} else {}
        if len(objects) < len(rows) or not rows or min(ids) <= 0 or max(ids) > _MAX_ID:
            return None
        kind = records.kind(spec.kinds[0], self.api)
        if kind.key(rows[0]) is None:
            return None
        return Group(kind, objects, dict(zip(ids, ids, strict=True)), entries=[(i, _BLANK) for i in ids])

    def _groups(self, listing: Listing, entries: Iterable[Entry], only: str | None = None) -> list[Group]:
        """The entries by kind, in the order in which the kinds come first."""
        kinds = (only,) if only else listing.spec.kinds
        groups: dict[str, Group] = {}
        for entry in entries:
            object_ = entry.object
            name = kinds[0]
            if len(kinds) > 1 and (found := records.kind_of(object_)) in kinds:
                name = found
            group = groups.get(name)
            if group is None:
                group = groups[name] = Group(records.kind(name, self.api))
            key = group.kind.key(object_)
            if key is None or (isinstance(key, str) and name in NODES and not key.startswith("soundcloud:")):
                group.nameless.append(object_)
            else:
                i = ident(key)
                group.entries.append((i, entry))
                if i not in group.objects:
                    group.objects[i] = object_
                    group.keys[i] = key
        return list(groups.values())

    def _take(self, page: Page, group: Group, now: str) -> None:
        """Objects of a list: what this list has had is nothing new, what the crawl has had is not written again."""
        listing, seen = page.listing, self.seen
        space = f"listing:{listing.id}:{group.kind.name}"
        if listing.pages:
            fresh = seen.fresh(space, group.objects)
            if len(fresh) < len(group.objects):
                group.objects = {i: group.objects[i] for i in fresh}
        seen.add(space, list(group.objects))
        counted = listing.spec.rows != "activity"
        listing.fetched += (len(group.objects) + len(group.nameless)) if counted else 0
        self._write(page, group, now)
        if listing.spec.edge and listing.spec.rows != "selection":
            self._edges(page, group, listing.spec.edge, now)
        self._discover(page, group)

    def _write(self, page: Page, group: Group, now: str) -> set[int]:
        """Add the records of objects that are new, or were known in a partial form only. The refused are returned."""
        listing, seen, kind = page.listing, self.seen, group.kind
        name, objects = kind.name, group.objects
        fresh, parts = [], []
        for i in seen.fresh(name, objects):
            if kind.is_full(objects[i]):
                fresh.append(i)
            elif not seen.has(f"{name}?", i):
                parts.append(i)
        written = [*(objects[i] for i in fresh), *(objects[i] for i in parts), *group.nameless]
        rows, rejected = kind.project(written, now, subject=listing.subject, raw=self.raw)
        refused: set[int] = set()
        if rejected:
            listing.rejected += len(rejected)
            refused = {ident(key) for one in rejected if (key := kind.key(one.object)) is not None}
            fresh = [i for i in fresh if i not in refused]
            parts = [i for i in parts if i not in refused]
            self._reject(page, rejected, now)
        seen.add(name, fresh)
        seen.add(f"{name}?", parts)
        page.add(name, rows)
        return refused

    def _discover(self, page: Page, group: Group) -> None:
        objects, keys = group.objects, group.keys
        page.follow += self.discover(page.listing, group.kind.name, list(objects.values()), [keys[i] for i in objects])

    def _edges(self, page: Page, group: Group, edge: Edge, now: str) -> None:
        listing, seen, kind = page.listing, self.seen, group.kind
        by_source: dict[tuple[str, str], dict[int, Entry]] = {}
        if group.entries and group.entries[0][1] is _BLANK:
            by_source[edge.relation, listing.subject or ""] = dict(group.entries)
        else:
            for i, entry in group.entries:
                relation = edge.relation if entry.relation is None else entry.relation
                source = entry.source or listing.subject
                if relation and source:
                    by_source.setdefault((relation, source), {}).setdefault(i, entry)
        rows: list[Row] = []
        for (relation, subject), entries in by_source.items():
            space = _edge_space(relation, edge.reverse, subject, kind.name)
            new = seen.fresh(space, entries)
            seen.add(space, new)
            urns = {i: kind.urn(group.keys[i]) for i in new}
            if relation in self.both_ways:
                other, suffix = f"{relation}{'>' if edge.reverse else '<'}", _kind_of_urn(subject)
                own = ident(_id_of(subject))
                urns = {i: urn for i, urn in urns.items() if not seen.has(f"{other}{urn}:{suffix}", own)}
            rows += [
                {
                    "kind": "edge",
                    "relation": relation,
                    "source": urn if edge.reverse else subject,
                    "target": subject if edge.reverse else urn,
                    "position": entry.position,
                    "created_at": entry.created_at,
                    "caption": entry.caption,
                    "score": entry.score,
                    "fetched_at": now,
                    "api": self.api,
                }
                for i, urn in urns.items()
                for entry in (entries[i],)
            ]
        page.add("edge", self._checked("edge", rows, page))

    def _checked(self, kind: str, rows: list[Row], page: Page) -> list[Row]:
        """Rows of our own making that their schema accepts; the others go to the rejected."""
        valid, rejected = records.check(kind, rows)
        self._reject(page, rejected, rows[0]["fetched_at"] if rows else "")
        return valid

    def _object(self, listing: Listing, value: Any, now: str) -> Row:
        """The record of what is no object: an id in a list of ids, say."""
        return {"kind": "object", "path": listing.subject, "object": value, "fetched_at": now, "api": self.api}

    def _reject(self, page: Page, rejected: list[records.Rejected], now: str) -> None:
        page.add(
            "rejected",
            [
                {
                    "kind": one.kind,
                    "reasons": one.reasons,
                    "object": one.object,
                    "endpoint": page.listing.endpoint,
                    "subject": page.listing.subject,
                    "fetched_at": now,
                    "api": self.api,
                }
                for one in rejected
            ],
        )

    def _announcement(self, listing: Listing, data: Any) -> None:
        if not isinstance(data, dict):
            return
        total = data.get("total_results")
        if isinstance(total, int) and listing.relation == "finds":
            listing.announced = total
        for name in ("query_urn", "last_updated"):
            if isinstance(data.get(name), str):
                setattr(listing, name, data[name])

    def _go_on(self, listing: Listing, data: Any, *, cut: bool) -> None:
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


def _edge_space(relation: str, reverse: bool, subject: str | None, kind: str) -> str:
    return f"{relation}{'<' if reverse else '>'}{subject}:{kind}"


def _id_of(urn: str) -> int | str:
    last = urn.rpartition(":")[2]
    return int(last) if last.isdigit() else urn


def _kind_of_urn(urn: str) -> str:
    return urn.split(":", 2)[1].removesuffix("s") if urn.startswith("soundcloud:") else urn
