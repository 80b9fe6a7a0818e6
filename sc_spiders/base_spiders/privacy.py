"""How a crawl tells its arguments: in the log, in its progress and in the crawl record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.context import context
from sc_spiders.records import Pseudonyms

__all__ = ["shown", "shown_arguments", "terms", "versions"]


def shown_arguments(spider: SpiderHooks, given: Mapping[str, str]) -> dict[str, str]:
    """These arguments; with SC_PSEUDONYMS, pseudonyms replace the words that name somebody."""
    pseudonyms = context(spider.crawler).find(Pseudonyms)
    if pseudonyms:
        return pseudonyms.arguments(given)
    return dict(given)


def shown(spider: SpiderHooks) -> dict[str, Any]:
    """The crawl's identity, with the arguments as they are shown."""
    identity = spider.identity()
    return {**identity, "arguments": shown_arguments(spider, identity["arguments"])}


def versions(spider: SpiderHooks) -> dict[str, str]:
    """The fingerprint of the key of SC_PSEUDONYMS, for the crawl record."""
    pseudonyms = context(spider.crawler).find(Pseudonyms)
    if pseudonyms:
        return {"pseudonyms": pseudonyms.fingerprint}
    return {}


def terms(spider: SpiderHooks) -> dict[str, str]:
    """What must stay the same when a crawl is resumed: with another key, one person would have two pseudonyms."""
    return {"SC_PSEUDONYMS": versions(spider).get("pseudonyms", "none")}
