"""Whether a decoded answer is of the shape that its endpoint gives, and where its rows and its next page are."""

from __future__ import annotations

import re
from typing import Any

from sc_spiders import records
from sc_spiders.errors import Malformed
from sc_spiders.pages import reactions
from sc_spiders.pages.listing import Listing

NODES = frozenset({"user", "track", "playlist", "comment", "selection"})
"""Kinds whose ids, where they are strings, are URNs."""

_ERROR_STATUS = re.compile(r"[45][0-9][0-9]\b")

_ONE_OBJECT = re.compile(r"/(?P<kind>user|track|playlist)s/(?:soundcloud:(?P=kind)s:)?(?P<id>[0-9]{1,19})", re.ASCII)

EMPTY = "empty"
"""The error of a batch that brought none of its tracks."""


MAX_ROWS = 10_000
"""Rows of an answer: fifty times the largest page that can be asked for, twenty times the longest playlist. Beyond that
it is no answer of SoundCloud's, and would cost memory and rejected records without end."""


def check_shape(listing: Listing, data: Any) -> None:
    """Raises Malformed where the decoded answer is not what that endpoint gives."""
    if isinstance(data, dict) and listing.spec.shape != "reactions" and _tells_error(data):
        raise Malformed("it tells of an error")
    rows = rows_of(data)
    match listing.spec.shape:
        case "one":
            named = not NODES.isdisjoint(listing.spec.kinds)
            if not isinstance(data, dict) or not (data.keys() & {"id", "urn"} if named else data):
                raise Malformed("an object was expected")
            if named and _is_another(listing, data):
                raise Malformed("another object was asked for")
            rows = data.get("tracks")
        case "list":
            if rows is None or (isinstance(data, list) and not _may_be_bare(listing)):
                raise Malformed("a list was expected")
            if listing.spec.rows == "chart" and isinstance(data, dict) and _is_another_chart(listing, data):
                raise Malformed("another chart was asked for")
        case "batch":
            if not isinstance(data, list):
                raise Malformed("a bare list was expected")
            if not data and listing.error != EMPTY:  # that all of them are gone is believed the second time
                raise Malformed("there is none of the tracks", EMPTY)
        case "reactions":
            if not reactions.fits(listing, data):
                raise Malformed("reactions to each comment were expected")
        case "redirect":
            raise Malformed("a redirect was expected", "no_redirect")
        case "any":
            # What began as a list goes on as one; nothing but a list has its rows in a collection.
            in_list = listing.pages > 0 or (isinstance(data, dict) and "collection" in data)
            if in_list and (rows is None or isinstance(data, list)):
                raise Malformed("a page was expected")
            if isinstance(data, dict) and _is_not_at(listing.subject or "", data):
                raise Malformed("another object was asked for")
    if isinstance(rows, list) and len(rows) > MAX_ROWS:
        raise Malformed(f"more than {MAX_ROWS:,} rows")


def _tells_error(data: dict[str, Any]) -> bool:
    """Whether it is an error's own words, which may come with the status and the shape of a good answer."""
    code = data.get("code")
    if data.get("errors") or data.get("error") or (isinstance(code, int) and code >= 400):
        return True
    told = (str(data.get(name)) for name in ("status", "code"))  # 500, "500", "500 - Internal Server Error"
    return "message" in data and any(_ERROR_STATUS.match(status) for status in told)


def _is_another(listing: Listing, data: dict[str, Any]) -> bool:
    """Whether an object is not the one that was asked for. What has no id is refused later, with the reason."""
    asked = listing.subject or ""
    key = records.kind(listing.spec.kinds[0], "v2").key(data)  # ids are the same in both APIs
    if not asked.startswith("soundcloud:") or key is None:
        return False
    return not asked.endswith(f"s:{key}") if isinstance(key, int) else key != asked


def _is_another_chart(listing: Listing, data: dict[str, Any]) -> bool:
    """Whether a chart says that it is of another kind or genre than was asked for. What it does not say is believed."""
    _, _, asked = (listing.subject or "").partition(":")
    kind, _, genre = asked.partition(":")
    said = data.get("kind") or kind, data.get("genre") or genre
    return said not in ((kind, genre), (kind, f"soundcloud:genres:{genre}"))


def _is_not_at(path: str, data: dict[str, Any]) -> bool:
    """Whether an object has another id than the path that it was asked for by, where that is the path of one object."""
    asked = _ONE_OBJECT.fullmatch(path)
    kind = records.kind_of(data)
    if not asked or kind is None:
        return False
    return kind != asked["kind"] or records.kind(kind, "v2").key(data) not in (None, int(asked["id"]))


def next_href(data: Any) -> Any:
    """Where the next page is; None at the end, which is told by null or by nothing. Anything else is no end."""
    if not isinstance(data, dict):
        return None
    href = data.get("next_href")
    return data.get("next_partition_href") if href is None else href


def _may_be_bare(listing: Listing) -> bool:
    """Whether a bare list, which says nothing of a next page, can be the whole list.

    v2 gives a few lists so and no other: in the place of a page it would look like the end. The public API has answered
    so where it ignored linked_partitioning.
    """
    return listing.spec.bare or (not listing.pages and listing.params.get("linked_partitioning") != "1")


def rows_of(data: Any) -> list[Any] | None:
    """The rows of a list, bare or with a next page; None for what is no list."""
    if isinstance(data, dict):
        data = data.get("collection")
    return data if isinstance(data, list) else None
