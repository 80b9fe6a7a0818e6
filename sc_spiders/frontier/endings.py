"""How listings ended: as a word to count, as text, and whether they brought data."""

from __future__ import annotations

from collections import Counter

from sc_spiders.pages.announced import SHORT, behind
from sc_spiders.pages.listing import BAD, Listing
from sc_spiders.records.words import counted

CAME = "came"
"""The name under which both stores keep whether any data came that the user asked for."""


def shortfall(listing: Listing) -> tuple[str, str]:
    """How an incomplete listing ended: a word to count, and a text with the listing's name."""
    if listing.error == SHORT:
        return SHORT, f"{listing.name}: short ({listing.announced:,} announced, {listing.rows:,} given)"
    how = listing.ended or ""
    if how == "end" and listing.missing:
        how = "with tracks missing"
    elif how == "end":
        how = "with objects rejected"
    words = f"{listing.name}: {how}"
    if listing.missing and listing.ended == "end":
        words = f"{listing.name}: {_gone(listing)}"
    if listing.error and how != "limit":  # the user asked for the limit: no failure
        words += f" ({listing.error})"
    return how, words


def _gone(listing: Listing) -> str:
    """`11 of 13 tracks: 2 are gone`."""
    gone = len(listing.missing)
    are = "are"
    if gone == 1:
        are = "is"
    return f"{listing.fetched:,} of {counted(listing.fetched + gone, 'track')}: {gone:,} {are} gone"


def is_bad(listing: Listing) -> bool:
    """Whether this incomplete listing makes the data set incomplete."""
    if listing.ended in BAD:
        return True
    if not listing.seed:
        return False
    return listing.ended == "not_found" or (listing.spec.shape == "one" and listing.ended != "end")


def rows_behind(listing: Listing) -> Counter[str]:
    """How many rows an ended listing lacks of those that were announced (`announced.behind`)."""
    if listing.is_list and listing.announced:
        return behind(listing.record("", ""))
    return Counter()


def came(listing: Listing) -> bool:
    """Whether an ended listing brought data that the user asked for. An empty list counts as data.

    A refusal brings nothing. The look-up of a seed does not count.
    """
    planned = listing.is_list or (listing.spec.shape == "one" and listing.level >= 0)
    return planned and listing.ended != "forbidden" and not listing.retried


def all_refused(listings: Counter[str], *, anything: bool) -> bool:
    """Whether the API refused lists and no data came. `listings`: number by how they ended; `anything`: data came."""
    return listings["forbidden"] > 0 and not anything
