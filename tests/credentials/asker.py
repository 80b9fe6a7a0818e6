"""A spider that requests some paths, and how its crawls are run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from sc_spiders.api.hosts import Hosts
from tests.support.crawl import Crawl, Crawls, crawling

Item = dict[str, Any]


class Asker(Spider):
    """Requests paths of one API, or whole URLs, in their order. `paths`: a list of them as JSON."""

    name = "asker"
    paths: str

    async def start(self) -> AsyncIterator[Request]:
        hosts = Hosts.from_settings(self.settings)
        for number, path in enumerate(json.loads(self.paths)):
            url = path if "://" in path else hosts.url(self.settings.get("SC_API", "v2"), path)
            request = Request(url, callback=self.parse, errback=self.failed, meta={"task": path})
            yield request.replace(priority=-number, dont_filter=True)

    def parse(self, response: Response) -> Iterator[Item]:
        assert response.request
        yield {
            "kind": "answer",
            "status": response.status,
            "url": response.url,
            "request_url": response.request.url,
            "headers": dict(response.request.headers.to_unicode_dict()),
            "task": response.meta["task"],
        }

    def failed(self, failure: Failure) -> Iterator[Item]:
        error = f"{type(failure.value).__name__}: {failure.value} {failure.getTraceback()}"
        yield {"kind": "error", "error": error}


class Ask:
    """Runs the spider in the test's process, or `apart`, in a process of its own with a reactor and a log at DEBUG.

    A process of its own does not block the test's event loop, in which the fake server runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folders = (folder / f"ask-{number}" for number in count())

    async def __call__(self, settings: dict[str, Any], paths: list[str], *, apart: bool = False) -> Crawl:
        folder = next(self._folders)
        folder.mkdir()
        given = {"SCRAPY_SETTINGS_MODULE": "tests.credentials.settings", **settings}
        about = json.dumps(paths)
        if not apart:  # Scrapy warns of a project without its middleware for Referer
            return await crawling("asker", folder, settings=given, warned=True, paths=about)
        options = [word for name, value in given.items() for word in ("-s", f"{name}={value}") if name[:2] != "SC"]
        words = ("asker", "-o", "out.jsonl", *options)
        # The log shows the items, which may have tracebacks.
        return await asyncio.to_thread(Crawls(folder).run, *words, settings=given, broken=True, paths=about)


def statuses(crawl: Crawl) -> list[int]:
    """Those of the answers, in their order."""
    return [answer["status"] for answer in crawl.records("answer")]


def errors(crawl: Crawl) -> list[str]:
    """Failures of requests."""
    return [item["error"] for item in crawl.records("error")]
