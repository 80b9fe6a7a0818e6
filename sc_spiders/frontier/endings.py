"""How listings ended: for counting, in words, and whether anything came at all."""

from __future__ import annotations

from collections import Counter

from sc_spiders.pages.announced import SHORT, behind
from sc_spiders.pages.listing import BAD, Listing

CAME = "came"
"""The name under which both stores keep whether anything of what was asked for has come."""


def shortfall(listing: Listing) -> tuple[str, str]:
    """How a listing ended short of complete, for counting, and in words with its name."""
    if listing.error == SHORT:
        return SHORT, f"{listing.name}: short ({listing.announced:,} announced, {listing.rows:,} given)"
    how = listing.ended or ""
    if how == "end" and listing.missing:
        how = "with tracks missing"
    elif how == "end":
        how = "with objects rejected"
    words = f"{listing.name}: {how}"
    if listing.error and how != "limit":  # a limit that was asked for is no failure
        words += f" ({listing.error})"
    return how, words


def is_bad(listing: Listing) -> bool:
    """Whether the data set is not what was asked for because of a listing that ended short of complete."""
    if listing.ended in BAD:
        return True
    if not listing.seed:
        return False
    return listing.ended == "not_found" or (listing.spec.shape == "one" and listing.ended != "end")


def rows_behind(listing: Listing) -> Counter[str]:
    """By how much a listing that has ended fell behind what was announced (`announced.behind`)."""
    if listing.is_list and listing.announced:
        return behind(listing.record("", ""))
    return Counter()


def came(listing: Listing) -> bool:
    """Whether a listing that has ended brought something of what was asked for, be it nothing but its end.

    A refusal brings nothing, nor does the look-up of a seed.
    """
    planned = listing.is_list or (listing.spec.shape == "one" and listing.level >= 0)
    return planned and listing.ended != "forbidden" and not listing.retried


def all_refused(listings: Counter[str], *, anything: bool) -> bool:
    """Whether lists were refused, and nothing else came. `listings`: how many ended how; `anything`: something came."""
    return listings["forbidden"] > 0 and not anything
