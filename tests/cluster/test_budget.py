"""All workers of a crawl share one credential and one rate limit."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.tokens import APP_ID, APP_SECRET

from .workers import Workers

Make = Callable[..., Workers]
PUBLIC = {"SC_API": "public", "SC_CLIENT_ID": APP_ID, "SC_CLIENT_SECRET": APP_SECRET}


@pytest.mark.parametrize(
    ("settings", "asked"), [({}, "/"), (PUBLIC, "/oauth/token")], ids=["client id of the web page", "token of an app"]
)
def test_one_worker_gets_the_credential_for_all(
    settings: dict[str, Any], asked: str, workers: Make, slow: Sandbox
) -> None:
    before = slow.stats.requests[asked]
    crawl = workers(SC_RATE=20, **settings)  # slow enough that both workers begin before the crawl ends
    for _ in range(2):
        crawl.start("-a", "max_users=40", relations="followers")
    assert crawl.wait() == [0, 0], crawl.logs()
    assert len(list(crawl.folder.glob("output/user_graph/*/*/listing.jsonl"))) == 2  # both workers sent requests
    assert slow.stats.requests[asked] - before == 1


def test_the_rate_is_for_all_workers_together(workers: Make, slow: Sandbox) -> None:
    before, began = slow.stats.requests["/users/{id}/followers"], time.monotonic()
    crawl = workers(SC_RATE=10)
    for _ in range(2):
        crawl.start("-a", "max_users=30", relations="followers")
    assert crawl.wait() == [0, 0], crawl.logs()
    asked = slow.stats.requests["/users/{id}/followers"] - before
    assert asked >= 30
    assert time.monotonic() - began > asked / 20
