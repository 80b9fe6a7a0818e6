"""Whatever an answer is: records, rejections, or a named fault. Never an exception, never an end that is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy.settings import Settings

from sc_spiders.endpoints import APIS, CATALOGUE, Endpoint
from sc_spiders.faults import LONGEST_WAIT, Do, asked_wait, backoff, judge, wait_for
from sc_spiders.frontier.seen import Seen
from sc_spiders.frontier.stubs import Stubs
from sc_spiders.hosts import Hosts
from sc_spiders.listing import Listing, first_page
from sc_spiders.walk import Walker

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MOMENT = "2026-11-21T00:00:00Z"
HOSTS = Hosts.from_settings(Settings())

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        [2**53, 2**63, -1, 0, "user", "track", "playlist", "soundcloud:users:1", "2026/11/21 00:00:00 +0000"]
    )
)
NAMES = st.sampled_from(
    [
        "id", "urn", "kind", "collection", "next_href", "next_partition_href", "total_results", "tracks", "track_count",
        "user", "track", "playlist", "created_at", "title", "username", "type", "errors", "data", "badges", "score",
        "self", "comment", "reposter", "origin", "followings_count", "playlists", "items", "query_urn",
    ]
) | st.text(max_size=4)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)
HREFS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(0, 99),
    st.sampled_from([0, 0.0, False, True, [], {}, [""], "", "?"]),
    st.sampled_from(
        [
            "https://api-v2.soundcloud.com/users/1/likes?cursor=5&client_id=secret",
            "https://api-v2.soundcloud.com:444/x", "http://api-v2.soundcloud.com/x", "//evil.example/", "https://[",
            "https://user@api-v2.soundcloud.com/", "https://api.soundcloud.com/collection?cursor=1", "", "?", "\x00",
            "https://api-v2.soundcloud.com.evil.example/",
        ]
    ),
)  # fmt: skip
PAGES = st.fixed_dictionaries({"collection": st.lists(JSON, max_size=4)}, optional={"next_href": HREFS}) | (
    st.fixed_dictionaries({"collection": st.lists(JSON, max_size=2), "next_partition_href": HREFS})
)
# An error's own words with status 200: alone, or in a page.
ERRORS = st.builds(
    lambda page, error: {**page, **error},
    st.just({}) | PAGES | st.just({"id": 1, "kind": "user", "next_href": None}),
    st.sampled_from(
        [
            {"errors": [{"error_message": "500 - Internal Server Error"}]}, {"error": "Rate Limit Exceeded"},
            {"code": 503, "message": "", "errors": []},
        ]
    ),
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "location", "content-type", "x-datadome", "server"]),
    st.text(max_size=30)
    | st.integers().map(str)
    | st.sampled_from(["9" * 400, "Sat, 21 Nov 2026 00:01:00 GMT", "Wed"]),
    max_size=4,
)
LISTED = [(endpoint, api) for endpoint in CATALOGUE.values() for api in APIS if endpoint.path(api)]


def listing_of(endpoint: Endpoint, api: str) -> Listing:
    path: dict[str, Any] = dict.fromkeys(endpoint.arguments(api), "1")
    url, kept = first_page(endpoint, api, **path)
    extra: dict[str, Any] = {"ids": [1, 2], "playlist": 0} if endpoint.shape == "batch" else {}
    if endpoint.shape == "reactions":
        extra = {"rows": [], "urns": []}
    return Listing(endpoint.name, "soundcloud:users:1", url, kept, id=1, extra=extra)


@given(st.sampled_from(LISTED), st.integers(100, 599), HEADERS, st.binary(max_size=200) | JSON.map(orjson.dumps))
@settings(max_examples=300, deadline=None)
def test_every_answer_has_a_verdict(where: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    verdict = judge(listing_of(*where), status, headers, body, NOW)

    assert verdict.do in Do
    if verdict.do is Do.READ:
        assert 200 <= status < 300
    elif verdict.do is not Do.FOLLOW:
        assert verdict.ended != "end"
        assert verdict.error or verdict.ended in {"forbidden", "not_found", "credentials"}
    assert verdict.wait is None or 0 <= verdict.wait < 400 * 86_400


@pytest.mark.parametrize(("endpoint", "api"), LISTED, ids=[f"{endpoint.name}-{api}" for endpoint, api in LISTED])
def test_every_page_gives_records_rejections_or_a_named_fault(endpoint: Endpoint, api: Any) -> None:
    @given(JSON | PAGES)
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def check(data: Any) -> None:
        listing = listing_of(endpoint, api)
        verdict = judge(listing, 200, {}, orjson.dumps(data), NOW)
        if verdict.do is not Do.READ:
            assert verdict.error in {"malformed", "not_json", "html", "empty"}
            return
        seen = Seen()
        walker = Walker(api, HOSTS, seen, Stubs(seen), lambda *_: [], max_empty=5, raw=False, both_ways=frozenset())
        page = walker.page(listing, verdict.data, MOMENT)
        for kind, rows in page.rows.items():
            assert all(isinstance(row, dict) and row.get("kind") for row in rows), kind
            assert all(row["reasons"] for row in rows if kind == "rejected")
        if listing.ended is None and not listing.waiting:
            assert HOSTS.api_of(HOSTS.url(api, listing.url)) == api
            assert "client_id" not in listing.url
        if isinstance(data, dict) and api in endpoint.follow and endpoint.shape == "list":
            hrefs = (data.get("next_href"), data.get("next_partition_href"))
            assert listing.ended != "end" or all(href is None for href in hrefs)

    check()


@given(st.sampled_from([where for where in LISTED if where[0].shape != "reactions"]), ERRORS)
def test_an_error_with_status_200_is_no_page(where: Any, data: Any) -> None:
    verdict = judge(listing_of(*where), 200, {}, orjson.dumps(data), NOW)

    assert (verdict.do, verdict.error) == (Do.RETRY, "malformed")


@pytest.mark.parametrize(
    "href", ["?cursor=5", "/users/1/followings?cursor=5", "//api-v2.soundcloud.com/users/1/followings?cursor=5"]
)
def test_a_next_page_may_be_relative_to_its_page(href: str) -> None:
    listing = listing_of(CATALOGUE["followings"], "v2")
    seen = Seen()
    walker = Walker("v2", HOSTS, seen, Stubs(seen), lambda *_: [], max_empty=5, raw=False, both_ways=frozenset())
    walker.page(listing, {"collection": [], "next_href": href}, MOMENT)

    assert listing.url.startswith("/users/1/followings?cursor=5")


@given(HEADERS, st.binary(max_size=100))
def test_a_wait_is_a_number_of_seconds_or_none(headers: dict[str, str], body: bytes) -> None:
    wait = asked_wait(headers, b'{"reset_time": "' + body + b'"}', NOW)

    assert wait is None or wait >= 0


@given(st.integers(1, 100_000))
def test_waits_grow_and_are_bounded(attempt: int) -> None:
    with patch("random.uniform", lambda low, high: high):
        most = backoff(attempt)
    with patch("random.uniform", lambda low, high: low):
        least = backoff(attempt)

    assert least <= most <= LONGEST_WAIT
    assert most <= 1.25 * 2 ** min(attempt, 60)
    assert least >= min(0.75 * 2 ** min(attempt - 1, 60), LONGEST_WAIT * 0.75)
    assert wait_for(LONGEST_WAIT * 10, attempt) == LONGEST_WAIT * 10
