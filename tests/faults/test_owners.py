"""A comment on another track or by another user is no row of this list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import http

from .lists import COMMENT, Lists

CASES = [
    ("track_comments", "v2", {"track": 5}, "/tracks/5/comments", "track_id", 5),
    ("track", "public", {"track": 5, "include": "comments"}, "/tracks/soundcloud:tracks:5/comments", "track_id", 5),
    ("user", "v2", {"user": 1, "include": "comments"}, "/users/1/comments", "user_id", 1),
]


@pytest.mark.parametrize(("spider", "api", "given", "path", "field", "own"), CASES, ids=[one[0] for one in CASES])
def test_comments_of_others_are_rejected(
    spider: str, api: str, given: dict[str, Any], path: str, field: str, own: int, tmp_path: Path
) -> None:
    said = [own, own + 90, None, own]
    rows = [{**COMMENT, "id": at, "urn": f"soundcloud:comments:{at}", field: one} for at, one in enumerate(said, 1)]
    answers = {path: http(200, {"collection": rows, "next_href": None})}
    found = Lists(api, lambda path, turn: http(404, {}), answers=answers).crawl(spider, tmp_path, **given)

    (listing,) = [one for one in found.records("listing") if one["endpoint"].endswith("_comments")]
    assert {row["id"] for row in found.records("comment")} == {1, 3, 4}
    assert (listing["fetched"], listing["rejected"], listing["complete"]) == (3, 1, False)
