"""Smaller pages for lists whose pages fail: servers have failed at 200 rows a page and answered at 50.

Only the number of rows in the address changes. The cursor stays as the API gave it.
"""

from __future__ import annotations

import re

from sc_spiders.pages.listing import Listing

AFTER = 3  # failed attempts with one size, until the next has a smaller one
SMALLEST = 10  # rows; no server fails because of so few
SMALLER = "smaller"  # in a listing's extra: the reduced number of rows, and the attempt that reduced it
_SHARE = 4
_SIZE = re.compile(r"(?<=[?&])(limit|page_size)=([0-9]{1,9})(?=&|$)")
_MENDED_BY_FEWER = frozenset({"timeout", "cut", "connection", "http_408"})


def reduce(listing: Listing, api: str) -> tuple[int, int] | None:
    """Request the present page with fewer rows, if it failed often. Returns the old and the new size.

    None if nothing changes. A list of one page is always requested whole.
    """
    if not listing.attempts or listing.attempts % AFTER or not _is_divisible(listing, api):
        return None
    if listing.extra.get(SMALLER, (0, 0))[1] == listing.attempts:
        return None  # already reduced, but the request was not sent
    found = _SIZE.search(listing.url)
    if not found or int(found[2]) <= SMALLEST:
        return None
    old = int(found[2])
    new = max(SMALLEST, old // _SHARE)
    listing.extra[SMALLER] = [new, listing.attempts]
    listing.url = _with_size(listing.url, new)
    return old, new


def kept(listing: Listing, url: str) -> str:
    """The path and query of a next page, with no more rows than the page before. The listing's pages were reduced."""
    rows = listing.extra[SMALLER][0]
    listing.extra[SMALLER] = [rows, 0]
    found = _SIZE.search(url)
    if found and int(found[2]) > rows:
        return _with_size(url, rows)
    return url


def _is_divisible(listing: Listing, api: str) -> bool:
    error = listing.error or ""
    if error not in _MENDED_BY_FEWER and not error.startswith("http_5"):
        return False
    spec = listing.spec
    return spec.shape in ("list", "any") and not spec.bare and api in spec.follow


def _with_size(url: str, rows: int) -> str:
    return _SIZE.sub(lambda found: f"{found[1]}={rows}", url)
