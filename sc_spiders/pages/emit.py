"""Records and edges of the objects of a page: those the crawl has not written yet, and that their schemas accept."""

from __future__ import annotations

import logging

from sc_spiders import records
from sc_spiders.api import Api, Edge
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seen import Seen, ident

from .groups import BLANK, Group
from .rows import Entry

logger = logging.getLogger(__name__)


class Writer:
    """Adds rows to pages. `seen`, `drift`, `raw`, `bidirectional` are those of the `PageReader`."""

    def __init__(self, api: Api, seen: Seen, drift: records.Drift, *, raw: bool, bidirectional: frozenset[str]) -> None:
        self.api = api
        self.seen = seen
        self.drift = drift
        self.raw = raw
        self.bidirectional = bidirectional

    def nodes(self, page: Page, group: Group, now: str) -> set[int]:
        """Add the records of objects that are new, or were known in a partial form only.

        What is refused stays in the group where its identity is sound: the edge and what follows from it do not hang on
        its other values. The ids of those are returned.
        """
        listing, seen, kind = page.listing, self.seen, group.kind
        name, objects = kind.name, group.objects
        new = seen.fresh(name, objects)
        fresh = kind.full_among(objects, new)
        parts: list[int] = []
        if len(fresh) < len(new):
            whole = set(fresh)
            parts = seen.fresh(f"{name}?", [i for i in new if i not in whole])
        written = [objects[i] for i in (*fresh, *parts)] + group.nameless
        rows, rejected = kind.project(written, now, drift=self.drift, subject=listing.subject, raw=self.raw)
        refused: set[int] = set()
        page.gained += len(group.nameless)
        if rejected:
            keys = [kind.key(one.object) for one in rejected]
            page.gained -= keys.count(None)
            refused = {ident(key) for key in keys if key is not None}
            fresh = [i for i in fresh if i not in refused]
            parts = [i for i in parts if i not in refused]
            self.reject(page, rejected, now)
        seen.add(name, fresh)
        seen.add(f"{name}?", parts)
        page.add(name, rows)
        return refused

    def edges(self, page: Page, group: Group, edge: Edge, now: str) -> None:
        """Add the edges that a list implies, or that its rows name themselves."""
        listing, seen, kind = page.listing, self.seen, group.kind
        by_source: dict[tuple[str, str], dict[int, Entry]] = {}
        if group.entries and group.entries[0][1] is BLANK:
            by_source[edge.relation, listing.subject or ""] = dict(group.entries)
        else:
            for i, entry in group.entries:
                relation = edge.relation if entry.relation is None else entry.relation
                source = entry.source or listing.subject
                if relation and source:
                    by_source.setdefault((relation, source), {}).setdefault(i, entry)
        added: list[tuple[str, dict[int, Row]]] = []
        for (relation, subject), entries in by_source.items():
            space = _space(relation, edge.reverse, subject, kind.name)
            urns = {i: group.urns[i] for i in seen.fresh(space, entries)}
            if relation in self.bidirectional:
                other, suffix = f"{relation}{'>' if edge.reverse else '<'}", _kind_of_urn(subject)
                own = ident(_id_of(subject))
                urns = {i: urn for i, urn in urns.items() if not seen.has(f"{other}{urn}:{suffix}", own)}
            made = {
                i: {
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
            }
            added.append((space, made))
        rows = [row for _, made in added for row in made.values()]
        written = self._edges(page, rows)
        kept = set(map(id, written)) if len(written) < len(rows) else None
        for space, made in added:
            # Neither what was refused is remembered as written, nor what the list that is walked the other way has: its
            # page may be lost after this one was acknowledged, and must then find the edge new.
            seen.add(space, [i for i, row in made.items() if kept is None or id(row) in kept])

    def _edges(self, page: Page, rows: list[Row]) -> list[Row]:
        """Add edges, and return them. One with an odd value (a date, a score) is told of, and goes without it."""
        written = self.checked(page, "edge", rows)
        if len(written) == len(rows):
            return written
        known = set(map(id, written))
        further = []
        for row in rows:
            left = None if id(row) in known else records.without_odd("edge", row)
            if left:
                row |= left
                further.append(row)
        page.add("edge", further)
        return written + further

    def checked(self, page: Page, kind: str, rows: list[Row]) -> list[Row]:
        """Add rows of our own making that their schema accepts, and return them; the others go to the rejected."""
        valid, rejected = records.check(kind, rows)
        self.reject(page, rejected, rows[0]["fetched_at"] if rows else "")
        page.add(kind, valid)
        return valid

    def listing(self, page: Page, listing: Listing, now: str) -> None:
        """Add the listing's record. Each has one, whatever is in it: nobody would miss a list that says nothing."""
        row = listing.record(self.api, now)
        valid, rejected = records.check("listing", [row])
        if rejected:
            # What an API says is looked at where it is taken up, so that this is not to happen.
            why = rejected[0].reasons
            logger.error("%s: its record was refused, which is a fault of ours: %s", listing.name, why)
            listing.end("error", "internal")
            blank = Listing(listing.endpoint, None, "").record(self.api, now)
            row = listing.record(self.api, now)
            row |= {name: blank[name] for name in row if records.fitting("listing", name, row[name]) is None}
        page.add("listing", valid or [row])

    def reject(self, page: Page, rejected: list[records.Rejected], now: str) -> None:
        """Add what was refused, with the reasons, and count it in its list."""
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
        """The list is through: what is remembered of its edges is kept in the smaller form."""
        edge = listing.spec.edge
        for kind in listing.spec.kinds if edge and listing.subject else ():
            assert edge
            space = _space(edge.relation, edge.reverse, listing.subject, kind)
            if self.seen.holds(space):
                self.seen.close_space(space)


def _space(relation: str, reverse: bool, subject: str | None, kind: str) -> str:
    return f"{relation}{'<' if reverse else '>'}{subject}:{kind}"


def _id_of(urn: str) -> int | str:
    last = urn.rpartition(":")[2]
    return int(last) if last.isdigit() else urn


def _kind_of_urn(urn: str) -> str:
    return urn.split(":", 2)[1].removesuffix("s") if urn.startswith("soundcloud:") else urn
