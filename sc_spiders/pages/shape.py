"""Checks that a decoded answer has the shape of its endpoint, and finds its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sc_spiders import records
from sc_spiders.errors import Malformed
from sc_spiders.pages import reactions
from sc_spiders.pages.listing import Listing

Rows = list[Any] | None

NODES = frozenset({"user", "track", "playlist", "comment", "selection"})
"""Kinds of objects whose string ids are URNs."""

_ERROR_STATUS = re.compile(r"[45][0-9][0-9]\b")

_ONE_OBJECT = re.compile(r"/(?P<kind>user|track|playlist)s/(?:soundcloud:(?P=kind)s:)?(?P<id>[0-9]{1,19})", re.ASCII)

EMPTY = "empty"
"""The error of a batch whose answer had none of its tracks."""

MAX_ROWS = 10_000
"""Most rows of an answer: fifty times the largest page, twenty times the longest playlist. SoundCloud gives no more.
More could fill the memory and the rejected records."""


def check_shape(listing: Listing, data: Any) -> None:
    """Raises Malformed if the decoded answer does not fit the listing's endpoint."""
    shape = listing.spec.shape
    if isinstance(data, dict) and shape != "reactions" and _tells_error(data):
        raise Malformed("it tells of an error")
    rows = rows_of(data)
    _CHECKS[shape](listing, data, rows)
    if shape == "one":
        rows = data.get("tracks")
    if isinstance(rows, list) and len(rows) > MAX_ROWS:
        raise Malformed(f"more than {MAX_ROWS:,} rows")


def _check_one(listing: Listing, data: Any, rows: Rows) -> None:
    if not isinstance(data, dict) or not data:
        raise Malformed("an object was expected")
    if NODES.isdisjoint(listing.spec.kinds):
        if records.kind_of(data):  # a download, an oembed and streams have no kind
            raise Malformed("another object was asked for")
        return
    if not data.keys() & {"id", "urn"}:
        raise Malformed("an object was expected")
    if _is_another(listing, data):
        raise Malformed("another object was asked for")


def _check_list(listing: Listing, data: Any, rows: Rows) -> None:
    if rows is None or (isinstance(data, list) and not _may_be_bare(listing)):
        raise Malformed("a list was expected")
    if listing.spec.rows == "chart" and isinstance(data, dict) and _is_another_chart(listing, data):
        raise Malformed("another chart was asked for")


def _check_any(listing: Listing, data: Any, rows: Rows) -> None:
    # Once a list, always a list. And only a list has its rows in a collection.
    in_list = listing.pages > 0 or (isinstance(data, dict) and "collection" in data)
    if in_list and (rows is None or isinstance(data, list)):
        raise Malformed("a page was expected")
    if isinstance(data, dict) and _is_not_at(listing.subject or "", data):
        raise Malformed("another object was asked for")


def _check_batch(listing: Listing, data: Any, rows: Rows) -> None:
    if rows is None or (isinstance(data, dict) and listing.spec.v2):
        raise Malformed("a bare list was expected")
    if not rows and EMPTY not in listing.extra:  # only a second empty answer means that all tracks are gone
        raise Malformed("there is none of the tracks", EMPTY)


def _check_reactions(listing: Listing, data: Any, rows: Rows) -> None:
    if not reactions.fits(listing, data):
        raise Malformed("reactions to each comment were expected")


def _check_redirect(listing: Listing, data: Any, rows: Rows) -> None:
    raise Malformed("a redirect was expected", "no_redirect")


_CHECKS: Mapping[str, Callable[[Listing, Any, Rows], None]] = {
    "one": _check_one,
    "list": _check_list,
    "any": _check_any,
    "batch": _check_batch,
    "reactions": _check_reactions,
    "redirect": _check_redirect,
}


def _tells_error(data: dict[str, Any]) -> bool:
    """Whether this is an error message. It may come with the status and the shape of a good answer."""
    code = data.get("code")
    if data.get("errors") or data.get("error") or (isinstance(code, int) and code >= 400):
        return True
    if "message" not in data:
        return False
    told = (str(data.get(name)) for name in ("status", "code"))  # 500, "500", "500 - Internal Server Error"
    return any(map(_ERROR_STATUS.match, told))


def _is_another(listing: Listing, data: dict[str, Any]) -> bool:
    """Whether this is not the requested object. Objects without an id are rejected later, with a reason."""
    asked = listing.subject or ""
    key = records.kind(listing.spec.kinds[0], "v2").key(data)  # ids are the same in both APIs
    if not asked.startswith("soundcloud:") or key is None:
        return False
    if isinstance(key, int):
        return not asked.endswith(f"s:{key}")
    return key != asked


def _is_another_chart(listing: Listing, data: dict[str, Any]) -> bool:
    """Whether a chart names another kind or genre than requested. A chart that names none is accepted."""
    _, _, asked = (listing.subject or "").partition(":")
    kind, _, genre = asked.partition(":")
    said = data.get("kind") or kind, data.get("genre") or genre
    return said not in ((kind, genre), (kind, f"soundcloud:genres:{genre}"))


def _is_not_at(path: str, data: dict[str, Any]) -> bool:
    """Whether the path names an object, and this is another one."""
    asked = _ONE_OBJECT.fullmatch(path)
    kind = records.kind_of(data)
    if not asked or kind is None:
        return False
    return kind != asked["kind"] or records.kind(kind, "v2").key(data) not in (None, int(asked["id"]))


def _may_be_bare(listing: Listing) -> bool:
    """Whether a bare list, which has no next page, can be the whole list.

    v2 gives only a few lists in this form. For any other list, a bare one would look like the end. The public API has
    given bare lists when it ignored linked_partitioning.
    """
    return listing.spec.bare or (not listing.pages and listing.params.get("linked_partitioning") != "1")


def rows_of(data: Any) -> list[Any] | None:
    """The rows of a list, bare or with a next page; None for anything else."""
    rows = data
    if isinstance(data, dict):
        rows = data.get("collection")
    if isinstance(rows, list):
        return rows
    return None
