"""Runs a spider that requests some paths, in this process or in its own process with a reactor."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess, AsyncCrawlerRunner
from scrapy.http import Response
from twisted.python.failure import Failure

from bench.process import Process
from sc_spiders.api.hosts import Hosts

SETTINGS: dict[str, Any] = {
    "ADDONS": {"sc_spiders.config.redaction.Redaction": 0},
    "DOWNLOAD_HANDLERS": {
        scheme: "sc_spiders.downloader.handler.SigningHandler" if scheme.startswith("http") else None
        for scheme in ("http", "https", "file", "ftp", "s3", "data")
    },
    "DOWNLOADER_MIDDLEWARES": {"sc_spiders.downloader.auth.CredentialsMiddleware": 560},
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "HTTPERROR_ALLOW_ALL": True,
    "REFERER_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "RETRY_TIMES": 0,
}


@dataclass
class Outcome:
    """The results of a crawl."""

    stats: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    log: str = ""

    @property
    def reason(self) -> Any:
        return self.stats["finish_reason"]

    @property
    def statuses(self) -> list[int]:
        return [answer["status"] for answer in self.answers]


class Asker(Spider):
    """Requests paths of one API, or whole URLs, in their order."""

    name = "asker"

    async def start(self) -> AsyncIterator[Request]:
        self.answers: list[dict[str, Any]] = []
        self.errors: list[str] = []
        hosts = Hosts.from_settings(self.settings)
        for number, path in enumerate(self.settings.getlist("ASK")):
            url = path if "://" in path else hosts.url(self.settings.get("SC_API", "v2"), path)
            request = Request(url, callback=self.parse, errback=self.failed, meta={"task": path})
            yield request.replace(priority=-number, dont_filter=True)

    def parse(self, response: Response) -> None:
        assert response.request
        self.answers.append(
            {
                "status": response.status,
                "url": response.url,
                "request_url": response.request.url,
                "headers": response.request.headers.to_unicode_dict(),
                "task": response.meta["task"],
            }
        )

    def failed(self, failure: Failure) -> None:
        self.errors.append(f"{type(failure.value).__name__}: {failure.value} {failure.getTraceback()}")


async def crawl(settings: dict[str, Any], paths: list[str]) -> Outcome:
    """A crawl in this event loop, without a reactor."""
    runner = AsyncCrawlerRunner({**SETTINGS, "TWISTED_REACTOR_ENABLED": False, "ASK": paths, **settings})
    crawler = runner.create_crawler(Asker)
    await runner.crawl(crawler)
    spider = crawler.spider
    assert isinstance(spider, Asker)
    return Outcome(crawler.stats.get_stats(), getattr(spider, "answers", []), getattr(spider, "errors", []))


async def crawl_apart(settings: dict[str, Any], paths: list[str], **environment: str) -> Outcome:
    """A crawl in a process of its own, with a reactor and Scrapy's own log at DEBUG."""
    given = {**SETTINGS, "LOG_LEVEL": "DEBUG", "ASK": paths, **settings}
    process = Process([], Path.cwd(), {**os.environ, **environment}, main=partial(_crawl_apart, given))
    code = await asyncio.to_thread(process.wait)
    assert code == 0, process.err
    return Outcome(**json.loads(process.out), log=process.err)


def _crawl_apart(settings: dict[str, Any]) -> None:
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Asker)
    process.crawl(crawler)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, Asker)
    seen = {
        "stats": crawler.stats.get_stats(),
        "answers": getattr(spider, "answers", []),
        "errors": getattr(spider, "errors", []),
    }
    json.dump(seen, sys.stdout, default=str)
