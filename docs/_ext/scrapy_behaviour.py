"""What each of Scrapy's settings does to our spiders. tests/docs/test_scrapy.py sets each of them and looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal["works", "refused", "no effect"]


@dataclass(frozen=True)
class Behaviour:
    """`names`: settings, and beginnings of names that end with *. `tried`: the values that the test sets."""

    names: tuple[str, ...]
    effect: Effect
    why: str
    tried: Mapping[str, Any] = field(default_factory=dict)

    def is_of(self, setting: str) -> bool:
        return any(setting == name or (name.endswith("*") and setting.startswith(name[:-1])) for name in self.names)


def _works(*names: str, why: str = "", tried: Mapping[str, Any] | None = None) -> Behaviour:
    return Behaviour(names, "works", why, tried or {})


def _refused(*names: str, why: str, tried: Mapping[str, Any]) -> Behaviour:
    return Behaviour(names, "refused", why, tried)


def _nothing(*names: str, why: str, tried: Mapping[str, Any] | None = None) -> Behaviour:
    return Behaviour(names, "no effect", why, tried or {})


_PARTS = "tests.project.parts."

BEHAVIOURS = (
    # What a crawl asks, and how fast
    _works(
        "AUTOTHROTTLE_*",
        tried={"AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_START_DELAY": 0.01, "AUTOTHROTTLE_MAX_DELAY": 0.02},
    ),
    _works(
        "CONCURRENT_REQUESTS",
        "CONCURRENT_REQUESTS_PER_DOMAIN",
        tried={"CONCURRENT_REQUESTS": 2, "CONCURRENT_REQUESTS_PER_DOMAIN": 1},
    ),
    _works(
        "DOWNLOAD_DELAY",
        "DOWNLOAD_DELAY_JITTER",
        "RANDOMIZE_DOWNLOAD_DELAY",
        "DOWNLOAD_SLOTS",
        why="`SC_RATE` bounds the whole crawl, all workers together",
        tried={"DOWNLOAD_DELAY": 0.3, "DOWNLOAD_DELAY_JITTER": 0},
    ),
    _works(
        "USER_AGENT",
        "DEFAULT_REQUEST_HEADERS",
        tried={"USER_AGENT": "demo", "DEFAULT_REQUEST_HEADERS": {"X-Demo": "1" * 1000}},
    ),
    _works(
        "DNSCACHE_*", "DNS_TIMEOUT", "DOWNLOAD_BIND_ADDRESS", "TWISTED_DNS_RESOLVER", tried={"DNSCACHE_ENABLED": False}
    ),
    _works(
        "DOWNLOAD_TIMEOUT",
        "DOWNLOAD_WARNSIZE",
        "DOWNLOAD_MAXSIZE",
        why="an answer that is larger than `DOWNLOAD_MAXSIZE` ends its list with the error `too_large`",
        tried={"DOWNLOAD_MAXSIZE": 100},
    ),
    _works(
        "DOWNLOAD_TLS_*",
        "DOWNLOAD_VERIFY_CERTIFICATES",
        "DOWNLOADER_CLIENT*",
        "HTTP2_MAX_FRAME_SIZE",
        "HTTPX_*",
        why="these belong to the handler that sends the requests",
        tried={"DOWNLOAD_VERIFY_CERTIFICATES": False},
    ),
    _works(
        "HTTPPROXY_*", why="plain `http` and this machine are asked without a proxy", tried={"HTTPPROXY_ENABLED": False}
    ),
    _works("COMPRESSION_ENABLED", tried={"COMPRESSION_ENABLED": False}),
    _nothing(
        "DOWNLOAD_FAIL_ON_DATALOSS",
        why="a body that was cut off is always asked for again",
        tried={"DOWNLOAD_FAIL_ON_DATALOSS": False},
    ),
    _nothing(
        "ROBOTSTXT_*",
        why="robots.txt is for crawlers that discover pages; a crawl asks an API for known endpoints",
        tried={"ROBOTSTXT_OBEY": True},
    ),
    _nothing(
        "RETRY_*",
        why="[the policy](faults.md) decides; `SC_ATTEMPTS` and `SC_MAX_WAIT` bound it",
        tried={"RETRY_ENABLED": True, "RETRY_TIMES": 5},
    ),
    _nothing(
        "REDIRECT_*",
        "METAREFRESH_*",
        "HTTPERROR_*",
        why="[the policy](faults.md) decides what follows each answer",
        tried={"REDIRECT_ENABLED": True, "METAREFRESH_ENABLED": True, "HTTPERROR_ALLOW_ALL": False},
    ),
    _nothing(
        "REFERER_ENABLED",
        "REFERRER_*",
        why="requests do not follow from pages of a site",
        tried={"REFERER_ENABLED": True},
    ),
    _nothing("URLLENGTH_LIMIT", why="no request is left out for its length", tried={"URLLENGTH_LIMIT": 10}),
    _refused(
        "DEPTH_LIMIT",
        why="a list's pages are no levels: `user_graph` takes `depth` and `max_users`, `search` takes `limit`",
        tried={"DEPTH_LIMIT": 1},
    ),
    _nothing(
        "DEPTH_PRIORITY", "DEPTH_STATS_VERBOSE", why="the frontier decides about the order", tried={"DEPTH_PRIORITY": 1}
    ),
    _refused("COOKIES_*", why="the APIs need no session", tried={"COOKIES_ENABLED": True}),
    _refused("HTTPAUTH_*", why="requests carry SoundCloud's credentials and no others", tried={"HTTPAUTH_USER": "me"}),
    _refused(
        "HTTPCACHE_*",
        why="a cache stores credentials, and its answers are out of date",
        tried={"HTTPCACHE_ENABLED": True},
    ),
    # The order of a crawl, and its end
    _works("JOBDIR", why="the crawl's own state is in it", tried={}),
    _works(
        "CLOSESPIDER_*",
        why="the crawl stops with exit code 3; with a job directory the same command goes on",
        tried={"CLOSESPIDER_PAGECOUNT": 1},
    ),
    _works(
        "MEMUSAGE_*",
        "MEMDEBUG_ENABLED",
        why="`MEMUSAGE_LIMIT_MB` stops the crawl with exit code 3",
        tried={"MEMUSAGE_LIMIT_MB": 1, "MEMUSAGE_CHECK_INTERVAL_SECONDS": 0.01},
    ),
    _refused(
        "SCHEDULER",
        why="Scrapy's own loses requests when it is killed",
        tried={"SCHEDULER": "scrapy.core.scheduler.Scheduler"},
    ),
    _nothing(
        "SCHEDULER_*",
        "DUPEFILTER_*",
        "REQUEST_FINGERPRINTER_CLASS",
        why="the frontier keeps the queue, and knows what was walked",
        tried={
            "SCHEDULER_DISK_QUEUE": _PARTS + "Nothing",
            "SCHEDULER_PRIORITY_QUEUE": _PARTS + "Nothing",
            "DUPEFILTER_CLASS": _PARTS + "Nothing",
        },
    ),
    # Components
    _works(
        "ADDONS",
        "EXTENSIONS*",
        "SPIDER_MIDDLEWARES*",
        "DOWNLOADER_MIDDLEWARES*",
        why="yours come beside ours; switching off one that a crawl needs is refused",
        tried={
            "EXTENSIONS": {_PARTS + "Nothing": 1},
            "SPIDER_MIDDLEWARES": {_PARTS + "Nothing": 1},
            "DOWNLOADER_MIDDLEWARES": {_PARTS + "Nothing": 1},
        },
    ),
    _refused(
        "DOWNLOAD_HANDLERS*",
        why="for `http` and `https`, where ours add the credentials; other schemes work",
        tried={"DOWNLOAD_HANDLERS": {"https": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"}},
    ),
    _works(
        "DOWNLOADER",
        "DOWNLOADER_STATS",
        "SCRAPER_SLOT_MAX_ACTIVE_SIZE",
        tried={"DOWNLOADER": _PARTS + "OwnDownloader"},
    ),
    _works(
        "STATS_CLASS",
        "STATS_DUMP",
        "STATSMAILER_RCPTS",
        "MAIL_*",
        "PERIODIC_LOG_*",
        why="the exit code is taken from the statistics: a class that keeps none is refused",
        tried={
            "STATS_CLASS": _PARTS + "OwnStats",
            "STATS_DUMP": False,
            "EXTENSIONS": {"scrapy.extensions.periodic_log.PeriodicLog": 0},
            "PERIODIC_LOG_STATS": True,
            "PERIODIC_LOG_DELTA": True,
        },
    ),
    # Programs, logs and loading
    _works(
        "LOG_*",
        "LOGSTATS_INTERVAL",
        why="the project's own default of `LOG_LEVEL` is INFO; with `LOG_FILE` the log has all of Scrapy's lines",
        tried={"LOG_FORMATTER": "scrapy.logformatter.LogFormatter"},
    ),
    _refused(
        "TELNETCONSOLE_*",
        "REMOTE_CONTROL_*",
        why="everybody who reaches that port can read the credentials",
        tried={"TELNETCONSOLE_ENABLED": True},
    ),
    _works(
        "TWISTED_REACTOR_ENABLED",
        "ASYNCIO_EVENT_LOOP",
        "FORCE_CRAWLER_PROCESS",
        "REACTOR_THREADPOOL_MAXSIZE",
        tried={"REACTOR_THREADPOOL_MAXSIZE": 5},
    ),
    _refused(
        "TWISTED_REACTOR",
        why="a crawl needs asyncio",
        tried={"TWISTED_REACTOR_ENABLED": True, "TWISTED_REACTOR": "twisted.internet.selectreactor.SelectReactor"},
    ),
    _works(
        "BOT_NAME",
        "COMMANDS_MODULE",
        "EDITOR",
        "NEWSPIDER_MODULE",
        "SPIDER_CONTRACTS*",
        "SPIDER_LOADER_*",
        "SPIDER_MODULES",
        "TEMPLATES_DIR",
        tried={"BOT_NAME": "demo"},
    ),
    _works("WARN_ON_GENERATOR_RETURN_VALUE", tried={"WARN_ON_GENERATOR_RETURN_VALUE": True}),
    _nothing("CRAWLSPIDER_FOLLOW_LINKS", why="is for `CrawlSpider`", tried={"CRAWLSPIDER_FOLLOW_LINKS": False}),
    # Items
    _works(
        "CONCURRENT_ITEMS",
        why="so many records of a page pass your pipelines at once",
        tried={"CONCURRENT_ITEMS": 10},
    ),
    _works(
        "ITEM_PIPELINES*",
        "ITEM_PROCESSOR",
        "DEFAULT_DROPITEM_LOG_LEVEL",
        tried={"ITEM_PIPELINES": {_PARTS + "Nothing": 1}},
    ),
    _nothing("DEFAULT_ITEM_CLASS", why="is for item loaders", tried={"DEFAULT_ITEM_CLASS": "builtins.dict"}),
    _works(
        "FILES_*",
        "IMAGES_*",
        "AWS_*",
        "FTP_*",
        "GCS_*",
        why="these belong to the storages and pipelines that read them",
    ),
    # FEEDS and FEED_*: see feed_behaviour.py.
)


def behaviours() -> Iterator[str]:
    """A table: settings, what they do, why."""
    yield "| setting | with our spiders | |"
    yield "|---|---|---|"
    for one in BEHAVIOURS:
        names = ", ".join(f"`{name}`" for name in one.names)
        yield f"| {names} | {one.effect} | {one.why} |"
