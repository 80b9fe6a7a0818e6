"""All recorded objects become records with the recorded values."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sc_spiders import records
from sc_spiders.records import iso_date, strip
from tests import shared

from . import plain, recorded
from .samples import NOW

pytestmark = recorded.needed

# The API's kinds of recorded objects that get no record, and why. All others must get one: the forms of 2014 to 2019
# become records like today's.
NO_KIND = {
    "like": "a row of a list: an edge and the track or playlist in it",
    "trending": "the envelope of a chart",
    "group": "groups were retired in 2016; `resource` keeps them as `object`",
    "app": "only within uploads, which take its members as created_with_*",
    "tag": "a suggestion while somebody types: `resource` keeps them",
}

# Fields whose names differ from the API's, by kind. If the two APIs differ, v2's name.
RENAMED = {
    ("track", "favoritings_count"): "likes_count",
    ("user", "tracks_count"): "track_count",
    ("playlist", "type"): "set_type",
}
# Fields without a copy in the record: secrets, media and embedded tracks, and repetitions.
LEFT_OUT = {
    "track_authorization", "secret_token", "secret_uri", "date_of_birth", "media", "tracks", "self",
    "items.collection", "playlists", "created_with.kind",
}  # fmt: skip
EMBEDDED_USERS = {"user", "label", "made_for"}
EMBEDDED = dict.fromkeys(EMBEDDED_USERS, ("id", "urn", "permalink", "username")) | {"track": ("id", "urn")}
NESTED = EMBEDDED_USERS | {"visuals", "publisher_metadata", "created_with", "seed"}
FORBIDDEN = (b"REDACTED", b"secret_", b"track_authorization", b"date_of_birth", b"s-BgH5G", b"s-Kgy02")

CASES = list(recorded.known()) if shared.is_there else [("", "")]
each = pytest.mark.parametrize(("api", "kind"), CASES)


def _as_given(value: Any) -> Any:
    return strip(iso_date(value)) if isinstance(value, str) else value


def _values(kind: str, o: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """(field, value) of an object, for all fields that its record must have."""
    found = []
    for name, value in o.items():
        path = f"{before}{name}"
        if path in LEFT_OUT:
            continue
        if name in EMBEDDED and isinstance(value, dict):
            found += [(f"{name}_{member}", value[member]) for member in EMBEDDED[name] if member in value]
        elif isinstance(value, dict):
            found += _values(kind, value, f"{path}.")
        elif value is not None or name not in NESTED:
            found.append((RENAMED.get((kind, path), path.replace(".", "_")), value))
    return found


def test_every_kind_that_was_recorded_is_ours_or_listed() -> None:
    names = {
        o["kind"]
        for answer in recorded.answers()
        for o in recorded.objects(answer.data)
        if isinstance(o.get("kind"), str)
    }
    assert {name for name in names if not records.kind_of({"kind": name})} == set(NO_KIND)


@each
def test_nothing_is_rejected_and_every_value_is_as_recorded(api: str, kind: str) -> None:
    objects = recorded.known()[api, kind]
    rows, rejected = records.kind(kind, api).project(objects, NOW)
    assert rejected == []
    for o, row in zip(objects, rows, strict=True):
        assert tuple(row) == records.FIELDS[kind]
        for field, value in _values(kind, o):
            if field == "kind":
                assert records.kind_of({"kind": value}) == row["kind"] == kind
            elif kind == "track" and field == "likes_count" and "favoritings_count" in o and value != row[field]:
                assert row[field] == o["favoritings_count"]  # the object has both; v2 uses this one
            else:
                assert row[field] == _as_given(value), field


@each
def test_no_secret_in_any_record(api: str, kind: str) -> None:
    for o in recorded.known()[api, kind]:
        (row,), _ = records.kind(kind, api).project([o], NOW, raw=True)
        text = records.dumps(row)
        assert not any(word in text for word in FORBIDDEN), text


@each
def test_dates_are_iso_in_utc(api: str, kind: str) -> None:
    rows, _ = records.kind(kind, api).project(recorded.known()[api, kind], NOW)
    for row in rows:
        for field, value in row.items():
            if value and (field.endswith("_at") or field in ("last_modified", "display_date", "last_updated")):
                assert value[10] == "T", field
                assert value[-1] == "Z", field


@each
def test_the_fast_way_gives_what_the_plain_way_gives(api: str, kind: str) -> None:
    objects = recorded.known()[api, kind]
    rows, rejected = records.kind(kind, api).project(objects, NOW)
    expected, refused = plain.project(kind, api, objects, NOW)
    assert rows == expected
    assert not rejected
    assert not refused


@each
def test_id_urn_and_form_are_told_without_projecting(api: str, kind: str) -> None:
    k = records.kind(kind, api)
    objects = recorded.known()[api, kind]
    for o, row in zip(objects, k.project(objects, NOW)[0], strict=True):
        assert (k.key(o), k.urn(row["id"]), k.is_full(o)) == (row["id"], row["urn"], not row["partial"])


# Fields that only the full form of an object has: texts, dates, counts.
WHOLE: dict[tuple[str, str], set[str]] = {
    ("v2", "track"): {"created_at", "description", "genre", "playback_count", "likes_count", "comment_count"},
    ("public", "track"): {"created_at", "description", "genre", "tag_list", "license"},  # counts may be missing
    ("v2", "user"): {"description", "likes_count", "followings_count", "track_count", "created_at"},
    ("public", "user"): {"description", "followers_count", "followings_count", "track_count"},
    ("v2", "playlist"): {"description", "likes_count", "tracks"},
    ("public", "playlist"): {"description", "created_at", "track_count"},
    ("v2", "comment"): {"body", "created_at", "timestamp"},
    ("public", "comment"): {"body", "created_at", "timestamp"},
    ("v2", "selection"): {"title", "description", "style"},
}
FORMS = {("v2", "track"): 2, ("v2", "user"): 2, ("public", "user"): 2, ("v2", "playlist"): 2}


@each
def test_full_is_what_has_its_text_its_dates_and_its_counts(api: str, kind: str) -> None:
    forms = set()
    for o in recorded.known()[api, kind]:
        full = records.kind(kind, api).is_full(o)
        assert full == (o.keys() >= WHOLE[api, kind]), sorted(o)
        forms.add(full)
    assert len(forms) == FORMS.get((api, kind), 1)


ASKED_FOR_ITSELF = {"user", "track", "playlist", "system_playlist", "resolve", "me", "comment"}


def test_what_was_asked_for_by_itself_is_full() -> None:
    found = 0
    for answer in recorded.answers():
        if answer.endpoint in ASKED_FOR_ITSELF and (kind := records.kind_of(answer.data)):
            assert records.kind(kind, answer.api).is_full(answer.data), answer
            found += 1
    assert found > 30


def test_compact_tracks_are_partial() -> None:
    """Featured tracks, and the track in a user's comment, have a title and almost nothing else."""
    compact = [
        row["track"] if answer.endpoint == "user_comments" else row
        for answer in recorded.answers()
        if answer.api == "v2" and answer.endpoint in ("featured_tracks", "user_comments")
        for row in answer.data["collection"]
    ]
    rows, rejected = records.kind("track", "v2").project(compact, NOW)
    assert not rejected
    assert len(rows) > 4
    assert all(row["partial"] and row["title"] and row["playback_count"] is None for row in rows)


def test_drift_finds_nothing_new_in_what_was_recorded() -> None:
    drifts = {api: records.Drift(api) for api in records.APIS}
    for (api, kind), objects in recorded.known().items():
        records.kind(kind, api).project(objects, NOW, drift=drifts[api])
    assert [drift.report() for drift in drifts.values()] == [{}, {}]


def test_activities_and_oembeds() -> None:
    seen = {"activity": 0, "oembed": 0}
    for answer in recorded.answers():
        if answer.endpoint == "me_activities":
            kind, objects = "activity", answer.data["collection"]
        elif answer.endpoint == "oembed":
            kind, objects = "oembed", [answer.data]
        else:
            continue
        rows, rejected = records.kind(kind, "public").project(objects, NOW)
        assert rejected == []
        seen[kind] += len(rows)
        for o, row in zip(objects, rows, strict=True):
            assert all(row[name] == _as_given(o[name]) for name in row if name in o)
            assert row.get("origin_id") == o.get("origin", {}).get("id")
    assert all(seen.values())


def test_unknown_objects_are_kept_whole() -> None:
    for answer in recorded.answers():
        groups = [o for o in recorded.objects(answer.data) if o.get("kind") in ("group", "app")]
        rows, rejected = records.kind("object", answer.api).project(groups, NOW, subject="/groups")
        assert rejected == []
        assert [orjson.dumps(row["object"]) for row in rows] == [orjson.dumps(records.redact(o)) for o in groups]
