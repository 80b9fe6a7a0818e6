from __future__ import annotations

from collections.abc import Iterator

import pytest

from sc_spiders.records import drift, kind, reset_drift

from .samples import MINI, NOW, PUBLIC_TRACK, TRACK, USER


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    reset_drift()
    yield
    reset_drift()


def test_nothing_seen_nothing_told() -> None:
    assert drift("v2") == {}


def test_new_keys_are_counted_nested_ones_too() -> None:
    new = USER | {"mood": "calm", "badges": USER["badges"] | {"gold": True}}
    kind("user", "v2").project([new, new, USER], NOW)
    kind("user", "v2").project([MINI | {"mood": None}], NOW)
    assert drift("v2") == {"user": {"unknown": {"mood": 3, "badges.gold": 2}, "absent": []}}


def test_keys_that_are_gone_are_named_once_a_full_object_was_seen() -> None:
    less = {name: value for name, value in USER.items() if name not in ("city", "reposts_count")}
    kind("user", "v2").project([MINI], NOW)
    assert drift("v2") == {}
    kind("user", "v2").project([less], NOW)
    assert drift("v2") == {"user": {"unknown": {}, "absent": ["reposts_count"]}}
    kind("user", "v2").project([USER], NOW)
    assert drift("v2") == {}


def test_what_is_left_out_on_purpose_is_no_drift() -> None:
    kind("track", "v2").project([TRACK | {"user": MINI | {"more": 1}}], NOW)
    assert drift("v2")["track"]["unknown"] == {}


def test_apis_are_kept_apart() -> None:
    kind("track", "public").project([PUBLIC_TRACK | {"mood": 1}], NOW)
    assert drift("v2") == {}
    assert drift("public")["track"]["unknown"] == {"mood": 1}


def test_refused_objects_count_too() -> None:
    kind("user", "v2").project([{"id": "x", "mood": 1}, 5], NOW)
    assert drift("v2")["user"]["unknown"]["mood"] >= 1


def test_made_up_keys_do_not_fill_the_memory() -> None:
    user = kind("user", "v2")
    user.project([{"id": 1, f"key{n}": n, "badges": {f"key{n}": n}} for n in range(20_000)], NOW)
    assert len(user.projection.shapes) <= 10_000
    assert all(len(counts) <= 10_000 for counts in user.projection.nested.values())
    assert len(drift("v2")["user"]["unknown"]) <= 20_000
