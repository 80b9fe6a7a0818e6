"""How a crawl tells its arguments: in the log, in its progress and in the crawl record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.context import context
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import ident
from sc_spiders.records import OptOut, Pseudonyms

__all__ = ["shown", "shown_arguments", "terms", "versions"]


def shown_arguments(spider: SpiderHooks, given: Mapping[str, str]) -> dict[str, str]:
    """These arguments, without words for those on the list of SC_NEVER.

    With SC_PSEUDONYMS, pseudonyms replace the words that name somebody.
    """
    shown = dict(given)
    opt_out = context(spider.crawler).find(OptOut)
    if opt_out:
        shown = {name: _without(spider, opt_out, name, value) for name, value in given.items()}
    pseudonyms = context(spider.crawler).find(Pseudonyms)
    if pseudonyms:
        return pseudonyms.arguments(shown)
    return shown


def _without(spider: SpiderHooks, opt_out: OptOut, name: str, value: str) -> str:
    words = value.split(",")
    return ",".join(word for word in words if not _is_opted_out(spider, opt_out, name, word.strip()))


def _is_opted_out(spider: SpiderHooks, opt_out: OptOut, name: str, word: str) -> bool:
    """Whether a word of that argument names somebody on the list, as far as the crawl knows by now."""
    if opt_out.has_word(word) or opt_out.has_subject(word) or opt_out.has_subject(f"soundcloud:{name}s:{word}"):
        return True
    return spider.seen.has(Namespace.opted_out(), ident(word))


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
