"""Filters of searches are also checked on the rows, because the API has ignored some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.report.names import called
from tests.support.answers import http
from tests.support.crawl import Crawl, Record, crawl
from tests.support.server import Server

TODAY = datetime.now(UTC)


def ago(**time: float) -> str:
    return (TODAY - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def slashed(**time: float) -> str:
    return (TODAY - timedelta(**time)).strftime("%Y/%m/%d %H:%M:%S +0000")


FITS: list[tuple[str, str, list[Record]]] = [
    ("created", "last_hour", [{"created_at": ago(minutes=50)}, {"created_at": None}]),
    ("created", "last_day", [{"created_at": ago(hours=23)}]),
    ("created", "last_month", [{"created_at": ago(days=30)}]),
    ("created", "last_year", [{"created_at": slashed(days=365)}]),
    ("duration", "short", [{"duration": 120_000}, {"duration": None}]),
    ("duration", "epic", [{"duration": 30_000, "full_duration": 1_800_000}]),
    ("license", "to_share", [{"license": "cc-by-nc-nd"}, {"license": "no-rights-reserved"}, {"license": None}]),
    ("license", "to_use_commercially", [{"license": "cc-by-nd"}]),
    ("license", "to_modify_commercially", [{"license": "cc-by-sa"}]),
    ("genre", "deep house", [{"genre": "Deep House"}, {"genre": "deephouse"}, {"genre": "", "tag_list": ""}]),
    ("genre", "techno", [{"genre": "Dance", "tag_list": '"Hard Techno" Berlin'}]),
]
DOES_NOT: list[tuple[str, str, list[Record]]] = [
    ("created", "last_hour", [{"created_at": ago(minutes=5)}, {"created_at": ago(hours=3)}]),
    ("created", "last_day", [{"created_at": "2014-05-05T12:00:00Z"}]),
    ("created", "last_week", [{"created_at": slashed(days=10)}]),
    ("created", "last_month", [{"created_at": ago(days=60)}]),
    ("created", "last_year", [{"created_at": ago(days=500)}]),
    ("duration", "short", [{"duration": 100_000}, {"duration": 200_000}]),
    ("duration", "medium", [{"duration": 100_000}]),
    ("duration", "long", [{"duration": 30_000, "full_duration": 200_000}]),
    ("duration", "epic", [{"duration": 600_000}]),
    ("license", "to_share", [{"license": "all-rights-reserved"}]),
    ("license", "to_use_commercially", [{"license": "cc-by-nc"}]),
    ("license", "to_modify_commercially", [{"license": "cc-by-nd"}]),
    ("genre", "techno", [{"genre": "Techno"}, {"genre": "Podcast", "tag_list": "talk"}]),
]


def search(folder: Path, pages: list[list[Record]], *, api: str = "v2", type: str = "tracks", **given: Any) -> Crawl:
    kind = {"tracks": "track", "users": "user", "playlists": "playlist", "albums": "playlist"}[type]
    number = 0

    def script(path: str, turn: int) -> bytes | None:
        nonlocal number
        if path == "/oauth/token":
            return http(200, {"access_token": "x", "expires_in": 3600})
        rows = []
        for row in pages[turn - 1]:
            number += 1
            rows.append({"kind": kind, "id": number, "urn": f"soundcloud:{kind}s:{number}", **row})
        href = f"?page={turn + 1}" if turn < len(pages) else None
        return http(200, {"collection": rows, "next_href": href})

    with Server(script) as server:
        urls = {**server.settings, "SC_PUBLIC_URL": server.url, "SC_TOKEN_URL": server.url + "/oauth/token"}
        return crawl(
            "search", folder, settings={**urls, "SC_API": api, "SC_CLIENT_SECRET": "b" * 32}, q="x", type=type, **given
        )


@pytest.mark.parametrize(("name", "value", "rows"), FITS, ids=[f"{one[0]}-{one[1]}" for one in FITS])
def test_what_fits_is_complete(tmp_path: Path, name: str, value: str, rows: list[Record]) -> None:
    (listing,) = search(tmp_path, [rows], **{name: value}).records("listing")

    assert (listing["ended"], listing["error"], listing["complete"]) == ("end", None, True)


@pytest.mark.parametrize(("name", "value", "rows"), DOES_NOT, ids=[f"{one[0]}-{one[1]}" for one in DOES_NOT])
def test_a_filter_that_is_ignored_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, value: str, rows: list[Record]
) -> None:
    found = search(tmp_path, [rows, [{}], rows], **{name: value})

    (listing,) = found.records("listing")
    assert (listing["ended"], listing["error"], listing["complete"]) == ("error", f"filter_ignored: {name}", False)
    assert listing["subject"] == f"search:tracks:x?{name}={value}"
    assert (listing["pages"], len(found.edges("finds")), found.code) == (3, 2 * len(rows) + 1, 1)
    assert caplog.text.count(f"the API ignores the filter {name}: ") == 1  # with pseudonyms, a place is in no log


def test_a_filter_that_is_ignored_up_to_a_limit_is_told(tmp_path: Path) -> None:
    rows = [{"created_at": "2014-05-05T12:00:00Z"}] * 5
    (listing,) = search(tmp_path, [rows], created="last_day", limit=3).records("listing")

    assert (listing["ended"], listing["error"], listing["fetched"]) == ("error", "filter_ignored: created", 3)


@pytest.mark.parametrize(
    ("value", "rows", "ignored"),
    [
        ("Berlin", [{"city": "Berlin", "country_code": "DE"}, {"city": "berlin mitte", "country_code": "DE"}], False),
        ("Germany", [{"city": "Berlin", "country_code": "DE"}, {"city": "Bonn", "country_code": "DE"}], False),
        ("Berlin", [{"city": None, "country_code": "US"}, {"city": "Berlin", "country_code": "DE"}], False),
        ("Berlin", [{"city": "Berlin", "country_code": "DE"}, {"city": "London", "country_code": "GB"}], True),
    ],
)
def test_a_place_is_looked_after_where_it_can_be(tmp_path: Path, value: str, rows: list[Record], ignored: bool) -> None:
    (listing,) = search(tmp_path, [rows], type="users", place=value).records("listing")

    assert (listing["error"] == "filter_ignored: place") is ignored
    assert listing["complete"] is not ignored


def test_the_public_api_is_looked_after_too(tmp_path: Path) -> None:
    found = search(tmp_path, [[{"created_at": "2014/05/05 12:00:00 +0000"}]], api="public", created="last_day")

    assert found.records("listing")[0]["error"] == "filter_ignored: created"


def test_filters_belong_to_the_subject(tmp_path: Path) -> None:
    rows = [{"genre": "r&b", "duration": 60_000}]
    found = search(tmp_path, [rows], genre="r&b", duration="short")

    subject = "search:tracks:x?duration=short&genre=r%26b"
    assert found.records("listing")[0]["subject"] == subject
    assert {edge["source"] for edge in found.edges("finds")} == {subject}
    assert called(subject) == "Search for “x” (tracks, duration short, genre r&b)"
    assert called("search:all:who?") == "Search for “who?”"


def test_a_filter_given_as_a_parameter_is_one_too(tmp_path: Path) -> None:
    given = {"params": "filter.created_at=last_day&filter.new=x&facet=genre"}
    found = search(tmp_path, [[{"created_at": "2014-05-05T12:00:00Z"}]], **given)

    subject = "search:tracks:x?created=last_day&filter.new=x"
    (listing,) = found.records("listing")
    assert (listing["subject"], listing["error"]) == (subject, "filter_ignored: created")
    assert {edge["source"] for edge in found.edges("finds")} == {subject}
    assert called(subject) == "Search for “x” (tracks, created last_day, filter.new x)"


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({}, True),
        ({"kind": None, "genre": None}, True),
        ({"kind": "trending", "genre": "soundcloud:genres:techno"}, True),
        ({"kind": "top", "genre": "soundcloud:genres:techno"}, False),
        ({"kind": "trending", "genre": "soundcloud:genres:all-music"}, False),
        ({"genre": "soundcloud:genres:house"}, False),
        ({"kind": ["top"]}, False),
    ],
)
def test_a_chart_of_another_kind_or_genre_is_no_answer(tmp_path: Path, said: Record, right: bool) -> None:
    rows = [{"track": {"kind": "track", "id": 5, "urn": "soundcloud:tracks:5"}, "score": 1.0}]

    def script(path: str, turn: int) -> bytes | None:
        return http(200, {"collection": rows, "next_href": None, **said})

    with Server(script) as server:
        settings = {"FAULTS_FIRST_WAIT": 0.002}
        found = crawl("charts", tmp_path, settings={**server.settings, **settings}, kind="trending", genre="techno")

    listing = found.listing("charts")
    assert (listing["ended"], listing["error"]) == (("end", None) if right else ("error", "malformed"))
    assert len(found.edges("ranks")) == right
    assert found.code == (not right)
