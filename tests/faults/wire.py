"""Strategies of hypothesis for answers: JSON values, and bytes on the wire."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.records.samples import COMMENT, MINI, PLAYLIST, SELECTION, SYSTEM_PLAYLIST, TRACK, USER
from tests.support.examples import any_text

HUGE = "@1e999@"  # replaced on the wire by a number that is too large for a float
NAN, INFINITY = float("nan"), float("inf")

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, -1, 1.0, 1.5, -0.0, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, -(10**30), NAN, INFINITY,
        -INFINITY, HUGE, "", "x", "\x00", "x\n2026-11-25 00:00:00 ERROR: a lie", "\x1b[31m", "\ud800", "a\udfffb",
        "user", "track", "playlist", "soundcloud:users:1", "soundcloud:users:\ud800", "soundcloud:tracks:-1",
        "2026/11/21 00:00:00 +0000", "x" * 20_000, [], {}, [[]], [{}], {"\ud800": NAN}, ["\ud800"],
    ]
)  # fmt: skip
SCALARS = ODD | st.integers(-(2**66), 2**66) | st.floats() | any_text(max_size=12)
NAMES = st.sampled_from(
    [
        "id", "urn", "kind", "collection", "next_href", "next_partition_href", "total_results", "tracks", "track_count",
        "user", "track", "playlist", "created_at", "title", "username", "type", "errors", "data", "badges", "score",
        "self", "comment", "reposter", "origin", "followings_count", "playlists", "items", "query_urn", "last_updated",
        "a\ud800b", "\n", "",
    ]
) | any_text(max_size=4)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)
HREFS = st.one_of(
    st.none(),
    st.sampled_from([NAN, INFINITY, HUGE, 0, False, 10**30, [], {}, [""], "", "\ud800", "?cursor=\ud800", "?cursor=5"]),
    ODD | any_text(max_size=20),
    st.sampled_from(
        [
            "https://api-v2.soundcloud.com/users/1/likes?cursor=5&client_id=secret",
            "https://api-v2.soundcloud.com:444/x", "http://api-v2.soundcloud.com/x", "//evil.example/", "https://[",
            "https://user@api-v2.soundcloud.com/", "https://api.soundcloud.com/collection?cursor=1", "", "?", "\x00",
            "https://api-v2.soundcloud.com.evil.example/", "?cursor=5", "?cursor=\ud800",
        ]
    ),
)  # fmt: skip

_REAL: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [USER, MINI, TRACK, PLAYLIST["tracks"][0], PLAYLIST, SYSTEM_PLAYLIST, COMMENT, SELECTION]
)
OBJECTS = st.builds(
    lambda whole, odd, name, value, ids: {**whole, **({name: value} if name in whole else {}), **odd, **ids},
    _REAL,
    st.dictionaries(st.sampled_from(["a\ud800b", "\n", ""]) | NAMES, ODD, max_size=1),
    st.sampled_from(sorted({name for whole in (USER, TRACK, PLAYLIST, COMMENT, SELECTION) for name in whole})),
    ODD,
    st.just({}) | st.builds(lambda number: {"id": number, "urn": None}, st.integers(1, 4)),
)
"""Objects as the API gives them, with an odd value and an odd key here and there."""

ROWS = st.one_of(
    OBJECTS,
    JSON,
    st.builds(
        lambda name, held, more: {name: held, **more},
        st.sampled_from(["track", "playlist", "origin", "user"]),
        OBJECTS | ODD,
        st.dictionaries(
            st.sampled_from(["kind", "type", "created_at", "caption", "score", "played_at", "track_id", "user", "new"]),
            ODD | st.sampled_from(["like", "track-repost", "playlist", MINI]),
            max_size=3,
        ),
    ),
)
PAGES = st.builds(
    lambda page, odd: {**odd, **page},
    st.fixed_dictionaries(
        {"collection": st.lists(ROWS, max_size=4), "next_href": HREFS},
        optional={"next_partition_href": HREFS, "total_results": ODD, "query_urn": ODD, "last_updated": ODD},
    ),
    st.dictionaries(NAMES, ODD, max_size=1),
)  # fmt: skip
ANSWERS = PAGES | PAGES | OBJECTS | JSON | st.lists(OBJECTS, max_size=4)
MARKS = st.sampled_from([b"", b"", b"\xef\xbb\xbf"])


def wire(data: Any, mark: bytes = b"") -> bytes:
    """The bytes of a JSON value, or of something that parsers accept as one."""
    return mark + json.dumps(data).replace(f'"{HUGE}"', "1e999").encode()
