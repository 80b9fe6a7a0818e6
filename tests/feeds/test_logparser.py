"""LogParser, by which ScrapydWeb knows jobs, reads our log files as it reads Scrapy's."""

from __future__ import annotations

import json
import signal
import time
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

from logparser.utils import custom_settings

from sc_spiders.sandbox import Sandbox
from tests.support.answers import http
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE
from tests.support.server import Server

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="'telnetlib' is deprecated", category=DeprecationWarning)
    from logparser.logparser import LogParser

LOG = Path("logs", "project", "user", "job.log")
"""Where Scrapyd puts the log of a job."""

FOLLOWED = 230
Read = dict[str, Any]


def words(crawls: Crawls, *options: str) -> tuple[str, ...]:
    (crawls.folder / LOG).parent.mkdir(parents=True)
    return ("--logfile", str(LOG), *options)


def read_by_logparser(folder: Path) -> Read:
    """What LogParser writes about the job, for ScrapydWeb."""
    LogParser(**{**custom_settings, "scrapyd_logs_dir": str(folder / "logs"), "enable_telnet": False}).run()
    found: Read = json.loads((folder / LOG.with_suffix(".json")).read_text())
    listed = json.loads((folder / "logs" / "stats.json").read_text())["datas"]["project"]["user"]["job"]
    assert {name: found[name] for name in ("pages", "items", "finish_reason")}.items() <= listed.items()
    return found


def counts(read: Read) -> dict[str, int]:
    """The number of log lines of each kind, if there are any."""
    return {name: one["count"] for name, one in read["log_categories"].items() if one["count"]}


def seconds(read: Read) -> float:
    hours, minutes, rest = read["runtime"].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def test_a_finished_job_is_told_as_it_was(crawls: Crawls, sandbox: Sandbox) -> None:
    begun = time.time()
    done = crawls.run("user", *words(crawls), sandbox=sandbox, user="forss", include="followings")
    took = time.time() - begun
    read = read_by_logparser(crawls.folder)

    stats = read["crawler_stats"]
    assert done.code == 0
    assert read["finish_reason"] == "finished"
    assert read["items"] == 2 * FOLLOWED + 1 == done.kinds.total() - 1
    assert read["pages"] == stats["response_received_count"] == stats["downloader/response_status_count/200"]
    assert stats["pages"] == 3
    assert abs(datetime.fromisoformat(read["first_log_time"]).timestamp() - begun) <= took + 1
    assert seconds(read) <= took + 1
    assert read["latest_matches"]["scrapy_version"] == "2.19.0"
    assert read["shutdown_reason"] == "N/A"
    assert not counts(read)


def test_an_incomplete_job(crawls: Crawls) -> None:
    with Server(lambda path, number: http(500, {}) if "#2" in path else None) as server:
        options = ("-s", "SC_ATTEMPTS=2", "-s", "FAULTS_FIRST_WAIT=0.01")
        done = crawls.run("user", *words(crawls, *options), settings=server.settings, user=1, include="followings")
    read = read_by_logparser(crawls.folder)

    assert done.code == 1
    assert read["finish_reason"] == "incomplete"
    assert read["crawler_stats"]["downloader/response_status_count/500"] == 2


def test_a_job_that_runs_and_is_stopped(crawls: Crawls) -> None:
    options = words(crawls, "-s", "LOGSTATS_INTERVAL=0.2", "-s", "JOBDIR=job")
    log = crawls.folder / LOG
    log.touch()
    with Server(lambda path, number: http(429, {}, Retry_After="600") if "#2" in path else None) as server:
        process = crawls.start("user", *options, settings=server.settings, user=1, include="followings")
        until = time.monotonic() + PATIENCE
        running = read_by_logparser(crawls.folder)
        while running["items"] != 2 and time.monotonic() < until:
            time.sleep(0.2)
            running = read_by_logparser(crawls.folder)
        process.send(signal.SIGTERM)
        assert process.wait() == 3
    read = read_by_logparser(crawls.folder)

    assert (running["pages"], running["items"], running["finish_reason"]) == (2, 2, "N/A")
    assert len(running["datas"]) > 1
    assert (read["finish_reason"], read["shutdown_reason"]) == ("shutdown", "Received SIGTERM")
    assert (read["pages"], read["items"]) == (2, 2)


def test_a_job_whose_feed_was_lost_is_not_told_as_finished(crawls: Crawls, sandbox: Sandbox) -> None:
    """That is known only when the spider has closed."""
    options = ("-s", 'FEED_STORAGES={"mine": "tests.feeds.parts.Broken"}', "-o", "mine://x.jsonl")
    done = crawls.run("user", *words(crawls, *options), sandbox=sandbox, user="forss")
    read = read_by_logparser(crawls.folder)

    assert done.code == 3
    assert read["finish_reason"] == "disk"
    assert counts(read) == {"error_logs": 1}
