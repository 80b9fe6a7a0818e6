"""Chooses a crawl's frontier, and describes the crawl to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.utils.job import job_dir

from sc_spiders import records
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError
from sc_spiders.frontier.base import CrawlSpec, Frontier
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.job import JobFrontier

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


def frontier_for(crawler: Crawler, crawl: Crawl) -> Frontier:
    """The frontier that the settings ask for."""
    settings = crawler.settings
    drift = records.Drift(settings["SC_API"])
    context(crawler).add(records.Drift, drift)
    if settings["SC_REDIS_URL"]:
        from sc_spiders.frontier.redis.frontier import RedisFrontier  # redis is an extra

        return RedisFrontier(crawler, crawl)
    folder = None
    if is_ours(crawler.spider) and (given := job_dir(settings)):
        folder = Path(given)
    return JobFrontier(folder, settings.getfloat("SC_RATE"), drift, crawl.fail)


def is_ours(spider: Any) -> bool:
    """Whether a spider asks for listings, as this project's do. Others' requests are kept in memory only."""
    return hasattr(spider, "crawl_spec")


def spec_of(spider: Any, settings: BaseSettings) -> CrawlSpec:
    """A spider's CrawlSpec. Raises ArgumentError if the spider cannot be crawled that way."""
    if is_ours(spider):
        spec: CrawlSpec = spider.crawl_spec()
        return spec
    if settings["SC_REDIS_URL"]:
        raise ArgumentError(f"{spider.name} is not a spider of this project: unset SC_REDIS_URL for it")
    return CrawlSpec({"spider": spider.name})
