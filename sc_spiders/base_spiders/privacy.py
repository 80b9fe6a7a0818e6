"""A crawl's arguments without what is private, for the log, the progress and the crawl record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.context import context
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.records import OptOut, People, Pseudonyms
from sc_spiders.records.people import KINDS_MET

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

__all__ = ["join_forgotten", "shown", "shown_arguments", "terms", "versions"]


def shown_arguments(spider: SpiderHooks, given: Mapping[str, str], *, in_doubt: bool = False) -> dict[str, str]:
    """These arguments, without words for people on the list of SC_NEVER. `in_doubt`: while these are not all known.

    With SC_PSEUDONYMS, pseudonyms replace the words that name somebody.
    """
    shown = dict(given)
    opt_out = context(spider.crawler).find(OptOut)
    if opt_out:
        shown = opt_out.people.arguments(given, in_doubt=in_doubt)
    pseudonyms = context(spider.crawler).find(Pseudonyms)
    if pseudonyms:
        return pseudonyms.arguments(shown)
    return shown


def join_forgotten(crawler: Crawler, seen: Seen) -> None:
    """Add to the list of SC_NEVER whom the job knows: people whom `forget` removed, a seed named or the crawl met."""
    opted_out = Namespace.opted_out()
    opt_out = context(crawler).find(OptOut)
    met = list(_met(seen))
    if opt_out is None and (met or seen.holds(opted_out)):
        opt_out = OptOut(People((), ()))
        context(crawler).add(OptOut, opt_out)
    if opt_out:
        for urn in met:
            opt_out.people.meet(urn)
        opt_out.quick_look.is_on = not seen.holds(opted_out)  # the job has only hashes of their words
        opt_out.people.know(lambda word: seen.has(opted_out, ident(word)))


def _met(seen: Seen) -> Iterator[str]:
    """URNs of people on the list, and of what is theirs, that the crawl has met."""
    for kind in KINDS_MET:
        for id_ in seen.ids(Namespace.met(kind)):
            yield f"soundcloud:{kind}:{id_}"


def shown(spider: SpiderHooks) -> dict[str, Any]:
    """The crawl's identity, with its arguments in the form that may be shown."""
    identity = spider.identity()
    return {**identity, "arguments": shown_arguments(spider, identity["arguments"])}


def versions(spider: SpiderHooks) -> dict[str, str]:
    """The fingerprint of the key of SC_PSEUDONYMS, for the crawl record."""
    pseudonyms = context(spider.crawler).find(Pseudonyms)
    if pseudonyms:
        return {"pseudonyms": pseudonyms.fingerprint}
    return {}


def terms(spider: SpiderHooks) -> dict[str, str]:
    """What must stay the same in a resumed crawl: with another key, one person would get two pseudonyms."""
    pseudonyms = context(spider.crawler).find(Pseudonyms)
    if pseudonyms is None:
        return {"SC_PSEUDONYMS": "none"}
    return {"SC_PSEUDONYMS": pseudonyms.fingerprint + " with texts" * pseudonyms.texts}
