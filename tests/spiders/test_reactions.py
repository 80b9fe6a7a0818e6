"""Reactions are what the API says of comments: whatever it says, the question can be asked and the rows be written."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sc_spiders import reactions
from sc_spiders.listing import Listing

LIKE = "sc:interactiontypevalue:like"


@pytest.mark.parametrize("owner", [None, "\ud800", {"a": "\ud800"}, 10**30, float("nan"), "soundcloud:users:1"])
def test_a_question_can_be_kept_and_asked(owner: Any) -> None:
    (listing,) = reactions.questions([{"urn": "soundcloud:comments:1"}], "soundcloud:tracks:1", owner, 0)
    asked = orjson.loads(reactions.question(Listing.loads(listing.dumps()))["body"])

    assert asked["variables"]["createdByProfileUrn"] == (owner if owner == "soundcloud:users:1" else None)


@pytest.mark.parametrize(("count", "likes"), [(3, 3), (-1, None), (10**30, None), (True, None), ("3", None)])
def test_likes_are_a_count_or_unknown(count: Any, likes: int | None) -> None:
    (listing,) = reactions.questions([{"urn": "soundcloud:comments:1"}], "soundcloud:tracks:1", None, 0)
    said = {"interactionCounts": [{"count": count, "interactionTypeValueUrn": LIKE}], "userInteraction": LIKE}
    data = {"data": {"user": [said], "creator": [said]}}

    assert reactions.fits(listing, data)
    assert reactions.fill(listing, data)[0]["likes_count"] == likes
