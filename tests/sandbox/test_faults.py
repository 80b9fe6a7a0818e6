"""Each fault over HTTP, as a crawler sees it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.utils import parsedate_to_datetime

import pytest
import requests

from sc_spiders.sandbox import Sandbox
from tests.support.patience import PATIENCE

from .client import Client

Connect = Callable[[str], Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a client of a sandbox with these faults."""
    with ExitStack() as stack:

        def make(faults: str) -> Client:
            client = Client(stack.enter_context(Sandbox(users=60, faults=faults)))
            stack.callback(client.close)
            return client

        yield make


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("401", 401, ""),
        ("403json", 403, '"code":403'),
        ("403html", 403, "<H1>403 ERROR</H1>"),
        ("403datadome", 403, "captcha-delivery"),
        ("404", 404, "{}"),
        ("429text", 429, "Please slow down."),
        ("429json", 429, '{"error":"Rate Limit Exceeded"}'),
        ("429reset", 429, '"reset_time":"20'),
        ("429token", 429, '{"error":"rate_limit_exceeded"}'),
        ("500", 500, '"code":500'),
        ("502", 502, '"code":502'),
        ("503", 503, "<H1>503 ERROR</H1>"),
        ("504", 504, "CloudFront attempted"),
        ("html200", 200, "<!DOCTYPE html>"),
    ],
)
def test_answers_that_are_errors(connect: Connect, fault: str, status: int, text: str) -> None:
    client = connect(f"{fault}@/users/183#1")

    response = client.get("/users/183")
    assert (response.status_code, text in response.text) == (status, True)
    assert client.json("/users/183")["id"] == 183
    assert client.json("/-/stats")["faults"] == {fault: 1}


def test_a_401_makes_the_client_id_worthless(connect: Connect) -> None:
    client = connect("401#2")
    old = client.sandbox.client_id
    answers = [client.get("/users/183", signed=False, client_id=old).status_code for _ in range(3)]

    assert answers == [200, 401, 401]
    assert client.json("/users/183")["id"] == 183


def test_a_401_of_the_public_api_ends_the_tokens_that_were_issued(connect: Connect) -> None:
    client = connect("401@/public/users/*#2")
    sandbox = client.sandbox
    form = {"grant_type": "client_credentials"}
    answer = requests.post(
        sandbox.urls["SC_TOKEN_URL"], data=form, auth=(sandbox.app_id, sandbox.app_secret), timeout=PATIENCE
    )
    client.headers["Authorization"] = f"OAuth {answer.json()['access_token']}"

    assert [client.get("/public/users/183", signed=False).status_code for _ in range(3)] == [200, 401, 401]


def test_retry_after_comes_in_seconds_and_as_a_date(connect: Connect) -> None:
    client = connect("429seconds#1,429date#2,wait=90")
    before = time.time()

    assert client.get("/users/183").headers["Retry-After"] == "90"
    moment = parsedate_to_datetime(client.get("/users/183").headers["Retry-After"])
    assert before + 89 <= moment.timestamp() <= time.time() + 91


def test_a_reset_connection(connect: Connect) -> None:
    client = connect("reset#1")

    with pytest.raises(requests.ConnectionError, match="reset"):
        client.get("/users/183")
    assert client.json("/users/183")["id"] == 183


def test_a_body_that_is_cut(connect: Connect) -> None:
    client = connect("cut#1")

    with pytest.raises(requests.RequestException, match="IncompleteRead"):
        client.get("/users/183/followers")
    assert client.json("/users/183/followers")["collection"]


def test_no_answer_at_all(connect: Connect) -> None:
    client = connect("timeout#1,hang=0.2")

    start = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        client.get("/users/183")
    assert time.monotonic() - start >= 0.2


def test_json_of_another_shape(connect: Connect) -> None:
    client = connect("shape@*/followers=1,cap=1")

    for user in client.sandbox.world.users[:10]:
        answer = client.json(f"/users/{user}/followers")
        assert not (isinstance(answer, dict) and isinstance(answer.get("collection"), list))


def test_the_right_body_with_a_wrong_content_type(connect: Connect) -> None:
    response = connect("type#1").get("/users/183")

    assert response.headers["Content-Type"].startswith("application/octet-stream")
    assert json.loads(response.content)["id"] == 183


def test_redirects(connect: Connect) -> None:
    client = connect("redirect#1,redirect-foreign#2")
    first, second = client.get("/users/183/likes", limit=5), client.get("/users/183/likes", limit=5)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == f"{client.sandbox.url}/users/183/likes?limit=5"
    assert second.headers["Location"] == "https://sandbox.invalid/users/183/likes?limit=5"


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        ("href-host", "http://http.api.prod.sandbox.invalid/"),
        ("href-scheme", "ftp://"),
        ("href-port", "http://127.0.0.1:1/"),
    ],
)
def test_next_href_that_leads_elsewhere(connect: Connect, fault: str, start: str) -> None:
    page = connect(f"{fault}=1").json("/users/183/followers")

    assert page["next_href"].startswith(start)
    assert page["collection"]


def test_next_href_that_leads_in_a_circle(connect: Connect) -> None:
    client = connect("loop@*/followers#2+")
    second = client.json(client.json("/users/183/followers")["next_href"])

    assert client.json(second["next_href"])["next_href"] == second["next_href"]


def test_endless_empty_pages(connect: Connect) -> None:
    client = connect("empty@/users/183/followers=1")
    page, seen = client.json("/users/183/followers"), set()
    for _ in range(20):
        assert page["collection"] == []
        seen.add(page["next_href"])
        page = client.json(page["next_href"])
    assert len(seen) == 20


def test_values_beyond_reason(connect: Connect) -> None:
    client = connect("number#1,string#2,nesting#3,abyss#4")

    counts = re.findall(r'"likes_count": ([^,]+),', client.get("/users/183/followers").text)
    assert {"1" + "0" * 60, "-1", "1e308", str(2**63)} & set(counts)
    assert len(client.get("/users/183/followers").content) > 300_000
    assert "[" * 300 in client.get("/users/183/followers").text
    with pytest.raises(RecursionError):
        json.loads(client.get("/users/183/followers").text)


def test_a_body_that_is_too_large(connect: Connect) -> None:
    response = connect("large=1,size=2").get("/users/183")

    assert 1_900_000 < len(response.content) < 2_100_000
    assert response.json()["id"] == 183


def test_a_block_for_good_of_one_kind_of_endpoint(connect: Connect) -> None:
    client = connect("403datadome@/users/*/tracks#3+")

    statuses = [client.get("/users/183/tracks").status_code for _ in range(5)]
    assert statuses == [200, 200, 403, 403, 403]
    assert client.get("/users/183/toptracks").status_code == 200


def test_whoever_tries_again_often_enough_gets_the_truth(connect: Connect) -> None:
    client = connect("429=0.2,500=0.2,503=0.1,html200=0.1,404=0.1,cap=3,seed=5")
    world, tries = client.sandbox.world, []
    for user in world.users[:20]:
        for attempt in range(5):
            response = client.get(f"/users/{user}/followings", limit=200)
            if response.ok and response.headers["Content-Type"].startswith("application/json"):
                tries.append(attempt)
                break
        assert len(response.json()["collection"]) == min(len(world.followings(user)), 200)
    assert max(tries) == 3
    assert tries.count(0) < 12


def test_questions_by_post_are_told_apart_by_what_they_ask(connect: Connect) -> None:
    """Otherwise parallel requests for different paths could get more than `cap` faults in a row."""
    url = f"{connect('500@/graphql=1,cap=2').sandbox.url}/graphql"
    statuses = [requests.post(url, data=body, timeout=PATIENCE).status_code for body in "aabbbba"]

    assert [status == 500 for status in statuses] == [True] * 4 + [False, True, False]


def test_the_same_seed_gives_the_same_faults(connect: Connect) -> None:
    def statuses(seed: int) -> list[int]:
        client = connect(f"500=0.5,seed={seed}")
        return [client.get(f"/users/{user}").status_code for user in client.sandbox.world.users[:20]]

    assert statuses(1) == statuses(1) != statuses(2)


def test_faults_leave_the_web_page_alone_unless_it_is_named(connect: Connect) -> None:
    assert connect("500=1").get("/", signed=False).status_code == 200
    assert connect("500@/=1").get("/", signed=False).status_code == 500


@pytest.mark.parametrize(
    "specification",
    ["429", "429=x", "429=2", "nothing=0.1", "500#0", "500@/users=", "500#1=2", "wait=-1", "429=nan", "=1"],
)
def test_a_specification_that_makes_no_sense_is_refused(specification: str) -> None:
    with pytest.raises(ValueError, match="faults: "):
        Sandbox(users=10, faults=specification)
