"""Tells blocks by a gate from the API's own refusals, and checks the order of requests after a block."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sc_spiders.api import CATALOGUE
from sc_spiders.api.responses import Action
from sc_spiders.pages.answer import resolve
from sc_spiders.pages.listing import Listing
from sc_spiders.sandbox.failures import CLOUDFRONT
from tests.support.answers import http
from tests.support.crawl import Crawls
from tests.support.server import Server

from .gated import LET_PASS, LONG, USERS, GatedServer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PASSED = {"x-datadome": "protected"}  # DataDome adds it to each answer that it lets pass
GATE = CLOUDFRONT.format(status=403, reason="Request blocked.").encode()
OWN_WORDS = (b"", b"{}", b'{"code":403,"message":"","errors":[{"error_message":"403 - Forbidden"}]}')
GATES: tuple[tuple[dict[str, str], bytes], ...] = (
    ({"content-type": "text/html"}, GATE),
    ({}, GATE),
    ({"content-type": "text/html"}, b""),
    ({"x-dd-b": "1"}, b""),
    ({}, b'{"url":"https://geo.captcha-delivery.com/captcha/?initialCid=x"}'),
)
QUICK = ("-s", "FAULTS_FIRST_WAIT=0.01", "-s", "CONCURRENT_REQUESTS=1", "-s", "JOBDIR=job")


@pytest.mark.parametrize("endpoint", CATALOGUE)
def test_what_the_api_refuses_itself_is_no_block(endpoint: str) -> None:
    for body in OWN_WORDS:
        for headers in ({}, PASSED):
            assert (
                resolve(Listing(endpoint, None, "/", extra={"ids": [1, 2]}), 403, headers, body, NOW).action
                is not Action.BLOCK
            )


@pytest.mark.parametrize("endpoint", CATALOGUE)
def test_the_marks_of_a_gate(endpoint: str) -> None:
    for headers, body in GATES:
        listing = Listing(endpoint, None, "/", extra={"ids": [1, 2]})
        resolution = resolve(listing, 403, {**PASSED, **headers}, body, NOW)
        assert (resolution.action, resolution.ended) == (Action.BLOCK, "blocked")


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/html"}], ids=["json", "html"])
@pytest.mark.parametrize("member", ["message", "errors"])
def test_json_of_the_api_is_its_own_word_whatever_it_is_called_and_tells_of(
    headers: dict[str, str], member: str
) -> None:
    told = "see https://geo.captcha-delivery.com/"
    body = json.dumps({member: told if member == "message" else [{"error_message": told}]}).encode()
    resolution = resolve(Listing("user_tracks", None, "/"), 403, {**PASSED, **headers}, body, NOW)
    assert (resolution.ended, resolution.words) == ("forbidden", told)


def test_lists_that_are_refused_leave_the_others_of_their_kind_alone(crawls: Crawls) -> None:
    refused = {f"/users/{number}/followings" for number in (1, 2, 3)}
    answer = http(403, {"code": 403, "message": ""}, X_DataDome="protected")
    with Server(lambda path, turn: answer if path in refused else None) as server:
        crawl = crawls.run("user_graph", *QUICK, settings=server.settings, user="1,2,3,4", relations="followings")

    ends = {one["subject"][-1]: one["ended"] for one in crawl.records("listing")}
    assert ends == {"1": "forbidden", "2": "forbidden", "3": "forbidden", "4": "end"}
    assert crawl.code == 0
    assert "is blocked" not in crawl.log


def test_after_a_block_those_go_first_that_were_never_asked(crawls: Crawls) -> None:
    """Three lists are refused each time. A fourth list must be requested in the second run."""
    refused = {f"/users/{number}/followings" for number in (1, 2, 3)}
    gate = http(403, GATE, "text/html")
    runs = []
    with Server(lambda path, turn: gate if path in refused else None) as server:
        for _ in range(3):
            server.asked.clear()
            run = crawls.run("user_graph", *QUICK, settings=server.settings, user="1,2,3,4", relations="followings")
            ends = {one["subject"][-1]: one["ended"] for one in run.records("listing")}
            runs.append((run.code, ends, server.asked["/users/4/followings"]))

    blocked = {"1": "blocked", "2": "blocked", "3": "blocked"}
    assert runs == [
        (1, {**blocked, "4": "blocked"}, 0),
        (1, {**blocked, "4": "end"}, 1),
        (1, {**blocked, "4": "end"}, 0),
    ]


def test_after_a_block_those_go_on_first_that_were_answered(crawls: Crawls) -> None:
    """All lists are requested at once. In a later run, lists that are always refused must not stop the others again."""
    options = ("-s", "FAULTS_FIRST_WAIT=0.01", "-s", "JOBDIR=job")
    with GatedServer() as server:
        for _ in range(2):
            run = crawls.run("user_graph", *options, settings=server.settings, user=USERS, relations="followings")

    ends = {one["subject"][-1]: one["ended"] for one in run.records("listing")}
    assert ends == {"1": "blocked", "2": "blocked", "3": "blocked", "4": "end", "5": "end"}
    assert [server.asked[path] for path in LET_PASS] == [LONG, LONG]
    assert run.code == 1
