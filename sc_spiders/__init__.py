"""A Scrapy project that turns SoundCloud's APIs into complete, validated, resumable data sets."""

from importlib import import_module
from typing import Any

__version__ = "1.0.0"

# What others import from here, and where it is. An import of `sc_spiders` alone imports no Scrapy, so each is imported
# when it is asked for. Type checkers read __init__.pyi.
_PUBLIC = {
    "Addon": "sc_spiders.config.addon",
    "ArgumentError": "sc_spiders.errors",
    "CrawlResult": "sc_spiders.extensions.result",
    "crawl": "sc_spiders.commands.python",
    "read": "sc_spiders.dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
