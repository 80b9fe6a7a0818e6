"""Makes records and edges of a page's objects, if the crawl has not written them yet and their schemas accept them."""

from __future__ import annotations

import logging
from dataclasses import replace

from sc_spiders import records
from sc_spiders.api import Api, Edge
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seen import Seen, ident

from .groups import BLANK, Group
from .rows import Entry
from .streams import STREAMS, of_track

logger = logging.getLogger(__name__)

_Made = tuple[Namespace, dict[int, Row]]  # edges by the number of their other end


class Writer:
    """Adds rows to pages. `seen`, `drift`, `raw`, `bidirectional`, `begun`: see `PageReader`."""

    def __init__(
        self,
        api: Api,
        seen: Seen,
        drift: records.Drift,
        *,
        raw: bool,
        bidirectional: frozenset[str],
        begun: str | None = None,
    ) -> None:
        self.api = api
        self.seen = seen
        self.drift = drift
        self.raw = raw
        self.bidirectional = bidirectional
        self.begun = begun

    def nodes(self, page: Page, group: Group, now: str) -> set[int]:
        """Add records for objects without a record, and for full objects with only a partial one. Returns refused ids.

        Refused objects with a valid id stay in the group: edges and further listings need only that.
        """
        kind, objects = group.kind, group.objects
        full, partial = self._unwritten(group)
        found = [*map(objects.__getitem__, (*full, *partial)), *group.nameless]
        rows, rejected = kind.project(found, now, drift=self.drift, subject=page.listing.subject, raw=self.raw)
        page.gained += len(group.nameless)
        refused: set[int] = set()
        if rejected:
            refused = self._refuse(page, group, rejected, now)
            full = [i for i in full if i not in refused]
            partial = [i for i in partial if i not in refused]
        self.seen.add(Namespace.node(kind.name), full)
        if partial:
            self.seen.add(Namespace.partial(kind.name), partial)
        if rows:
            page.rows.setdefault(kind.name, []).extend(rows)
        return refused

    def asked_for(self, page: Page, group: Group, now: str) -> set[int]:
        """Add records for objects that were requested one by one, if records are wanted. Returns refused ids."""
        extra = page.listing.extra
        if extra.get(STREAMS) and group.kind.name == "track":
            self._streams(page, group, now)
        if extra.get("unwritten") and not group.nameless:
            return set()
        return self.nodes(page, group, now)

    def _streams(self, page: Page, tracks: Group, now: str) -> None:
        """Add records for the formats of tracks that name them, once for each track."""
        fresh = self.seen.fresh(Namespace.streams(), tracks.objects)
        self.seen.add(Namespace.streams(), fresh)
        kind = records.kind("stream", self.api)
        for i in fresh:
            found = of_track(tracks.objects[i])
            rows, rejected = kind.project(found, now, drift=self.drift, subject=tracks.urns[i], raw=self.raw)
            page.add(kind.name, rows)
            if rejected:
                self.reject(page, rejected, now)

    def _unwritten(self, group: Group) -> tuple[list[int], list[int]]:
        """The ids of objects that need a record: of full objects, and of partial ones."""
        kind, objects = group.kind, group.objects
        new = self.seen.fresh(Namespace.node(kind.name), objects)
        full = kind.full_among(objects, new)
        if len(full) == len(new):
            return full, []
        partial = set(new).difference(full)
        return full, self.seen.fresh(Namespace.partial(kind.name), [i for i in new if i in partial])

    def _refuse(self, page: Page, group: Group, rejected: list[records.Rejected], now: str) -> set[int]:
        """Add refused objects to the rejected records. Returns the ids of those that have one."""
        keys = [group.kind.key(one.object) for one in rejected]
        page.gained -= keys.count(None)
        self.reject(page, rejected, now)
        return {ident(key) for key in keys if key is not None}

    def edges(self, page: Page, group: Group, edge: Edge, now: str) -> None:
        """Add the edges that a list implies, or that its rows name."""
        kind = group.kind.name
        made: list[_Made] = []
        rows: list[Row] = []
        for (relation, subject), entries in _by_relation(page.listing, group, edge).items():
            one = replace(edge, relation=relation)
            namespace = Namespace.edge(one, subject, kind)
            fresh = self.seen.fresh(namespace, entries)
            ends = dict(zip(fresh, map(group.urns.__getitem__, fresh), strict=True))
            if relation in self.bidirectional:
                ends = self._without_opposite(one, subject, ends)
            edges = self._edges(one, subject, ends, entries, now)
            made.append((namespace, edges))
            rows += edges.values()
        written = self._write(page, rows)
        if len(written) < len(rows):
            made = _those_of(made, written)
        for namespace, edges in made:
            # Two sorts of edges are not remembered: refused ones, and those that the list in the other direction has.
            # That list's page may get lost after this one was acknowledged. Then the edge must be new again.
            self.seen.add(namespace, list(edges))

    def _without_opposite(self, edge: Edge, subject: str, ends: dict[int, str]) -> dict[int, str]:
        """The other ends of edges that the list in the other direction has not written."""
        opposite = replace(edge, reverse=not edge.reverse)
        kind, own = _kind_of(subject), ident(_id_of(subject))
        return {i: urn for i, urn in ends.items() if not self.seen.has(Namespace.edge(opposite, urn, kind), own)}

    def _edges(
        self, edge: Edge, subject: str, ends: dict[int, str], entries: dict[int, Entry], now: str
    ) -> dict[int, Row]:
        """The records of edges between the subject and other ends."""
        made: dict[int, Row] = {}
        for i, urn in ends.items():
            entry = entries[i]
            source, target = subject, urn
            if edge.reverse:
                source, target = urn, subject
            made[i] = {
                "kind": "edge",
                "relation": edge.relation,
                "source": source,
                "target": target,
                "position": entry.position,
                "created_at": entry.created_at,
                "caption": entry.caption,
                "score": entry.score,
                "fetched_at": now,
                "api": self.api,
            }
        return made

    def _write(self, page: Page, rows: list[Row]) -> list[Row]:
        """Add edges, and return the valid ones. If a date or score is invalid, the edge is added without it."""
        written = self.checked(page, "edge", rows)
        if len(written) == len(rows):
            return written
        known = set(map(id, written))
        further = []
        for row in rows:
            if id(row) not in known and (left := records.without_odd("edge", row)):
                row |= left
                further.append(row)
        page.add("edge", further)
        return written + further

    def checked(self, page: Page, kind: str, rows: list[Row]) -> list[Row]:
        """Add and return those rows that their schema accepts, and reject the others. We made the rows ourselves."""
        valid, rejected = records.check(kind, rows)
        if rejected:
            self.reject(page, rejected, rows[0]["fetched_at"])
        if valid:
            page.rows.setdefault(kind, []).extend(valid)
        return valid

    def listing(self, page: Page, listing: Listing, now: str) -> None:
        """Add the listing's record, always: without it, nobody would notice that the list is missing."""
        row = listing.record(self.api, now, self.begun)
        valid, rejected = records.check("listing", [row])
        if rejected:
            # This should not happen: the API's values are checked where they enter the listing.
            why = rejected[0].reasons
            logger.error("%s: its record was refused; this is a bug in sc_spiders: %s", listing.name, why)
            listing.end("error", "internal")
            blank = Listing(listing.endpoint, None, "").record(self.api, now, self.begun)
            row = listing.record(self.api, now, self.begun)
            row |= {name: blank[name] for name in row if records.fitting("listing", name, row[name]) is None}
        page.add("listing", valid or [row])

    def gone(self, page: Page, urns: list[str], how: str, now: str) -> None:
        """Add records of what the API no longer has. `how`: see the schema."""
        base = {"kind": "gone", "fetched_at": now, "api": self.api}
        self.checked(page, "gone", [{**base, "urn": urn, "asked_at": now, "how": how} for urn in urns])

    def reject(self, page: Page, rejected: list[records.Rejected], now: str) -> None:
        """Add refused objects with the reasons, and count them in their list."""
        page.listing.rejected += len(rejected)
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

    def pack_edges(self, listing: Listing) -> None:
        """Store the ids of an ended list's edges in a smaller form."""
        edge = listing.spec.edge
        if edge is None or not listing.subject:
            return
        for kind in listing.spec.kinds:
            namespace = Namespace.edge(edge, listing.subject, kind)
            if self.seen.holds(namespace):
                self.seen.close_namespace(namespace)


def _those_of(made: list[_Made], written: list[Row]) -> list[_Made]:
    """Only those edges that were written."""
    known = set(map(id, written))
    return [(namespace, {i: row for i, row in edges.items() if id(row) in known}) for namespace, edges in made]


def _by_relation(listing: Listing, group: Group, edge: Edge) -> dict[tuple[str, str], dict[int, Entry]]:
    """The group's entries by relation and subject. Rows may name another relation or subject than the list's."""
    if listing.subject and group.entries and group.entries[0][1] is BLANK:
        return {(edge.relation, listing.subject): dict(group.entries)}
    found: dict[tuple[str, str], dict[int, Entry]] = {}
    for i, entry in group.entries:
        relation = entry.relation
        if relation is None:
            relation = edge.relation
        subject = entry.source or listing.subject
        if relation and subject:
            found.setdefault((relation, subject), {}).setdefault(i, entry)
    return found


def _id_of(urn: str) -> int | str:
    last = urn.rpartition(":")[2]
    if last.isdigit():
        return int(last)
    return urn


def _kind_of(urn: str) -> str:
    if not urn.startswith("soundcloud:"):
        return urn
    return urn.split(":", 2)[1].removesuffix("s")
