"""The project's add-on: gives each crawl its settings before Scrapy freezes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import signals

from sc_spiders.api.hosts import is_loopback
from sc_spiders.config import crawl_settings
from sc_spiders.config.checks import check_settings
from sc_spiders.config.command_line import is_ours
from sc_spiders.config.components import give_settings
from sc_spiders.config.feed_checks import can_resume, check_feeds
from sc_spiders.config.feeds import feeds, home
from sc_spiders.config.privacy import set_up_privacy
from sc_spiders.config.redaction import Redaction
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError
from sc_spiders.settings import given

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

# The default output of spiders that are not ours.
_ITEMS = "output/%(name)s/%(time)s/items.jsonl"


class Addon:
    """Hides the credentials in the log, puts our components in, checks our settings, and completes FEEDS.

    Starts the sandbox (`SC_SANDBOX=1`). A bad setting is replaced by its default, so that nothing else fails because of
    it. The crawl's context keeps the problem, and `preflight` refuses the crawl.

    A spider that is not ours gets a default output, and is otherwise left as it is.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._redaction = Redaction(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Give our settings to a project that has none. A spider reads them before `update_settings` is called."""
        settings.setdict(given(), priority="addon")

    def update_settings(self, settings: BaseSettings) -> None:
        self.update_pre_crawler_settings(settings)  # some scripts make a Crawler without a runner
        self._redaction.update_settings(settings)  # first, because all that follows may log
        if is_ours(self.crawler.spidercls):
            context(self.crawler).problems += self._set_up(settings)
        elif not settings.getdict("FEEDS") and not settings["FEED_URI"]:
            settings.set("FEEDS", {_ITEMS: {"format": "jsonlines", "store_empty": False}}, priority="cmdline")

    def _set_up(self, settings: BaseSettings) -> list[str]:
        """Set up a crawl of ours. Returns one line for each problem."""
        problems = [*check_settings(settings), *give_settings(settings)]
        if not problems:
            problems += set_up_privacy(self.crawler, settings)
        if not problems and settings.getbool("SC_SANDBOX"):
            problems += self._start_sandbox(settings)
        self._spare_delay(settings)
        given = settings.getdict("FEEDS")
        completed = self._complete_feeds(settings, problems)
        settings.set("FEEDS", completed, priority="cmdline")
        if not given and can_resume(settings, completed):
            context(self.crawler).home = home(self.crawler.spidercls.name)
        return problems

    def _spare_delay(self, settings: BaseSettings) -> None:
        """Set no delay for a server on this machine."""
        name = {"public": "SC_PUBLIC_URL"}.get(settings["SC_API"], "SC_V2_URL")
        if is_loopback(urlsplit(settings[name]).hostname or ""):
            settings.set("DOWNLOAD_DELAY", 0, priority="addon")

    def _complete_feeds(self, settings: BaseSettings, problems: list[str]) -> dict[str, Any]:
        """The completed FEEDS. If they cannot be used: the default outputs, and the reason is added to `problems`."""
        try:
            completed = feeds(settings)
            check_feeds(self.crawler, settings, completed)
        except ArgumentError as e:
            problems.append(str(e))
            settings.set("FEEDS", {}, priority="cmdline")
            settings.set("FEED_EXPORT_BATCH_ITEM_COUNT", 0, priority="cmdline")
            settings.set("FEED_EXPORTERS", crawl_settings.FEED_EXPORTERS, priority="cmdline")
            settings.set("FEED_STORAGES", crawl_settings.FEED_STORAGES, priority="cmdline")
            return feeds(settings)
        return completed

    def _start_sandbox(self, settings: BaseSettings) -> list[str]:
        from sc_spiders.sandbox import Sandbox  # imports an HTTP server

        try:
            sandbox = Sandbox(
                users=settings.getint("SC_SANDBOX_USERS"),
                seed=settings.getint("SC_SANDBOX_SEED"),
                faults=settings["SC_SANDBOX_FAULTS"] or "",
            )
        except ValueError as e:
            return [f"SC_SANDBOX_FAULTS: {e}"]
        sandbox.start()
        for name, url in sandbox.urls.items():
            settings.set(name, url, priority="cmdline")
        # Not engine_stopped: a crawl that is refused starts no engine.
        self.crawler.signals.connect(sandbox.stop, signals.spider_closed, weak=False)
        return []
