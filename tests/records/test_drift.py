from __future__ import annotations

import orjson
import pytest

from sc_spiders.pages.envelope import PAGE, ROWS, notice
from sc_spiders.pages.listing import Listing
from sc_spiders.records import Drift, kind
from sc_spiders.records.kind_drift import OTHERS

from . import recorded
from .samples import MINI, NOW, PUBLIC_TRACK, TRACK, USER


@pytest.fixture
def drift() -> Drift:
    return Drift("v2")


def test_nothing_seen_nothing_told(drift: Drift) -> None:
    assert drift.report() == {}


def test_new_keys_are_counted_nested_ones_too(drift: Drift) -> None:
    new = USER | {"mood": "calm", "badges": USER["badges"] | {"gold": True}}
    kind("user", "v2").project([new, new, USER], NOW, drift=drift)
    kind("user", "v2").project([MINI | {"mood": None}], NOW, drift=drift)
    assert drift.report() == {"user": {"unknown": {"mood": 3, "badges.gold": 2}, "absent": []}}


def test_keys_that_are_gone_are_named_once_a_full_object_was_seen(drift: Drift) -> None:
    less = {name: value for name, value in USER.items() if name not in ("city", "reposts_count")}
    kind("user", "v2").project([MINI], NOW, drift=drift)
    assert drift.report() == {}
    kind("user", "v2").project([less], NOW, drift=drift)
    assert drift.report() == {"user": {"unknown": {}, "absent": ["reposts_count"]}}
    kind("user", "v2").project([USER], NOW, drift=drift)
    assert drift.report() == {}


def test_what_is_left_out_on_purpose_is_no_drift(drift: Drift) -> None:
    kind("track", "v2").project([TRACK | {"user": MINI | {"more": 1}}], NOW, drift=drift)
    assert drift.report()["track"]["unknown"] == {}


def test_crawls_and_apis_are_kept_apart(drift: Drift) -> None:
    public = Drift("public")
    kind("track", "public").project([PUBLIC_TRACK | {"mood": 1}], NOW, drift=public)
    assert drift.report() == {}
    assert public.report()["track"]["unknown"] == {"mood": 1}


def test_refused_objects_count_too(drift: Drift) -> None:
    kind("user", "v2").project([{"id": "x", "mood": 1}, 5], NOW, drift=drift)
    assert drift.report()["user"]["unknown"]["mood"] >= 1


def test_made_up_keys_do_not_fill_the_memory(drift: Drift) -> None:
    user = kind("user", "v2")
    user.project([{"id": 1, f"key{n}": n, "badges": {f"key{n}": n}} for n in range(20_000)], NOW, drift=drift)
    observer = drift.observers["user"]
    assert all(len(shapes) <= 1000 for shapes in (observer.shapes, *observer.nested))
    unknown = drift.report()["user"]["unknown"]
    assert len(unknown) <= 101
    assert unknown.pop(OTHERS) + sum(unknown.values()) >= 20_000


def test_all_objects_count_however_many_shapes_there_are(drift: Drift) -> None:
    user = kind("user", "v2")
    user.project([{"id": 1, "mood": 1, f"key{n}": n} for n in range(2000)], NOW, drift=drift)
    assert drift.report()["user"]["unknown"]["mood"] == 2000


def test_names_are_told_as_they_can_be_shown(drift: Drift) -> None:
    """The API chooses names of fields: with line ends, terminal controls or surrogates, or very long ones."""
    names = ["x\n2026-11-25 00:00:00 ERROR: a lie", "\x1b[31mred", "a\ud800b", "\u202eright", "k" * 200_000, "", "\0"]
    kind("user", "v2").project([{"id": 1} | dict.fromkeys(names, 1)], NOW, drift=drift)
    kind("user", "v2").project([{"id": 1, "badges": dict.fromkeys(names, 1)}], NOW, drift=drift)
    told = drift.report()["user"]["unknown"]
    assert len(told) == 2 * len(names)
    assert all(name.isprintable() and len(name) <= 100 for name in told)
    assert {r"x\n2026-11-25 00:00:00 ERROR: a lie", r"\x1b[31mred", r"a\ud800b", r"badges.a\ud800b"} <= set(told)


def test_what_was_kept_is_gone_on_with(drift: Drift) -> None:
    new = USER | {"mood": "calm", "\ud800": 1}
    kind("user", "v2").project([new, USER], NOW, drift=drift)
    kept = drift.changes()
    assert kept
    assert drift.changes() is None
    other = Drift("v2")
    other.restore(orjson.loads(orjson.dumps(kept)))
    assert other.report() == drift.report()
    kind("user", "v2").project([new], NOW, drift=other)
    assert other.changes()
    assert other.report()["user"]["unknown"] == {"mood": 2, r"\ud800": 2}


def test_pages_and_rows_are_looked_at_too(drift: Drift) -> None:
    listing = Listing("user_likes", "soundcloud:users:1", "")
    rows = [{"kind": "like", "track": TRACK, "created_at": NOW, "new": 1}, {"kind": "like", "playlist": {}}, 5]
    notice(listing, {"collection": rows, "next_href": None, "new\n": 1}, rows, drift)
    notice(listing, [TRACK], [TRACK], drift)
    assert drift.report() == {
        "page": {"unknown": {r"new\n": 1}, "absent": []},
        "row": {"unknown": {"like.new": 1}, "absent": []},
    }


@recorded.needed
def test_nothing_around_recorded_objects_is_unknown() -> None:
    """All row types that are no objects themselves are known."""
    pages = [
        (answer.api, o)
        for answer in recorded.answers()
        for o in recorded.objects(answer.data)
        if isinstance(o.get("collection"), list) and "id" not in o
    ]
    assert len(pages) > 80
    assert {key for _, page in pages for key in page} <= PAGE
    rows = [row for _, page in pages for row in page["collection"] if {"track", "playlist", "track_id"} & row.keys()]
    rows = [row for row in rows if row.get("kind") != "comment"]
    assert {how for row in rows for how, keys in ROWS.items() if row.keys() <= keys} == {"like", "stream", "chart"}
    assert all(any(row.keys() <= keys for keys in ROWS.values()) for row in rows)
