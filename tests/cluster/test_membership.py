"""Which workers may join a crawl, the message for others, and the output of `scrapy status`."""

import json
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE

from .server import RedisServer
from .workers import LISTINGS, Workers, status

Make = Callable[..., Workers]


def test_a_name_belongs_to_one_crawl_and_a_finished_one_does_nothing_again(workers: Make, slow: Sandbox) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    asked = slow.stats.requests["/users/{id}/followers"]

    crawl.start(depth=1)
    other = workers("other", SC_CRAWL="mine")
    other.start(depth=1, relations="likes")
    assert crawl.wait() == [0], crawl.logs()
    assert slow.stats.requests["/users/{id}/followers"] == asked
    assert "has ended already" in crawl.logs()
    assert len(list(crawl.folder.glob("output/*/*/*"))) == 1

    assert other.wait() == [2]
    assert "the crawl 'mine' at redis://127.0.0.1" in other.logs()
    assert "its arguments is" in other.logs()
    assert "another SC_CRAWL" in other.logs()
    assert not (other.folder / "output").exists()


@pytest.mark.parametrize(("setting", "value"), [("SC_KINDS", "edge"), ("SC_RAW", "1"), ("SC_FORMAT", "csv")])
def test_who_would_write_otherwise_is_refused(setting: str, value: str, workers: Make) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    other = workers("other", SC_CRAWL="mine", **{setting: value})
    other.start(depth=1)
    assert other.wait() == [2]
    (line,) = other.logs().splitlines()
    assert f"is written otherwise: its {setting} is" in line
    assert "give every worker the same" in line


def test_a_forgotten_folder_is_missed(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_RATE=60)
    crawl.start_together(redis, 2)
    assert crawl.wait() == [0, 0], crawl.logs()
    one, other = sorted(path.parent for path in crawl.folder.glob("output/*/*/*/listing.jsonl"))
    crawl.merged(str(one))
    assert "NOT complete" in crawl.told
    assert f"of {LISTINGS} listings of this crawl are here; folders of other workers are missing" in crawl.told
    crawl.merged("all.jsonl", str(other))  # a merged file can be merged again
    assert f"\ncomplete: {LISTINGS} of {LISTINGS} listings are complete" in crawl.told


def test_a_worker_tells_how_the_crawl_goes_on(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_RATE=30)
    crawl.start_together(redis, 2, "-s", "LOGSTATS_INTERVAL=1")
    assert crawl.wait() == [0, 0], crawl.logs()
    lines = [line for line in crawl.logs().splitlines() if " in the queue" in line]
    told = [re.search(r" listings: ([\d,]+) complete, ([\d,]+) in the queue", line) for line in lines]
    assert len(told) >= 4
    # The count is the whole crawl's, not one worker's.
    assert max(int(one[1]) + int(one[2]) for one in told if one) > 55


def test_status_tells_of_a_running_and_of_a_finished_crawl(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=10, SC_PAGE_SIZE=50)  # it must not finish before it is stopped
    crawl.start()
    crawl.start()

    def told() -> dict[str, Any]:
        done = status(crawl.folder, redis.url, "--json")
        return dict(json.loads(done.out)) if done.out.startswith("{") else {}

    def is_under_way(seen: dict[str, Any]) -> bool:
        if not seen.get("pages_a_second") or len(seen["workers"]) < 2:
            return False
        return bool(seen["listings"]["queued"] and seen["listings"]["leased"])

    end = time.monotonic() + PATIENCE
    while not is_under_way(running := told()):
        assert time.monotonic() < end, crawl.logs()
    assert (running["name"], running["state"]) == ("mine", "running")
    assert 0 < running["pages_a_second"] <= 60
    assert 0 < running["share"] < 1
    refused = status(crawl.folder, redis.url, "mine", "--forget")
    assert "workers still run 'mine'" in refused.err

    watch = Crawls(crawl.folder).begin("status", "--watch", SC_REDIS_URL=redis.url)
    while "mine: running" not in watch.out:
        assert time.monotonic() < end, watch.printed
        time.sleep(0.05)
    for worker in list(crawl.running):
        crawl.kill(worker, signal.SIGTERM)
    assert watch.wait() == 0  # it ends with the last worker
    assert re.search(r"^  share: \d+% of the lists found so far$", watch.out, re.M)
    assert "mine: stopped" in status(crawl.folder, redis.url).out
    assert "keys removed" in status(crawl.folder, redis.url, "mine", "--forget").out
    assert "there is no crawl 'mine'" in status(crawl.folder, redis.url, "mine").err


def test_status_tells_which_worker_waits_for_what(workers: Make, redis: RedisServer) -> None:
    """Both workers wait: one for the API, one for lists that failed."""
    faults = "429seconds@/users/*/followers#8,wait=30,500@/users/*/followings#5+"
    with Sandbox(users=60, seed=1, latency=20, faults=faults) as sandbox:
        crawl = workers(sandbox=sandbox, SC_CRAWL="mine")
        crawl.start_together(redis, 2)
        end = time.monotonic() + PATIENCE
        while "waits for the API" not in (told := status(crawl.folder, redis.url).out):
            assert time.monotonic() < end, told
        crawl.stop()

    assert re.search(r"^      waiting: everything waits for the API: 0:00:\d\d left$", told, re.M)
    assert re.search(r"^  faults: .*\d http_500", told, re.M)
    assert re.search(r"^      waiting: .*attempt \d after http_500: followings of ", told, re.M)
