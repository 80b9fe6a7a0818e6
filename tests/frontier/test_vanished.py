"""An output file that is moved away is told as that, whoever notices it first: the next page, or a sync."""

import asyncio
from pathlib import Path

import pytest

from sc_spiders.errors import Disturbed
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.frontier.redis.durable import DurableOutput
from sc_spiders.records import Drift

GONE = "was moved or deleted while it was written"


def test_a_sync_of_a_job_notices_it(tmp_path: Path) -> None:
    failed: list[Exception] = []
    output = tmp_path / "all.jsonl"
    output.write_text("{}\n")
    job = JobFrontier(tmp_path / "job", 0, Drift("v2"), failed.append)

    async def crawl() -> None:
        await job.open(CrawlSpec({"spider": "user", "arguments": {}, "api": "v2"}))
        job.begin({str(output): 3})
        output.unlink()
        job.status.outputs[str(output)] = 4  # a page more
        job.sync()

    with pytest.raises(Disturbed, match=GONE):
        asyncio.run(crawl())
    job.abandon()
    assert not failed


def test_a_sync_of_a_worker_notices_it(tmp_path: Path) -> None:
    with pytest.raises(Disturbed, match=GONE):
        asyncio.run(DurableOutput().sync({str(tmp_path / "all.jsonl"): 3}))
