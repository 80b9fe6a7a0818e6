"""From one decoded answer of the API to a `Page`: its records by kind, its edges, and what comes next.

Knows nothing of Scrapy. An answer whose shape is not what its endpoint gives raises `Malformed`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sc_spiders import records
from sc_spiders.endpoints import Api
from sc_spiders.frontier.seen import Seen, ident
from sc_spiders.hosts import Hosts
from sc_spiders.listing import RETRIED, Listing, put_back

Row = dict[str, Any]


class Malformed(ValueError):
    """The answer is JSON, but not of the shape that its endpoint gives."""


@dataclass(slots=True)
class Page:
    """All that one answer gave: rows by kind (rejected ones too), its listing as it now stands, further listings."""

    listing: Listing
    rows: dict[str, list[Row]] = field(default_factory=dict)
    follow: list[Listing] = field(default_factory=list)

    def add(self, kind: str, rows: list[Row]) -> None:
        if rows:
            self.rows.setdefault(kind, []).extend(rows)


@dataclass(slots=True)
class Entry:
    """An object of a page, and what its row in the list says of it."""

    object: Row
    relation: str | None = None
    created_at: str | None = None
    caption: str | None = None
    score: float | None = None


# (object's key in a row) per way of wrapping; a stream item's type tells a repost from a post.
def _like(row: Row) -> Entry:
    return Entry(row.get("track") or row.get("playlist") or row, created_at=row.get("created_at"))


def _stream(row: Row) -> Entry:
    relation = "reposts" if str(row.get("type", "")).endswith("-repost") else "posts"
    target = row.get("track") or row.get("playlist") or row
    return Entry(target, relation, created_at=row.get("created_at"), caption=row.get("caption"))


WRAPPERS: dict[str, Callable[[Row], Entry]] = {"like": _like, "stream": _stream}

# What becomes of the objects of a page beside their own records: a spider's rule for going on.
Discover = Callable[[Listing, str, list[Row], list[int | str]], list[Listing]]


def check_shape(listing: Listing, data: Any) -> None:
    """Raises Malformed where the decoded answer is not what that endpoint gives."""
    shape = listing.spec.shape
    if shape == "one" and not (isinstance(data, dict) and data):
        raise Malformed("an object was expected")
    if (
        shape == "list"
        and not isinstance(data, list)
        and not (isinstance(data, dict) and isinstance(data.get("collection"), list))
    ):
        raise Malformed("a list was expected")


class Walker:
    """Turns answers of one crawl into pages.

    `seen` is shared by all pages. `both_ways`: relations walked from both ends, so that an edge may be met twice.
    `max_empty`: empty pages in a row after which a listing ends. `raw`: records carry the API's own object too.
    """

    def __init__(
        self,
        api: Api,
        hosts: Hosts,
        seen: Seen,
        discover: Discover,
        *,
        max_empty: int,
        raw: bool,
        both_ways: frozenset[str],
    ) -> None:
        self.api = api
        self.hosts = hosts
        self.seen = seen
        self.discover = discover
        self.max_empty = max_empty
        self.raw = raw
        self.both_ways = both_ways

    def page(self, listing: Listing, data: Any, now: str) -> Page:
        """Raises Malformed."""
        check_shape(listing, data)
        page = Page(listing)
        listing.started_at = listing.started_at or now
        if listing.spec.shape == "one":
            self._one(page, data, now)
        else:
            self._list(page, data, now)
        listing.attempts = listing.losses = 0
        self.close_listing(page, now)
        return page

    def close_listing(self, page: Page, now: str) -> None:
        """Add the listing's record if it has ended and will not be tried again. One object needs none where it came."""
        listing = page.listing
        if not listing.ended or listing.ended in RETRIED or (listing.spec.shape == "one" and listing.complete):
            return
        page.add("listing", self.checked("listing", [listing.record(self.api, now)], page))

    def _one(self, page: Page, data: Row, now: str) -> None:
        listing = page.listing
        kind, wanted = records.kind_of(data), listing.extra.get("kind")
        if wanted and kind != wanted:
            listing.end("not_found", f"is a {kind}, not a {wanted}")
            return
        listing.end("end")
        self._objects(page, [Entry(data)], now)
        listing.pages += 1

    def _list(self, page: Page, data: Any, now: str) -> None:
        listing = page.listing
        rows = data if isinstance(data, list) else data["collection"]
        had = listing.fetched + listing.rejected
        if listing.limit:
            rows = rows[: listing.limit - listing.fetched]
        self._announcement(listing, data)
        self._objects(page, self._entries(page, rows, now), now)
        listing.pages += 1
        # A page of nothing but what came before is as empty as one without rows.
        listing.empty = 0 if listing.fetched + listing.rejected > had else listing.empty + 1
        self._go_on(listing, data)

    def checked(self, kind: str, rows: list[Row], page: Page) -> list[Row]:
        """Rows of our own making that their schema accepts; the others go to the rejected."""
        valid, rejected = records.check(kind, rows)
        self._reject(page, rejected, rows[0]["fetched_at"] if rows else "")
        return valid

    def _entries(self, page: Page, rows: list[Any], now: str) -> list[Entry]:
        wrap = WRAPPERS.get(page.listing.spec.rows, Entry)
        entries = []
        for row in rows:
            if isinstance(row, dict):
                entries.append(wrap(row))
            else:
                bad = records.Rejected("object", records.redact(row), [{"field": "", "message": "is not an object"}])
                page.listing.rejected += 1
                self._reject(page, [bad], now)
        return entries

    def _announcement(self, listing: Listing, data: Any) -> None:
        if not isinstance(data, dict):
            return
        total = data.get("total_results")
        if listing.spec.announced == "total_results" and isinstance(total, int):
            listing.announced = total
        for name in ("query_urn", "last_updated"):
            if isinstance(data.get(name), str):
                setattr(listing, name, data[name])

    def _objects(self, page: Page, entries: Sequence[Entry], now: str) -> None:
        kinds = page.listing.spec.kinds
        if len(kinds) == 1:
            self._of_kind(page, kinds[0], entries, now)
            return
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            kind = records.kind_of(entry.object)
            groups.setdefault(kind if kind in kinds else kinds[0], []).append(entry)
        for kind, group in groups.items():
            self._of_kind(page, kind, group, now)

    def _of_kind(self, page: Page, name: str, entries: Sequence[Entry], now: str) -> None:
        listing, seen = page.listing, self.seen
        kind = records.kind(name, self.api)
        unique: dict[int | str, Entry] = {}
        nameless: list[Row] = []
        for entry in entries:
            key = kind.key(entry.object)
            if key is None:
                nameless.append(entry.object)
            else:
                unique.setdefault(key, entry)
        space = f"listing:{listing.id}"
        keys = list(unique)
        idents = [ident(key) for key in keys]
        if listing.pages and listing.spec.shape == "list":
            known = set(idents)
            known.difference_update(seen.fresh(f"{space}:{name}", idents))
            if known:
                keys = [key for key, i in zip(keys, idents, strict=True) if i not in known]
                idents = [ident(key) for key in keys]
        if listing.spec.shape == "list":
            seen.add(f"{space}:{name}", idents)
        listing.fetched += len(keys) + len(nameless)

        new = set(seen.fresh(name, idents))
        fresh, parts = [], []
        for key, i in zip(keys, idents, strict=True):
            if i in new:
                object_ = unique[key].object
                if kind.is_full(object_):
                    fresh.append(i)
                elif not seen.has(f"{name}?", i):
                    parts.append(i)
                else:
                    continue
                nameless.append(object_)
        rows, rejected = kind.project(nameless, now, raw=self.raw)
        if rejected:
            listing.rejected += len(rejected)
            refused = {ident(key) for r in rejected if (key := kind.key(r.object)) is not None}
            fresh = [i for i in fresh if i not in refused]
            parts = [i for i in parts if i not in refused]
            self._reject(page, rejected, now)
        seen.add(name, fresh)
        seen.add(f"{name}?", parts)
        page.add(name, rows)

        if listing.spec.edge:
            self._edges(page, kind, keys, idents, unique, now)
        page.follow += self.discover(listing, name, [unique[key].object for key in keys], keys)

    def _edges(
        self,
        page: Page,
        kind: records.Kind,
        keys: list[int | str],
        idents: list[int],
        entries: dict[int | str, Entry],
        now: str,
    ) -> None:
        listing, seen = page.listing, self.seen
        edge = listing.spec.edge
        assert edge
        assert listing.subject
        rows: list[Row] = []
        for relation in {entries[key].relation or edge.relation for key in keys}:
            of_relation = [
                i for i, key in zip(idents, keys, strict=True) if (entries[key].relation or edge.relation) == relation
            ]
            space = f"{relation}{'<' if edge.reverse else '>'}{listing.subject}:{kind.name}"
            new = set(seen.fresh(space, of_relation))
            seen.add(space, list(new))
            other = f"{relation}{'>' if edge.reverse else '<'}"
            subject, suffix = ident(_id_of(listing.subject)), _kind_of_urn(listing.subject)
            for position, (key, i) in enumerate(zip(keys, idents, strict=True)):
                if i not in new:
                    continue
                urn = kind.urn(key)
                if relation in self.both_ways and seen.has(f"{other}{urn}:{suffix}", subject):
                    continue
                entry = entries[key]
                source, target = (urn, listing.subject) if edge.reverse else (listing.subject, urn)
                rows.append(
                    {
                        "kind": "edge",
                        "relation": relation,
                        "source": source,
                        "target": target,
                        "position": listing.fetched - len(keys) + position if edge.position else None,
                        "created_at": entry.created_at,
                        "caption": entry.caption,
                        "score": entry.score,
                        "fetched_at": now,
                        "api": self.api,
                    }
                )
        page.add("edge", self.checked("edge", rows, page))

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

    def _go_on(self, listing: Listing, data: Any) -> None:
        href = (data.get("next_href") or data.get("next_partition_href")) if isinstance(data, dict) else None
        if not href or not listing.spec.follow:
            listing.end("end")
        elif listing.limit and listing.fetched >= listing.limit:
            listing.end("limit")
        elif not isinstance(href, str) or self.hosts.api_of(href) != self.api:
            listing.end("error", "foreign_host")
        elif listing.empty >= self.max_empty:
            listing.end("empty_pages")
        else:
            self._next(listing, self.hosts.relative(self.api, href))

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


def _id_of(urn: str) -> int | str:
    last = urn.rpartition(":")[2]
    return int(last) if last.isdigit() else urn


def _kind_of_urn(urn: str) -> str:
    return urn.split(":", 2)[1].removesuffix("s") if urn.startswith("soundcloud:") else urn
