"""Runs whole crawls within the test's process, because that is quick. Only the server is simulated."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from sc_spiders.extensions.exit_status import exit_code

Record = dict[str, Any]


@dataclass
class Outcome:
    """The output of a crawl."""

    code: int
    rows: list[Record]
    stats: dict[str, Any]

    def records(self, kind: str) -> list[Record]:
        return [row for row in self.rows if row.get("kind") == kind]

    def listing(self, endpoint: str) -> Record:
        """The one listing of that endpoint."""
        (found,) = self.listings(endpoint)
        return found

    def listings(self, endpoint: str) -> list[Record]:
        return [row for row in self.records("listing") if row["endpoint"] == endpoint]

    def edges(self, relation: str) -> list[Record]:
        return [row for row in self.records("edge") if row["relation"] == relation]

    def urns(self, kind: str) -> set[str]:
        return {row["urn"] for row in self.records(kind)}

    @property
    def kinds(self) -> Counter[str]:
        return Counter(row["kind"] for row in self.rows)


def crawl(
    spider: str | type[Spider],
    folder: Path,
    urls: dict[str, str],
    settings: dict[str, Any] | None = None,
    **arguments: Any,
) -> Outcome:
    """Run that spider to its end. `urls`: URLs of the sandbox. All output goes to one file in the folder.

    With the setting JOBDIR, the next run resumes the crawl.
    """
    out = folder / "out.jsonl"
    if not (settings or {}).get("JOBDIR"):
        out.unlink(missing_ok=True)
    given = Settings()
    given.setmodule("sc_spiders.settings", priority="project")
    given.setdict(
        {
            **urls,
            "TWISTED_REACTOR_ENABLED": False,
            "SC_TOKEN_FILE": str(folder / "tokens.json"),
            "SC_ATTEMPTS": "2",
            "FEEDS": {str(out): {"format": "jsonlines", "overwrite": True}},
            **(settings or {}),
        },
        priority="cmdline",
    )

    async def run() -> dict[str, Any]:
        runner = AsyncCrawlerRunner(given)
        crawler = runner.create_crawler(spider)
        await runner.crawl(crawler, **{name: str(value) for name, value in arguments.items()})
        assert crawler.stats
        return crawler.stats.get_stats()

    stats = asyncio.run(run())
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    return Outcome(exit_code(stats.get("finish_reason")), rows, stats)
