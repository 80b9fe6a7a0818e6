"""Batches of objects whose ids the user gave. No playlist waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sc_spiders.api import CATALOGUE
from sc_spiders.pages.batches import api_of, batch_of, given_params, is_divided, name_of, urn_of
from sc_spiders.pages.emit import Writer
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import DIVIDED, TELLS_GONE, Listing, first_page
from sc_spiders.pages.page import Page
from sc_spiders.pages.streams import STREAMS

# In a batch's extra: what applies to an object that is requested alone, too.
_OF_EACH = frozenset({TELLS_GONE, STREAMS, "unwritten"})


def seed_batch(endpoint: str, ids: list[int], params: Mapping[str, str], extra: Mapping[str, Any]) -> Listing:
    """A listing that requests these objects. `params`: the user's parameters for the API. `extra`: the listing's."""
    batch = batch_of(ids, ids, 0, params, endpoint, **extra)
    batch.seed, batch.level = name_of(batch), -1
    return batch


def settle(page: Page, hydration: Hydration, writer: Writer, now: str) -> None:
    """Decide what becomes of those objects of an ended seed batch that have not come.

    Either the halves of the batch are requested next, or each object alone: its own answer tells why it does not come.
    If a good answer of v2 leaves tracks out, they are gone. In the public API a batch is a search by URN, which may
    also leave out tracks that exist.
    """
    batch = page.listing
    lacking = hydration.not_come(batch)
    urns = [urn_of(batch.spec.kinds[0], id) for id in lacking]
    if is_divided(batch):
        page.follow += hydration.division.parts(batch, lacking)
    elif batch.retried:
        batch.missing = urns
    elif batch.ended == "end" and TELLS_GONE in batch.extra and batch.spec.v2:
        writer.gone(page, urns, "left_out", now)
    else:
        page.follow += map(partial(_look_up, batch), lacking)
        batch.extra[DIVIDED] = batch.ended != "end"


def _look_up(batch: Listing, id: int) -> Listing:
    """A listing that requests an object of the batch alone."""
    kind = batch.spec.kinds[0]
    urn = urn_of(kind, id)
    url, kept = first_page(CATALOGUE[kind], api_of(batch.endpoint), query=given_params(batch), id=id, urn=urn)
    extra = {name: value for name, value in batch.extra.items() if name in _OF_EACH}
    return Listing(kind, urn, url, kept, seed=urn, level=batch.level, extra=extra)
