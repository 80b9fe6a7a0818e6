"""Checks the words of a command line that runs a spider of ours, before anything is written."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import command_line, example, refuse_unknown
from sc_spiders.errors import ArgumentError
from sc_spiders.records.words import wrapped
from sc_spiders.redaction.printable import is_utf8

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.settings import BaseSettings

_WIDTH = 80  # columns
_PLACEHOLDER = re.compile(r"%\((\w+)\)")
_NAMES = frozenset({"name", "api", "stamp", "worker", "time", "batch_time", "batch_id"})
# Parameter names of Scrapy's functions. Scrapy fails on arguments of these names before the spider can refuse them.
_TAKEN = frozenset({"self", "cls", "crawler", "crawler_or_spidercls"})


def is_ours(spider: type[Spider]) -> bool:
    return issubclass(spider, ApiSpider)


def faults(settings: BaseSettings, spider: type[Spider], arguments: Collection[str]) -> Iterator[str]:
    """One line for each fault in the names of arguments, and in the outputs that -o and FEEDS name."""
    if not issubclass(spider, ApiSpider):
        return
    try:
        refuse_unknown(spider.declared(), sorted(_TAKEN.intersection(arguments)))
    except ArgumentError as e:
        yield f"{spider.name}: {e}"
    yield from _bad_names(settings, spider)


def explained(spider: type[Spider]) -> str:
    """All arguments of a spider, and an example: for a command line that names the spider only. "" if it has none."""
    if not issubclass(spider, ApiSpider) or not spider.arguments:
        return ""
    declared = spider.declared()
    width = max(map(len, declared)) + 2
    described = wrapped(inspect.getdoc(spider) or "", _WIDTH)
    lines = [f"{spider.name}: no argument was given, so nothing is crawled.", "", described, ""]
    for name, argument in declared.items():
        told = wrapped(argument.told, _WIDTH, " " * (width + 2))
        lines.append(f"  {name:<{width}}{told.lstrip()}")
    lines += ["", f"Example: {command_line(spider.name, declared, example(declared))}"]
    return "\n".join(lines)


def _bad_names(settings: BaseSettings, spider: type[Spider]) -> Iterator[str]:
    if settings["FEED_URI"]:
        yield "FEED_URI is deprecated: use -o FILE.jsonl, or FEEDS"
    own = settings["FEED_URI_PARAMS"]
    for uri, options in settings.getdict("FEEDS").items():
        if not isinstance(options, dict):
            yield f"FEEDS[{uri!r}] is {options!r}; it takes an object, such as {{'format': 'jsonlines'}}"
            continue
        if not is_utf8(str(uri)):
            yield f"the name of the output {uri!r} is not text in UTF-8"
        if own or "uri_params" in options:
            continue
        for match in _PLACEHOLDER.finditer(str(uri)):
            if match[1] not in _NAMES and not hasattr(spider, match[1]):
                there = "there is %(name)s, %(stamp)s, %(time)s"
                yield f"the output {uri} has an unknown placeholder, %({match[1]})s; {there}"
