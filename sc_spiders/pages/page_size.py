"""Fewer rows where a page cannot be had whole: servers have failed at 200 rows a page and answered at 50.

Only the size that is asked for changes. A cursor is the API's own, and stays as it is.
"""

from __future__ import annotations

import re

from sc_spiders.pages.listing import Listing

AFTER = 3  # attempts of a page at one size
SMALLEST = 10  # rows; a page of so few is not too large for anybody

_SHARE = 4
_SMALLER = "smaller"  # in a listing's extra: rows of a page, and at which attempt of its present page that was set
_SIZE = re.compile(r"(?<=[?&])(limit|page_size)=([0-9]{1,9})(?=&|$)")
_MENDED_BY_FEWER = frozenset({"timeout", "cut", "connection", "http_408"})


def reduce(listing: Listing, api: str) -> tuple[int, int] | None:
    """Have the present page asked for with fewer rows, where it has failed often enough; the old size and the new.

    None where nothing changes. A list that has one page only is asked for whole, however often it fails.
    """
    if not listing.attempts or listing.attempts % AFTER or not _is_divisible(listing, api):
        return None
    if listing.extra.get(_SMALLER, (0, 0))[1] == listing.attempts:
        return None  # done already: it was taken back before it was sent
    found = _SIZE.search(listing.url)
    if not found or int(found[2]) <= SMALLEST:
        return None
    old = int(found[2])
    new = max(SMALLEST, old // _SHARE)
    listing.extra[_SMALLER] = [new, listing.attempts]
    listing.url = _with_size(listing.url, new)
    return old, new


def kept(listing: Listing, url: str) -> str:
    """A next page's path and query, with no more rows than the page before was had with."""
    if _SMALLER not in listing.extra:
        return url
    rows = listing.extra[_SMALLER][0]
    listing.extra[_SMALLER] = [rows, 0]
    found = _SIZE.search(url)
    return _with_size(url, rows) if found and int(found[2]) > rows else url


def _is_divisible(listing: Listing, api: str) -> bool:
    error = listing.error or ""
    if error not in _MENDED_BY_FEWER and not error.startswith("http_5"):
        return False
    spec = listing.spec
    return spec.shape in ("list", "any") and not spec.bare and api in spec.follow


def _with_size(url: str, rows: int) -> str:
    return _SIZE.sub(lambda found: f"{found[1]}={rows}", url)
