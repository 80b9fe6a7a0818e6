"""`from sc_spiders import crawl`: crawls from Python."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from scrapy.utils.conf import feed_process_params_from_cli
from scrapy.utils.reactor import is_reactor_installed

from sc_spiders import engine
from sc_spiders.commands.crawl import refuse_compressed, spider_of, usage
from sc_spiders.config.command_line import faults
from sc_spiders.config.scrapy_settings import misfits
from sc_spiders.errors import ArgumentError, ReactorInstalled
from sc_spiders.extensions.result import CrawlResult, refusals, result_of

logger = logging.getLogger(__name__)

_POLL = 0.05  # seconds
# Without a reactor, Scrapy runs in any event loop, and in one after another. The log is the program's, so there is no
# display.
_SETTINGS: Mapping[str, Any] = {
    "TWISTED_REACTOR_ENABLED": False,
    "LOG_ENABLED": False,
}
# Crawls whose caller no longer waits. asyncio itself would let them be collected.
_left: set[asyncio.Future[None]] = set()


async def crawl(
    spider: str,
    /,
    *,
    output: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> CrawlResult:
    """Run a crawl in the running event loop, as `scrapy crawl` does in a process of its own.

    >>> result = await crawl("user_graph", user=["forss", "goldie"], depth=2)

    It works in scripts (by `asyncio.run`) and in notebooks, several times and at the same time. It is Scrapy without a
    Twisted reactor: a reactor would be bound to one event loop for the life of the process.

    `spider` and `arguments` are those of the command. A list gives its words, and true and false are 1 and 0.
    `output`: a file that all records are appended to; by default there is one file for each kind in
    `output/<spider>/<start>`. `settings`: by name; they win over environment variables.

    If the task is cancelled, the crawl is stopped: requests in flight are finished, and the same call goes on later.
    So it does after a result with exit code 3. A second cancellation does not wait for the end of the crawl.

    What happens is logged by the logger `sc_spiders`: problems as warnings and errors, the rest as INFO.

    Raises ArgumentError for what the command refuses with exit code 2, in the same words. Raises ReactorInstalled in a
    process that has a Twisted reactor.
    """
    if is_reactor_installed():
        raise ReactorInstalled
    crawler = _crawler(spider, output, settings or {})
    given = {name: _text(value) for name, value in arguments.items() if value is not None}
    for problem in faults(crawler.settings, crawler.spidercls, given):
        raise ArgumentError(problem)
    refused = refusals(crawler)
    await _run(crawler, given)
    result = result_of(crawler)
    if result.finish_reason == "bad_arguments":
        raise ArgumentError("\n".join(refused))
    for line in refused:
        logger.error("%s", line)
    return result


def _crawler(spider: str, output: str | Path | None, given: Mapping[str, Any]) -> Crawler:
    """A crawler that has not begun. Raises ArgumentError."""
    settings = Settings()
    # The add-on reads the environment anew and wins: this module may have been imported long ago.
    settings.setmodule("sc_spiders.settings", priority="command")
    for name, value in given.items():
        _set(settings, name, value)
    settings.setdict({**_SETTINGS, "SC_DOWNLOAD_HANDLER": engine.asyncio_handler()}, priority="cmdline")
    for _, problem in misfits(settings):
        raise ArgumentError(problem)
    if output is not None:
        settings.set("FEEDS", _feeds(settings, str(output)), priority="project")
    runner = AsyncCrawlerRunner(settings)
    return runner.create_crawler(spider_of(runner.spider_loader, spider))


def _set(settings: Settings, name: str, value: Any) -> None:
    if name.startswith("SC_"):
        value = _text(value)  # as in the environment
    try:
        settings.set(name, value, priority="project")
    except (TypeError, ValueError):  # Scrapy reads it as an object, and expects no other text than JSON
        raise ArgumentError(f"{name} is {value!r}; it takes an object, such as {{'KEY': VALUE}}") from None


def _feeds(settings: Settings, output: str) -> dict[str, Any]:
    refuse_compressed([output])
    try:
        return feed_process_params_from_cli(settings, [output])
    except UsageError as e:
        raise ArgumentError(usage(str(e), [output])) from None


def _text(value: Any) -> str:
    """A value as on the command line."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(_text, value))
    return str(value)


async def _run(crawler: Crawler, arguments: dict[str, str]) -> None:
    """Run the crawl to its end. If the task is cancelled, stop the crawl first."""
    running = asyncio.ensure_future(crawler.crawl_async(**arguments))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        stopping = asyncio.ensure_future(_stop(crawler, running))
        _left.add(stopping)
        stopping.add_done_callback(_left.discard)
        await asyncio.shield(stopping)
        raise


async def _stop(crawler: Crawler, running: asyncio.Future[None]) -> None:
    """Stop the crawl, and wait for its end."""
    while not (engine.is_running(crawler) or running.done()):  # it is just about to begin
        await asyncio.wait({running}, timeout=_POLL)
    await crawler.stop_async()
    await asyncio.wait({running})
