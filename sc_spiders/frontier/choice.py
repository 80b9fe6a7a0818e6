"""Chooses a crawl's frontier."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.utils.job import job_dir

from sc_spiders import records
from sc_spiders.context import context
from sc_spiders.frontier.base import Frontier
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.frontier.own_jobs import OwnJobs
from sc_spiders.frontier.troubles import troubles

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


def frontier_for(crawler: Crawler, crawl: Crawl) -> Frontier:
    """The frontier for these settings. A preview gets one that ends with its process."""
    settings = crawler.settings
    drift = records.Drift(settings["SC_API"])
    context(crawler).add(records.Drift, drift)
    spider: Any = crawler.spider
    is_preview = spider.is_preview
    if settings["SC_REDIS_URL"] and not is_preview:
        from sc_spiders.frontier.redis.frontier import RedisFrontier  # redis is an extra

        pseudonyms = context(crawler).find(records.Pseudonyms)
        return RedisFrontier(crawler, crawl, partial(troubles, crawler), pseudonyms)
    place = None
    if not is_preview:
        place = _place(crawler)
    return JobFrontier(place, settings.getfloat("SC_RATE"), drift, crawl.fail)


def _place(crawler: Crawler) -> Path | OwnJobs | None:
    """Where to store the crawl, so that a later run can resume it; None if no run can."""
    if given := job_dir(crawler.settings):
        return Path(given)
    if home := context(crawler).home:
        return OwnJobs(home, fresh=crawler.settings.getbool("SC_FRESH"))
    return None
