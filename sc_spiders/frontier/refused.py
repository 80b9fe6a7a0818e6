"""Whether everything that a crawl was to bring was refused: then nothing came, though nothing failed."""

from __future__ import annotations

from collections import Counter

from sc_spiders.pages.listing import Listing

CAME = "came"
"""In the store and among the totals of a shared crawl: whether anything of the plan has come."""


def came(listing: Listing) -> bool:
    """Whether an ended listing is one of the plan, and its answer no refusal. Who a seed is, is not yet of the plan."""
    planned = listing.is_list or (listing.spec.shape == "one" and listing.level >= 0)
    return planned and listing.ended != "forbidden" and not listing.retried


def all_refused(listings: Counter[str], *, anything: bool) -> bool:
    """Whether lists were refused, and nothing else came. `listings`: how many ended how; `anything`: what came."""
    return listings["forbidden"] > 0 and not anything
