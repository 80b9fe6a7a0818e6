"""Chooses a crawl's frontier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.utils.job import job_dir

from sc_spiders import records
from sc_spiders.context import context
from sc_spiders.frontier.base import Frontier
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.job import JobFrontier

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


def frontier_for(crawler: Crawler, crawl: Crawl) -> Frontier:
    """The frontier that the settings ask for."""
    settings = crawler.settings
    drift = records.Drift(settings["SC_API"])
    context(crawler).add(records.Drift, drift)
    if settings["SC_REDIS_URL"]:
        from sc_spiders.frontier.redis.frontier import RedisFrontier  # redis is an extra

        return RedisFrontier(crawler, crawl)
    folder = None
    if given := job_dir(settings):
        folder = Path(given)
    return JobFrontier(folder, settings.getfloat("SC_RATE"), drift, crawl.fail)
