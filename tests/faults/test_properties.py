"""Any answer gives records, rejected records or a named error. It never raises, and never ends a list too early."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from zlib import crc32

import orjson
import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from scrapy.settings import Settings

from sc_spiders import records
from sc_spiders.api import APIS, CATALOGUE, Endpoint
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import LONGEST_WAIT, Action, Resolution, asked_wait, backoff, wait_for
from sc_spiders.frontier.base import Ack, CrawlSpec
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.pages.answer import resolve
from sc_spiders.pages.batches import is_divided
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.pages.page import Page
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.seen import Seen
from tests.support.examples import any_text, examples

from .test_no_invention import name_of
from .wire import ANSWERS, HREFS, HUGE, MARKS, OBJECTS, wire

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MOMENT = "2026-11-21T00:00:00Z"
HOSTS = Hosts.from_settings(Settings())

PLAIN_PAGES = st.fixed_dictionaries({"collection": st.lists(OBJECTS, max_size=2)}, optional={"next_href": HREFS})
# An error message with status 200: alone, or in a page.
ERRORS = st.builds(
    lambda page, error: {**page, **error},
    st.just({}) | PLAIN_PAGES | st.just({"id": 1, "kind": "user", "next_href": None}),
    st.sampled_from(
        [
            {"errors": [{"error_message": "500 - Internal Server Error"}]}, {"error": "Rate Limit Exceeded"},
            {"code": 503, "message": "", "errors": []},
        ]
    ),
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "location", "content-type", "x-datadome", "server"]),
    any_text(max_size=30)
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


@given(st.sampled_from(LISTED), st.integers(100, 599), HEADERS, st.binary(max_size=200) | ANSWERS.map(wire))
@examples(300)
def test_every_answer_has_a_verdict(where: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    resolution = resolve(listing_of(*where), status, headers, body, NOW)

    assert resolution.action in Action
    if resolution.action is Action.ACCEPT:
        assert 200 <= status < 300
    elif resolution.action is not Action.FOLLOW:
        assert resolution.ended != "end"
        assert resolution.error or resolution.ended in {"forbidden", "not_found", "credentials"}
    assert resolution.wait is None or 0 <= resolution.wait < 400 * 86_400


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobFrontier]:
    """A job on disk with all pages acknowledged."""
    job = JobFrontier(tmp_path_factory.mktemp("job"), 0, records.Drift("v2"), lambda error: pytest.fail(str(error)))
    asyncio.run(job.open(CrawlSpec({"spider": "properties", "arguments": {}, "api": "v2"})))
    job.begin({})
    job.seen.close()  # each example has its own
    yield job
    job.abandon()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One for all examples: to make one takes longer than to acknowledge a page."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.mark.parametrize(("endpoint", "api"), LISTED, ids=[f"{endpoint.name}-{api}" for endpoint, api in LISTED])
def test_every_list_is_walked_to_a_record_of_what_came_of_it(
    endpoint: Endpoint, api: Any, job: JobFrontier, loop: asyncio.AbstractEventLoop
) -> None:
    """From the bytes to the acknowledgement: nothing is raised or invented, and all lost records are counted."""

    @seed(crc32(f"{endpoint.name} {api}".encode()))
    @given(st.lists(ANSWERS, min_size=1, max_size=3), MARKS)
    @examples(8)
    def check(answers: list[Any], mark: bytes) -> None:
        job.seen = seen = Seen()
        job.hydration = hydration = Hydration(seen)
        reader = PageReader(
            api, HOSTS, seen, hydration, lambda *_: [], max_empty=5, raw=False, bidirectional=frozenset()
        )
        listing = listing_of(endpoint, api)
        rows: dict[str, list[Any]] = {}
        for data in answers:
            listing = Listing.loads(listing.dumps())
            page = reader.read(listing, wire(data, mark), MOMENT)
            if isinstance(page, Resolution):
                assert page.error in {"malformed", "not_json", "html", "empty", "no_redirect"}
                page = Page(listing.end(page.ended, page.error))
                reader.close_listing(page, MOMENT)
            else:
                check_end(listing, api, data)
            assert isinstance(page, Page)
            loop.run_until_complete(job.acknowledge(Ack(listing, page.follow)))
            for kind, found in page.rows.items():
                rows.setdefault(kind, []).extend(found)
            if listing.ended or listing.waiting:
                break
        else:
            page = Page(listing.end("error", "http_500"))
            reader.close_listing(page, MOMENT)
            loop.run_until_complete(job.acknowledge(Ack(listing)))
            for kind, found in page.rows.items():
                rows.setdefault(kind, []).extend(found)
        check_rows(listing, rows, hydration)

    check()


def check_end(listing: Listing, api: Any, data: Any) -> None:
    """The next page is at the API, or the list has ended. It must not end `end` if the page has a next page."""
    if listing.ended is None and not listing.waiting:
        assert HOSTS.api_of(HOSTS.url(api, listing.url)) == api
        assert "client_id" not in listing.url
    if isinstance(data, dict) and api in listing.spec.follow and listing.spec.shape in ("list", "any"):
        hrefs = [data.get("next_href"), data.get("next_partition_href")]
        assert listing.ended != "end" or hrefs == [None, None]
        href = hrefs[0] if hrefs[0] is not None else hrefs[1]
        if href is not None and (not isinstance(href, str) or href == HUGE):
            assert (listing.ended, listing.error) == ("error", "malformed")


def check_rows(listing: Listing, rows: dict[str, list[Any]], hydration: Hydration) -> None:
    """Records are valid and can be written. The list counts its rejected records and has one listing record."""
    refused = rows.pop("rejected", [])
    for kind, found in rows.items():
        assert records.check(kind, found)[1] == []
        assert all(orjson.loads(orjson.dumps(row)) == row for row in found)
    assert all(row["reasons"] and json.loads(records.dumps(row), parse_constant=pytest.fail) for row in refused)
    if listing.spec.shape != "batch":
        assert listing.rejected == len(refused)
    if listing.ended and not is_divided(listing) and (listing.is_list or not listing.complete):
        (record,) = rows["listing"]
        assert (record["ended"], record["complete"]) == (listing.ended, listing.complete)
        assert record["rejected"] == listing.rejected
        assert not record["complete"] or not refused
    wanted = {f"soundcloud:tracks:{track}" for _, track in hydration._by_track}
    known = {row["urn"] for found in rows.values() for row in found if "urn" in row} | wanted | {listing.subject}
    known |= set(map(name_of, refused))
    for edge in rows.get("edge", ()):
        ends = {edge["target"]} if listing.spec.rows == "activity" else {edge["source"], edge["target"]}
        assert ends <= known


@given(st.sampled_from([where for where in LISTED if where[0].shape != "reactions"]), ERRORS)
def test_an_error_with_status_200_is_no_page(where: Any, data: Any) -> None:
    resolution = resolve(listing_of(*where), 200, {}, wire(data), NOW)

    assert (resolution.action, resolution.error) == (Action.RETRY, "malformed")


@pytest.mark.parametrize(
    "href", ["?cursor=5", "/users/1/followings?cursor=5", "//api-v2.soundcloud.com/users/1/followings?cursor=5"]
)
def test_a_next_page_may_be_relative_to_its_page(href: str) -> None:
    listing = listing_of(CATALOGUE["followings"], "v2")
    seen = Seen()
    reader = PageReader(
        "v2", HOSTS, seen, Hydration(seen), lambda *_: [], max_empty=5, raw=False, bidirectional=frozenset()
    )
    reader.page(listing, {"collection": [], "next_href": href}, MOMENT)

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
