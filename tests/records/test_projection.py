"""The records of objects, as a user sees them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from sc_spiders import records
from sc_spiders.records import FIELDS, check, kind, kind_of

from .samples import COMMENT, MINI, NOW, PLAYLIST, PUBLIC_TRACK, SYSTEM_PLAYLIST, TRACK, USER, V2


def only(name: str, o: Any, api: str = "v2", **options: Any) -> dict[str, Any]:
    rows, rejected = kind(name, api).project([o], NOW, **options)
    assert rejected == []
    return rows[0]


def refused(name: str, o: Any, api: str = "v2") -> records.Rejected:
    rows, rejected = kind(name, api).project([o], NOW)
    assert rows == []
    return rejected[0]


@pytest.mark.parametrize("name", V2)
def test_rows_have_the_fields_in_order_and_keep_the_order_of_the_page(name: str) -> None:
    rows, rejected = kind(name, "v2").project([*V2[name], *V2[name]], NOW)
    assert rejected == []
    assert [row["id"] for row in rows] == [o["id"] for o in [*V2[name], *V2[name]]]
    assert {tuple(row) for row in rows} == {FIELDS[name]}


def test_an_object_is_not_changed() -> None:
    before = deepcopy(USER)
    only("user", USER, raw=True)
    assert before == USER


def test_nested_members_are_flattened() -> None:
    row = only("user", USER)
    assert row["badges_pro_unlimited"] is True
    assert row["creator_subscription_product_id"] == "free"
    assert row["visuals_visuals"][0]["urn"] == "soundcloud:visuals:5"
    row = only("track", TRACK)
    assert (row["publisher_metadata_artist"], row["publisher_metadata_isrc"]) == ("Mari", None)
    assert row["visuals_urn"] is None


def test_an_embedded_user_becomes_four_fields() -> None:
    row = only("track", TRACK)
    assert [row[f"user_{m}"] for m in ("id", "urn", "permalink", "username")] == [
        3_000_000_001,
        "soundcloud:users:3000000001",
        "mari",
        "Mari",
    ]


def test_id_and_urn_are_made_from_each_other() -> None:
    assert only("playlist", PLAYLIST)["urn"] == "soundcloud:playlists:77"
    row = only("track", PUBLIC_TRACK, "public")
    assert (row["id"], row["user_id"]) == (2_234_866_769, 3_000_000_001)
    row = only("comment", COMMENT)
    assert (row["urn"], row["track_urn"]) == ("soundcloud:comments:1900505365", "soundcloud:tracks:2234866769")


def test_a_system_playlist_is_a_playlist_with_a_string_for_an_id() -> None:
    row = only("playlist", SYSTEM_PLAYLIST)
    assert row["kind"] == "playlist"
    assert row["id"] == row["urn"] == SYSTEM_PLAYLIST["urn"]
    without = {name: value for name, value in SYSTEM_PLAYLIST.items() if name != "id"}
    assert only("playlist", without)["id"] == SYSTEM_PLAYLIST["urn"]


def test_the_public_api_has_v2s_names_and_dates() -> None:
    row = only("track", PUBLIC_TRACK, "public")
    assert row["likes_count"] == 0
    assert row["created_at"] == "2010-11-28T12:54:52Z"
    assert (row["api"], row["access"]) == ("public", "blocked")


def test_dates_in_another_form_are_converted_in_v2_too() -> None:
    row = only("track", TRACK | {"created_at": "2014/07/09 11:31:48 +0000", "release_date": "2014-07-09"})
    assert (row["created_at"], row["release_date"]) == ("2014-07-09T11:31:48Z", "2014-07-09")


@pytest.mark.parametrize(
    ("name", "o", "partial"),
    [("user", USER, False), ("user", MINI, True), ("track", TRACK, False), ("playlist", SYSTEM_PLAYLIST, False)],
)
def test_partial(name: str, o: dict[str, Any], partial: bool) -> None:
    assert only(name, o)["partial"] is partial
    assert kind(name, "v2").is_full(o) is not partial


def test_keys_of_ours_in_an_object_change_nothing() -> None:
    row = only("user", MINI | {"api": "x", "partial": "x", "fetched_at": 1, "plan": "x", "raw": 1, "badges_pro": "x"})
    assert (row["api"], row["partial"], row["fetched_at"], row["plan"], row["badges_pro"]) == (
        "v2",
        True,
        NOW,
        None,
        False,
    )
    assert tuple(row) == FIELDS["user"]


def test_raw_carries_the_object_without_secrets() -> None:
    row = only("track", TRACK, raw=True)
    assert row["raw"]["media"] == {"transcodings": []}
    assert not {"track_authorization", "secret_token"} & set(row["raw"])
    assert "date_of_birth" not in only("user", USER, raw=True)["raw"]


def test_share_tokens_go_out_of_addresses_and_stay_out_of_permalinks() -> None:
    row = only(
        "track",
        TRACK
        | {
            "permalink_url": "https://soundcloud.com/mari/laul/s-AbCd3",
            "uri": "https://api.soundcloud.com/tracks/1?secret_token=s-AbCd3",
            "description": "https://soundcloud.com/mari/sets/lood/s-AbCd3 and https://soundcloud.com/s-club-7",
        },
    )
    assert row["permalink_url"] == "https://soundcloud.com/mari/laul"
    assert row["uri"] == "https://api.soundcloud.com/tracks/1"
    assert row["description"] == "https://soundcloud.com/mari/sets/lood and https://soundcloud.com/s-club-7"


def test_lists_are_redacted() -> None:
    row = only("user", USER | {"creator_subscriptions": [{"product": {"id": "x", "secret_token": "s-AbCd3"}}]})
    assert row["creator_subscriptions"] == [{"product": {"id": "x"}}]


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("user", {"id": 0}, "id"),
        ("user", {"id": -5}, "id"),
        ("user", {"id": 2**63}, "id"),
        ("user", {"id": 1.5}, "id"),
        ("user", {"id": True}, "id"),
        ("user", {"id": None, "urn": None}, "id"),
        ("user", {"urn": "soundcloud:tracks:1"}, "urn"),
        ("user", {"urn": "soundcloud:users:1\n"}, "urn"),
        ("user", {"kind": "track"}, "kind"),
        ("user", {"kind": None}, "kind"),
        ("user", {"followers_count": "12 or so"}, "followers_count"),
        ("user", {"followers_count": -1}, "followers_count"),
        ("user", {"followers_count": 2**64}, "followers_count"),
        ("user", {"followers_count": float("nan")}, "followers_count"),
        ("user", {"followers_count": True}, "followers_count"),
        ("user", {"username": ["Mari"]}, "username"),
        ("user", {"description": "x" * 1_000_001}, "description"),
        ("user", {"created_at": "2025-02-31 10:00"}, "created_at"),
        ("user", {"created_at": "2025-13-01T00:00:00Z"}, "created_at"),
        ("user", {"created_at": "2025-09-16T01:23:36Z\n"}, "created_at"),
        ("user", {"permalink_url": "javascript:alert(1)"}, "permalink_url"),
        ("user", {"badges": {"pro": "yes"}}, "badges_pro"),
        ("user", {"visuals": {"visuals": {}}}, "visuals_visuals"),
        ("track", {"release_date": "2025"}, "release_date"),
        ("track", {"release_date": "2025-01-01\n"}, "release_date"),
        ("track", {"duration": 30000.5}, "duration"),
        ("track", {"user_id": "x"}, "user_id"),
        ("playlist", {"id": "soundcloud:users:77"}, "id"),
        ("user", {"id": "03000000001"}, "id"),
        ("user", {"id": "soundcloud:tracks:3000000001"}, "urn"),
        ("user", {"verified": 2}, "verified"),
        ("playlist", {"track_count": None, "title": {}}, "title"),
        ("comment", {"timestamp": "soon"}, "timestamp"),
        ("user", {"id": 9}, "urn"),
        ("selection", {"id": 5}, "urn"),
    ],
)
def test_nonsense_is_refused_with_its_reason(name: str, change: dict[str, Any], field: str) -> None:
    o = V2[name][0] | change
    rejected = refused(name, o)
    assert field in {reason["field"] for reason in rejected.reasons}
    assert all(reason["message"] for reason in rejected.reasons)
    assert rejected.kind == name
    assert records.redact(o).keys() == rejected.object.keys()


@pytest.mark.parametrize(
    ("name", "change", "field", "value"),
    [
        ("user", {"id": "3000000001"}, "id", 3_000_000_001),
        ("user", {"id": "3000000001", "urn": None}, "urn", "soundcloud:users:3000000001"),
        ("user", {"id": "soundcloud:users:3000000001"}, "id", 3_000_000_001),
        ("user", {"id": ""}, "id", 3_000_000_001),
        ("user", {"urn": ""}, "urn", "soundcloud:users:3000000001"),
        ("playlist", {"id": "77"}, "id", 77),
        ("playlist", {"id": "77", "urn": "soundcloud:playlists:77"}, "id", 77),
        ("playlist", {"id": "soundcloud:playlists:77"}, "id", 77),
        ("track", {"user_id": "3000000001"}, "user_id", 3_000_000_001),
        ("track", {"user_id": "3000000001"}, "user_urn", "soundcloud:users:3000000001"),
        ("track", {"duration": "200000"}, "duration", 200_000),
        ("track", {"duration": ""}, "duration", None),
        ("track", {"created_at": ""}, "created_at", None),
        ("track", {"title": 1999}, "title", "1999"),
        ("track", {"title": 19.5}, "title", "19.5"),
        ("user", {"verified": 1}, "verified", True),
        ("user", {"badges": {"pro": "false"}}, "badges_pro", False),
    ],
)
def test_what_can_be_read_for_what_it_is_is_read(name: str, change: dict[str, Any], field: str, value: Any) -> None:
    o = V2[name][0] | change
    row = only(name, o)
    assert (row[field], type(row[field])) == (value, type(value))
    assert kind(name, "v2").key(o) == row["id"]
    rows, rejected = kind(name, "v2").project([V2[name][0], o, V2[name][0]], NOW)
    assert rows == [rows[0], row, rows[0]]
    assert not rejected


def test_one_bad_object_costs_only_itself() -> None:
    page: list[Any] = [USER, None, MINI, MINI | {"id": "x"}, 5, [], "user", USER | {"city": {"a": []}}, MINI]
    rows, rejected = kind("user", "v2").project(page, NOW)
    assert [row["partial"] for row in rows] == [False, True, True]
    assert [type(one.object) for one in rejected] == [type(None), dict, int, list, str, dict]


def test_messages_are_jsonschemas_own() -> None:
    (reason,) = refused("user", MINI | {"followers_count": "many"}).reasons
    assert reason == {"field": "followers_count", "message": "'many' is not of type 'integer', 'null'"}


def test_no_secret_in_the_reasons() -> None:
    (reason,) = refused("user", MINI | {"city": {"secret_token": "s-AbCd3", "a": 1}}).reasons
    assert reason["message"] == "{'a': 1} is not of type 'string', 'null'"


@pytest.mark.parametrize("o", [{"id": 1.0}, {"urn": "soundcloud:users:1"}])
def test_ids_that_will_do(o: dict[str, Any]) -> None:
    row = only("user", o)
    assert row["id"] == kind("user", "v2").key(o) == 1
    assert type(row["id"]) is int


@pytest.mark.parametrize("o", [None, 5, [], {}, {"id": 0}, {"id": None}, {"id": True}, {"id": 2**63}, {"id": []}])
def test_no_key_for_what_has_no_id(o: Any) -> None:
    assert kind("user", "v2").key(o) is None


@pytest.mark.parametrize("name", ["object", "message", "activity", "oembed", "download", "edge"])
def test_no_key_for_kinds_without_ids(name: str) -> None:
    assert kind(name, "v2").key({"id": 5, "kind": "group"}) is None


def test_kind_of() -> None:
    assert kind_of(SYSTEM_PLAYLIST) == "playlist"
    others: list[Any] = [{"kind": "like"}, {"kind": []}, {}, None, [], "track"]
    assert [kind_of(o) for o in others] == [None] * 6


def test_subjects() -> None:
    row = only(
        "web_profile",
        {"network": "personal", "title": "", "url": "https://x", "username": None},
        subject="soundcloud:users:7",
    )
    assert (row["user_id"], row["user_urn"], row["network"]) == (7, "soundcloud:users:7", "personal")
    row = only("web_profile", {"service": "personal", "url": "https://x"}, "public", subject="soundcloud:users:7")
    assert row["network"] == "personal"
    assert only("download", {"redirectUri": "https://x"}, subject="soundcloud:tracks:7")["track_id"] == 7
    assert only("object", {"a": 1, "secret_token": 2}, subject="/x") == {
        "kind": "object",
        "fetched_at": NOW,
        "api": "v2",
        "path": "/x",
        "object": {"a": 1},
    }


def test_a_missing_user_of_a_message_gives_nulls() -> None:
    row = only("message", {"content": "Tere", "conversation_id": "1:2", "sent_at": "2020-01-01T00:00:00Z"})
    assert (row["sender_id"], row["sender_username"], row["content"]) == (None, None, "Tere")
    row = only("conversation", {"id": "1:2", "read": True, "users": [MINI, None], "last_message": {"sender": MINI}})
    assert row["users"] == [MINI, None]
    assert row["last_message_sender_username"] == "Mari"


EDGE: dict[str, Any] = dict.fromkeys(FIELDS["edge"]) | {
    "kind": "edge",
    "fetched_at": NOW,
    "api": "v2",
    "relation": "follows",
    "source": "soundcloud:users:1",
    "target": "soundcloud:users:2",
}


def test_rows_of_our_own_are_checked_and_converted() -> None:
    good, bad = check(
        "edge",
        [
            EDGE,
            EDGE | {"relation": "hates"},
            EDGE | {"created_at": 1_700_000_000_000, "caption": "https://soundcloud.com/a/b/s-AbCd3", "score": 0.5},
            EDGE | {"more": 1},
            {name: value for name, value in EDGE.items() if name != "target"},
        ],
    )
    assert [row["created_at"] for row in good] == [None, "2023-11-14T22:13:20Z"]
    assert good[1]["caption"] == "https://soundcloud.com/a/b"
    assert [[reason["field"] for reason in one.reasons] for one in bad] == [["relation"], ["more"], ["target"]]


def test_listings_and_crawls() -> None:
    listing: dict[str, Any] = dict.fromkeys(FIELDS["listing"]) | {
        "kind": "listing",
        "fetched_at": NOW,
        "api": "v2",
        "endpoint": "user_followers",
        "fetched": 1,
        "rejected": 0,
        "missing": [],
        "pages": 1,
        "complete": True,
        "ended": "end",
        "started_at": "2026-01-02T03:04:05.123456Z",
    }
    crawl: dict[str, Any] = dict.fromkeys(FIELDS["crawl"]) | {
        "kind": "crawl",
        "fetched_at": NOW,
        "api": "v2",
        "spider": "user",
        "arguments": {"user": "forss"},
        "versions": {"scrapy": "2.19.0"},
        "started_at": NOW,
        "counts": {"user": 1},
    }
    assert check("listing", [listing]) == ([listing], [])
    assert check("crawl", [crawl]) == ([crawl], [])
    assert check("listing", [listing | {"ended": "somehow"}])[1]
    assert check("crawl", [crawl | {"counts": {"user": -1}}])[1]
