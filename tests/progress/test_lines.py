"""Progress in the log, without a terminal."""

from __future__ import annotations

import re

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

LINE = re.compile(
    r"INFO: \d:\d\d:\d\d: [\d,]+ pages, \d+\.\d/s; [\d,]+ edges?, [\d,]+ users?; "
    r"listings: [\d,]+ complete, [\d,]+ in the queue; "
    r"\d+%(, \d:\d\d:\d\d left| of what was found so far) \(estimate\)"
)


def test_a_plain_line_now_and_then(crawls: Crawls) -> None:
    with Sandbox(users=200, seed=1, latency=50) as sandbox:
        crawl = crawls.run("user_graph", "-s", "LOGSTATS_INTERVAL=0.4", sandbox=sandbox, user="forss", depth=2)

    lines = [line for line in crawl.log.splitlines() if " pages, " in line]
    assert crawl.code == 0
    assert len(lines) >= 2
    lines = [line for line in lines if " edges, " in line]
    for line in lines:
        assert LINE.search(line), line
    assert "\x1b" not in crawl.log
    done = [int(re.search(r"; (\d+)%", line)[1]) for line in lines]  # type: ignore[index]
    assert done[-1] > done[0]


def test_what_is_read_by_programs_has_none(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user_graph", "-s", "LOGSTATS_INTERVAL=0", sandbox=sandbox, user="forss")

    assert crawl.code == 0
    assert " pages, " not in crawl.log


def test_a_block_and_what_it_costs_are_told(crawls: Crawls) -> None:
    with Sandbox(users=100, seed=1, latency=20, faults="403datadome@/users/*/followers#5+") as sandbox:
        crawl = crawls.run("user_graph", "-s", "LOGSTATS_INTERVAL=0.3", sandbox=sandbox, user="forss", depth=2)

    assert crawl.code == 1
    lines = [line for line in crawl.log.splitlines() if " pages, " in line]
    assert any("; blocked: followers" in line and " blocked, " in line for line in lines)
