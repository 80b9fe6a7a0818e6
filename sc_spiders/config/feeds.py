"""Completes FEEDS, or refuses outputs that cannot be written."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import build_from_crawler, load_object

from sc_spiders import records
from sc_spiders.errors import ArgumentError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

_FOLDER = "output/%(name)s/%(stamp)s"
ENDINGS = {"jsonl": "jsonlines", "csv": "csv"}
# Outputs that a resumed crawl can truncate, and stdout.
_LOCAL = frozenset({"", "file", "stdout"})
# Formats that are written page by page.
_FORMATS = frozenset({"jsonlines", "jsonl", "jl", "csv"})
CANNOT_CUT = "a compressed output cannot be truncated after a kill; compress it when the crawl is over"
CANNOT_WRITE = "this format cannot be written page by page; use .jsonl or .csv, and `scrapy export` for other formats"
_NO_BATCHES = "{}: batches are not supported, because an item is a page; split the file when the crawl is over"


def feeds(settings: BaseSettings) -> dict[str, Any]:
    """FEEDS with all options: without a given output one file for each kind, and a file for rejected objects.

    Raises ArgumentError for a CSV of several kinds, and for a format that cannot be written page by page.
    """
    if settings["FEED_EXPORT_BATCH_ITEM_COUNT"] not in (0, "0", None, ""):
        raise ArgumentError(_NO_BATCHES.format("FEED_EXPORT_BATCH_ITEM_COUNT"))
    folder = _FOLDER
    if settings["SC_REDIS_URL"]:
        folder += "/%(worker)s"
    given = settings.getdict("FEEDS")
    if given:
        return _completed(settings, given, folder)
    return _default_feeds(settings, folder)


def _default_feeds(settings: BaseSettings, folder: str) -> dict[str, Any]:
    ending = settings["SC_FORMAT"]
    complete: dict[str, Any] = {}
    for kind in kinds_of(settings):
        complete[f"{folder}/{kind}.{ending}"] = _feed(_written(settings, {"format": ENDINGS[ending]}), kind)
    complete[f"{folder}/rejected.jsonl"] = _feed({"format": "jsonlines"}, "rejected")
    return complete


def _completed(settings: BaseSettings, given: dict[Any, dict[str, Any]], folder: str) -> dict[str, Any]:
    """The given outputs, and a file for rejected objects beside the first of them."""
    kinds = kinds_of(settings)
    complete: dict[str, Any] = {}
    places: dict[str, str] = {}
    for uri, options in given.items():
        name = str(uri)
        other = places.setdefault(_place(name), name)
        if other != name:
            raise ArgumentError(f"{other} and {name} are the same file: name it once")
        _check_feed(name, options, kinds)
        if settings["SC_REDIS_URL"] and options.get("overwrite") and "%(worker)s" not in name:
            raise ArgumentError(
                f"with SC_REDIS_URL each worker would truncate {name} of the others: give -o, or a name with %(worker)s"
            )
        complete[name] = _feed(_written(settings, options), *kinds)
    first = next(iter(complete))
    complete[_beside(first, folder)] = _feed(
        {"format": "jsonlines", "overwrite": complete[first].get("overwrite", False)}, "rejected"
    )
    return complete


def _place(name: str) -> str:
    """The place of an output. All names of one file give the same place."""
    if "://" in name:
        return name
    return str(Path(name).absolute().resolve())


def _check_feed(name: str, options: dict[str, Any], kinds: list[str]) -> None:
    """Raises ArgumentError for an output that cannot be written page by page, or not with these kinds."""
    if options.get("format") not in _FORMATS:
        raise ArgumentError(f"{name} ({options.get('format')}): {CANNOT_WRITE}")
    if options.get("batch_item_count"):
        raise ArgumentError(_NO_BATCHES.format(f"{name}: batch_item_count"))
    if options.get("postprocessing"):
        raise ArgumentError(f"{name}: {CANNOT_CUT}")
    if options.get("format") == "csv" and len(kinds) > 1:
        raise ArgumentError(
            f"a CSV file holds one kind of record, and {name} would get several: choose one with SC_KINDS (such as "
            "-s SC_KINDS=edge), or omit -o and set SC_FORMAT=csv for one file per kind"
        )


def kinds_of(settings: BaseSettings) -> list[str]:
    """The kinds of records that are written (`SC_KINDS`)."""
    return [kind.strip() for kind in settings.getlist("SC_KINDS") if kind.strip()] or list(records.FIELDS)


def _written(settings: BaseSettings, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a feed. A CSV feed gets further options from our settings."""
    if options.get("format") != "csv":
        return options
    given = options.get("item_export_kwargs", {})
    return {**options, "item_export_kwargs": {**given, "safe": settings.getbool("SC_CSV_SAFE")}}


def _feed(options: dict[str, Any], *kinds: str) -> dict[str, Any]:
    return {
        "overwrite": False,
        "store_empty": False,
        "uri_params": "sc_spiders.feeds.exporter.uri_params",
        "item_filter": "sc_spiders.feeds.formats.KindFilter",
        **options,
        "item_export_kwargs": {**options.get("item_export_kwargs", {}), "kinds": kinds},
    }


def _beside(uri: str, folder: str) -> str:
    """The file for rejected objects: beside the output if that is a file, else in the default folder."""
    if uri.startswith("stdout:") or uri == "-":
        return f"{folder}/rejected.jsonl"
    head, slash, name = uri.rpartition("/")
    return f"{head}{slash}{name.rpartition('.')[0] or name}.rejected.jsonl"


def check_storage(crawler: Crawler, settings: BaseSettings, uri: str, options: dict[str, Any]) -> None:
    """Raises ArgumentError if the output cannot be stored there. Scrapy would only switch its feed exports off."""
    scheme = urlsplit(uri).scheme
    if scheme in _LOCAL or PureWindowsPath(uri).drive:
        return
    if settings["JOBDIR"] or settings["SC_REDIS_URL"]:
        raise ArgumentError(
            f"{uri}: with JOBDIR or SC_REDIS_URL a crawl can write files only: give "
            "-o FILE.jsonl, and upload it when the crawl is over"
        )
    storage = settings.getwithbase("FEED_STORAGES").get(scheme)
    try:
        if not storage:
            raise NotConfigured(f"there is no storage for {scheme}://")
        build_from_crawler(load_object(storage), crawler, uri, feed_options=options)
    except (NotConfigured, ValueError, AssertionError) as e:
        raise ArgumentError(f"{uri}: cannot be stored there ({e}); write to a file and upload it") from None
