"""Adds the components of a crawl to those of a project, and finds needed ones that the project has switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scrapy.settings import SETTINGS_PRIORITIES, default_settings
from scrapy.utils.misc import load_object

from sc_spiders.config import crawl_settings

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

# Settings with components as keys, and settings with components as values.
_BY_ORDER = ("SPIDER_MIDDLEWARES", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS")
_BY_NAME = ("DOWNLOAD_HANDLERS", "FEED_EXPORTERS", "FEED_STORAGES")

# The components that every crawl needs, and what each does. A subclass may replace each of them.
_NEEDED = {
    "sc_spiders.downloader.retry.RetryMiddleware": "it decides what follows a bad answer",
    "sc_spiders.downloader.auth.CredentialsMiddleware": "it gets the credentials",
    "sc_spiders.downloader.handler.SigningHandler": "it adds the credentials to a request",
    "sc_spiders.feeds.exporter.PageFeedExporter": "it writes the output",
    "sc_spiders.extensions.summary.Summary": "it decides how a crawl has ended",
    "scrapy.extensions.corestats.CoreStats": "the exit code is taken from its statistics",
    "sc_spiders.frontier.scheduler.Scheduler": "it keeps the lists that are to be walked",
}

# Components that are off in all our crawls: `checks` refuses the settings that switch them on. Scrapy would import them
# nevertheless, and with them aiohttp and requests, which are large.
_OFF = {
    "EXTENSIONS_BASE": "scrapy.extensions.remote_control.RemoteControl",
    "DOWNLOADER_MIDDLEWARES_BASE": "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
}


def give_settings(settings: BaseSettings) -> Iterator[str]:
    """Set the settings of `crawl_settings`. Yields one line for each fault.

    A faulty setting is replaced, so that nothing else fails because of it.
    """
    given = {name: value for name, value in vars(crawl_settings).items() if name.isupper()}
    for name in given.keys() - {*_BY_ORDER, *_BY_NAME}:
        settings.set(name, given[name], priority="addon")
    _leave_out(settings)
    for name in _BY_ORDER:
        yield from _put_in(settings, name, given[name])
    for name in _BY_NAME:
        yield from _add_names(settings, name, given[name])
    yield from _put_in(settings, "ITEM_PIPELINES", {})
    yield from _check_scheduler(settings)
    yield from _check_stats(settings)


def _leave_out(settings: BaseSettings) -> None:
    """Take the components that are off out of Scrapy's own dictionaries. Then Scrapy does not import them."""
    for base, path in _OFF.items():
        kept = {name: order for name, order in settings[base].items() if name != path}
        settings.set(base, kept, priority="default")


def _put_in(settings: BaseSettings, name: str, ours: dict[str, int | None]) -> Iterator[str]:
    """Put these components into a component priority dictionary, unless it has them."""
    try:
        _add_missing(settings, name, ours)
        present = settings.get_component_priority_dict_with_base(name)
        for component in present:
            load_object(component)
    except (ImportError, NameError, TypeError, ValueError) as e:
        yield f"{name}: a component cannot be loaded: {e}"
        settings.set(name, {load_object(path): order for path, order in ours.items()}, priority="cmdline")
        present = settings.get_component_priority_dict_with_base(name)
    for path, order in ours.items():
        if path in _NEEDED and not any(_is(component, path) for component in present):
            yield f"{name} has switched {path} off, but {_NEEDED[path]}: leave it out there"
            settings.set_in_component_priority_dict(name, load_object(path), order)


def _add_missing(settings: BaseSettings, name: str, ours: dict[str, int | None]) -> None:
    """Do what Scrapy's `setdefault_in_component_priority_dict` does, for all components at once: that is quicker."""
    given = settings.getdict(name)
    present = {load_object(component) for component in given}
    loaded = {load_object(path): order for path, order in ours.items()}
    missing = {component: order for component, order in loaded.items() if component not in present}
    settings.set(name, {**given, **missing}, settings.getpriority(name) or 0)


def _add_names(settings: BaseSettings, name: str, ours: dict[str, str | None]) -> Iterator[str]:
    """Add these names to a dictionary of components, unless it has them."""
    merged = {**ours, **settings.getdict(name)}
    for key, path in ours.items():
        if path in _NEEDED and not _is(merged[key], path):
            yield f"{name}: {key} has another component than {path}, but {_NEEDED[path]}: leave {key} out there"
            merged[key] = path
    # Without a reactor, Scrapy later sets handlers of its own in the _BASE dictionary with a project's priority.
    settings.set(name, merged, priority=max(settings.getpriority(name) or 0, SETTINGS_PRIORITIES["project"]))


def _check_scheduler(settings: BaseSettings) -> Iterator[str]:
    path = crawl_settings.SCHEDULER
    if not _is(settings["SCHEDULER"], path):
        yield f"SCHEDULER is another than {path}, but {_NEEDED[path]}: leave SCHEDULER out"
        settings.set("SCHEDULER", path, priority="cmdline")


def _check_stats(settings: BaseSettings) -> Iterator[str]:
    if _is(settings["STATS_CLASS"], "scrapy.statscollectors.DummyStatsCollector"):
        yield "STATS_CLASS keeps no statistics, but the exit code is taken from them: leave it out"
        settings.set("STATS_CLASS", default_settings.STATS_CLASS, priority="cmdline")


def _is(component: Any, path: str) -> bool:
    """Whether a component is that of the path, or a subclass of it."""
    try:  # not issubclass: to Scrapy's BaseScheduler, all classes with the right methods are subclasses
        return load_object(path) in load_object(component).__mro__
    except (ImportError, NameError, TypeError, ValueError, AttributeError):
        return False
