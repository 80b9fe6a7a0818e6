"""Decides what to do with the answer to a page's request: checks the body, and asks the policy (`api.responses`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sc_spiders import records
from sc_spiders.api import responses
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.errors import Malformed
from sc_spiders.pages.batches import is_of_several
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.shape import check_shape
from sc_spiders.redaction import lines


def resolve(
    listing: Listing,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    redact: Callable[[str], str] = lines.redact,
) -> Resolution:
    """What to do with an answer. `headers` by lower-case name; `now` with time zone.

    `redact` removes the crawl's secrets from the API's message.
    """
    if 200 <= status < 300:
        try:
            decode_page(listing, body)
        except Malformed as e:
            return Resolution(Action.RETRY, error=e.error)
        return Resolution(Action.ACCEPT)
    begun = listing.begun and listing.spec.shape != "batch"  # a batch has only a first page
    return responses.resolve(status, headers, body, now, begun=begun, divisible=is_of_several(listing), redact=redact)


def decode_page(listing: Listing, body: bytes) -> Any:
    """The JSON value of an answer of status 2xx. Raises Malformed if it is not a page of that listing."""
    try:
        data = records.decode_answer(body, nested=listing.spec.rows == "selection")
    except records.Ambiguous as e:
        raise Malformed(str(e)) from None
    except records.BadBody as e:
        error = "not_json"
        if body.lstrip().startswith(b"<"):
            error = "html"
        raise Malformed(str(e), error) from None
    check_shape(listing, data)
    return data
