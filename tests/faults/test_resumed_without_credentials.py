"""A crawl that was answered before waits for its credentials, however long nobody gives them."""

from __future__ import annotations

from tests.support.crawl import Crawls
from tests.support.server import Server

JOB = ("-s", "JOBDIR=job", "-s", "FAULTS_FIRST_WAIT=0.01", "-s", "SC_ATTEMPTS=6")
USERS = ",".join(map(str, range(1, 20)))


def test_it_asks_for_them_more_than_three_times(crawls: Crawls) -> None:
    with Server() as server:
        first = crawls.run("user_graph", *JOB, "-s", "CLOSESPIDER_PAGECOUNT=5", settings=server.settings, user=USERS)
        assert first.code == 3

        nobody = {**server.settings, "SC_CLIENT_ID": "", "SC_WEB_URL": "http://127.0.0.1:9"}
        again = crawls.run("user_graph", *JOB, settings=nobody, user=USERS)
        assert again.code == 3
        assert "did not answer, 6 times" in again.log

        last = crawls.run("user_graph", *JOB, settings=server.settings, user=USERS)
        assert last.code == 0


def test_one_that_was_never_answered_tells_it_after_three_tries(crawls: Crawls) -> None:
    with Server() as server:
        nobody = {**server.settings, "SC_CLIENT_ID": "", "SC_WEB_URL": "http://127.0.0.1:9"}
        crawl = crawls.run("user_graph", *JOB, settings=nobody, user=USERS)

    assert crawl.code == 3
    assert "asked 3 times" in crawl.log
