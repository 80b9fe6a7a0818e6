"""Reactions of comments: the request can be made for any comment, and any answer gives rows."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sc_spiders.pages import reactions
from sc_spiders.pages.listing import Listing

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


def test_reactions_go_to_the_comments_that_they_name() -> None:
    rows = [{"urn": f"soundcloud:comments:{number}"} for number in (1, 2)]
    (listing,) = reactions.questions(rows, "soundcloud:tracks:1", None, 0)
    told = [{"targetUrn": row["urn"], "userInteraction": LIKE if row is rows[1] else None} for row in reversed(rows)]
    data = {"data": {"user": told, "creator": told}}

    assert reactions.fits(listing, data)
    assert [row["liked_by_user"] for row in reactions.fill(listing, data)] == [False, True]


@pytest.mark.parametrize("names", [["1", "3"], ["1", "1"], ["3", "4"], ["1", None]])
def test_reactions_to_other_comments_are_no_answer(names: list[str | None]) -> None:
    (listing,) = reactions.questions(
        [{"urn": "soundcloud:comments:1"}, {"urn": "soundcloud:comments:2"}], "soundcloud:tracks:1", None, 0
    )
    told = [{"targetUrn": name and f"soundcloud:comments:{name}"} for name in names]

    assert not reactions.fits(listing, {"data": {"user": told, "creator": told}})
