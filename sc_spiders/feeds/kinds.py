"""Which kinds of records a feed gets."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sc_spiders import records
from sc_spiders.api import CATALOGUE, Endpoint, used_by
from sc_spiders.errors import ArgumentError, typed
from sc_spiders.feeds.formats import header_of

if TYPE_CHECKING:
    from sc_spiders.base_spiders.api_spider import ApiSpider

__all__ = ["choose_kinds"]

logger = logging.getLogger(__name__)

_STDOUT = {"stdout:": "standard output", "-": "standard output"}


def choose_kinds(feeds: dict[str, dict[str, Any]], spider: ApiSpider) -> None:
    """Leave out kinds that a feed cannot hold, or whose records have none of its fields, and log that.

    Raises ArgumentError if a CSV file would get several kinds and the spider has no main kind, or if an existing file
    lacks columns.
    """
    if not spider.settings.getdict("ITEM_PIPELINES"):  # otherwise these may add fields
        _leave_out(feeds, spider)
    _choose_for_csv(feeds, spider)


def _kinds_without(named: Iterable[str] | None, kinds: Iterable[str]) -> list[str]:
    """The kinds whose records have none of the named fields. None of ours if no fields are named."""
    fields = set(named or ())
    if not fields:
        return []
    return [kind for kind in kinds if fields.isdisjoint(records.FIELDS.get(kind, fields))]


def _leave_out(feeds: dict[str, dict[str, Any]], spider: ApiSpider) -> None:
    """Leave out kinds whose records have none of the fields that a feed names."""
    come = _coming(spider)
    for uri, options in feeds.items():
        if options.get("item_filter") or options.get("item_classes"):
            continue
        left_out = _kinds_without(options["fields"], options["kinds"])
        options["kinds"] = tuple(kind for kind in options["kinds"] if kind not in left_out)
        if told := [kind for kind in left_out if kind in come]:
            logger.info("%s: `fields` has no field of %s, so these are not written.", uri, ", ".join(told))


def _choose_for_csv(feeds: dict[str, dict[str, Any]], spider: ApiSpider) -> None:
    """Give each CSV file one kind, the main one, unless the file's options choose fields or items."""
    for uri, options in feeds.items():
        if options["format"] != "csv" or _is_chosen(options):
            continue
        kinds = [kind for kind in options["kinds"] if kind != records.ITEM]
        if len(kinds) > 1:
            kind = main_kind(spider)
            if kind not in kinds:
                kind = _only(uri, spider, kinds)
            options["kinds"] = (kind, records.ITEM)
            _tell(uri, spider, kind, kinds)
            kinds = [kind]
        if kinds and not spider.settings.getdict("ITEM_PIPELINES"):
            _check_columns(uri, kinds[0], options)


def main_kind(spider: ApiSpider) -> str:
    """The kind that the spider declares, or that of the first list it requests; "" if there is neither."""
    if spider.main_kind:
        return spider.main_kind
    words = [word for word in spider.chosen if word != "profile"] or spider.chosen
    endpoints = list(_endpoints(spider, words[:1]))
    if not endpoints:
        return ""
    return endpoints[-1].kinds[0]  # the subject's own endpoints come first


def _endpoints(spider: ApiSpider, words: tuple[str, ...] | list[str]) -> Iterator[Endpoint]:
    for name in spider.endpoints:
        yield CATALOGUE[name]
    for word in words:
        yield from used_by(word, spider.api, *spider.names)


def _only(uri: str, spider: ApiSpider, kinds: list[str]) -> str:
    """The kind to write if the main kind is unknown, or if SC_KINDS leaves it out."""
    if main_kind(spider):
        return kinds[0]
    raise ArgumentError(
        f"{uri}: a CSV file holds one kind of record, and {spider.name} may bring any: choose one with "
        f"{typed.setting('SC_KINDS', 'track')}, say; or give -s SC_FORMAT=csv and no file, for one file per kind"
    )


def _tell(uri: str, spider: ApiSpider, kind: str, kinds: list[str]) -> None:
    come = _coming(spider)
    others = ", ".join(one for one in kinds if one in come and one != kind) or "all others"
    logger.info(
        "%s: a CSV file holds one kind of record, and this one gets %s. Left out: %s. For another kind give %s; for "
        "one file per kind give -s SC_FORMAT=csv and no file; for all in one file give -o FILE.jsonl.",
        _STDOUT.get(uri, uri),
        kind,
        others,
        typed.setting("SC_KINDS", "KIND"),
    )


def _coming(spider: ApiSpider) -> set[str]:
    """The kinds that the spider may bring, as far as its endpoints tell."""
    kinds = {"edge", "listing", "crawl", spider.subject}
    for endpoint in _endpoints(spider, spider.chosen):
        kinds.update(endpoint.kinds)
    return kinds


def _is_chosen(options: dict[str, Any]) -> bool:
    return any(options.get(name) for name in ("fields", "item_classes", "item_filter"))


def _check_columns(uri: str, kind: str, options: dict[str, Any]) -> None:
    """Raises ArgumentError if records cannot be appended to an existing file."""
    path = Path(urlsplit(uri).path)
    if options.get("overwrite") or options.get("item_export_kwargs") or not (path.is_file() and path.stat().st_size):
        return
    columns = header_of(path, options["encoding"])
    if len(set(columns)) < len(columns):
        raise ArgumentError(f"{uri}: has two columns of the same name: give -O, or another name")
    if lacking := [name for name in records.FIELDS[kind] if name not in columns]:
        raise ArgumentError(f"{uri}: has no columns for {', '.join(lacking)}: give -O, or another name")
