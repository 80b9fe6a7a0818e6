"""Batches of tracks whose ids the user gave. No playlist waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sc_spiders.api import CATALOGUE
from sc_spiders.pages.batches import batch_of, given_params, is_divided, name_of
from sc_spiders.pages.emit import Writer
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import DIVIDED, TELLS_GONE, Listing, first_page
from sc_spiders.pages.page import Page


def seed_batch(ids: list[int], params: Mapping[str, str], extra: Mapping[str, Any]) -> Listing:
    """A listing that requests these tracks. `params`: the user's, for the API. `extra`: of the listing."""
    batch = batch_of(ids, ids, 0, params, **extra)
    batch.seed, batch.level = name_of(ids), -1
    return batch


def settle(page: Page, hydration: Hydration, writer: Writer, now: str) -> None:
    """A seed batch has ended. Say what becomes of its tracks that have not come.

    Halves of the batch are requested next, or each track alone: its own answer says why it does not come. A good answer
    that leaves tracks out says that they are gone, if the listing tells that.
    """
    batch = page.listing
    lacking = hydration.not_come(batch)
    urns = [f"soundcloud:tracks:{track}" for track in lacking]
    if is_divided(batch):
        page.follow += hydration.division.parts(batch, lacking)
    elif batch.retried:
        batch.missing = urns
    elif batch.ended == "end" and TELLS_GONE in batch.extra:
        writer.gone(page, urns, "left_out", now)
    else:
        page.follow += map(partial(_look_up, batch), lacking)
        batch.extra[DIVIDED] = batch.ended != "end"


def _look_up(batch: Listing, track: int) -> Listing:
    """A listing that requests a track of the batch alone."""
    urn = f"soundcloud:tracks:{track}"
    url, kept = first_page(CATALOGUE["track"], "v2", query=given_params(batch), id=track)
    extra = {name: value for name, value in batch.extra.items() if name == TELLS_GONE}
    return Listing("track", urn, url, kept, seed=urn, level=batch.level, extra=extra)
