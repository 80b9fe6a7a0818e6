"""Refuses feeds that cannot be written as their options say."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exporters import BaseItemExporter, JsonItemExporter, JsonLinesItemExporter, XmlItemExporter
from scrapy.extensions.postprocessing import PostProcessingManager
from scrapy.utils.conf import feed_complete_default_values_from_settings
from scrapy.utils.misc import build_from_crawler, load_object

from sc_spiders import records
from sc_spiders.config.feeds import is_file, is_stream
from sc_spiders.errors import ArgumentError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

_KNOWN = frozenset(
    {
        "batch_item_count",
        "encoding",
        "fields",
        "format",
        "indent",
        "item_classes",
        "item_export_kwargs",
        "item_filter",
        "kinds",
        "overwrite",
        "postprocessing",
        "store_empty",
        "uri_params",
    }
)
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "indent": ((int, type(None)), "a number"),
    "item_export_kwargs": ((dict,), "an object"),
    "overwrite": ((bool, type(None)), "true or false"),
    "store_empty": ((bool, type(None)), "true or false"),
}
_LISTS = frozenset({"item_classes", "postprocessing"})
_OPTIONS_WITH_OBJECTS = ("item_filter", "item_classes", "postprocessing", "uri_params")
_BATCH = re.compile(r"%\(batch_time\)s|%\(batch_id\)")
_TO_GO_ON = "with JOBDIR or SC_REDIS_URL an output is cut back after a kill, which"


def can_resume(settings: BaseSettings, completed: Mapping[str, dict[str, Any]]) -> bool:
    """Whether a later process could resume a killed crawl with these outputs, in the default folder."""
    if settings["SC_REDIS_URL"] or settings["FEED_URI_PARAMS"]:  # these may lead elsewhere
        return False
    exporters = settings.getwithbase("FEED_EXPORTERS")
    for uri, options in completed.items():
        complete = feed_complete_default_values_from_settings(options, settings, uri)
        if any(_not_resumable(settings, exporters, uri, complete)):
            return False
    return True


def check_feeds(crawler: Crawler, settings: BaseSettings, completed: Mapping[str, dict[str, Any]]) -> None:
    """Raises ArgumentError if a feed cannot be written as its options say. Scrapy would fail at the first item."""
    exporters = settings.getwithbase("FEED_EXPORTERS")
    storages = settings.getwithbase("FEED_STORAGES")
    for uri, options in completed.items():
        complete = feed_complete_default_values_from_settings(options, settings, uri)
        for problem in (
            *_unknown(complete),
            *_bad_storage(crawler, storages, uri, options),
            *_bad_format(crawler, settings, exporters, complete),
            *_bad_batches(uri, complete),
        ):
            raise ArgumentError(f"{uri}: {problem}")
        if settings["JOBDIR"] or settings["SC_REDIS_URL"]:
            for problem in _not_resumable(settings, exporters, uri, complete):
                raise ArgumentError(f"{uri}: {problem}")
        for problem in _bad_file(exporters, uri, complete):
            raise ArgumentError(f"{uri}: {problem}")


def _unknown(options: dict[str, Any]) -> Iterator[str]:
    """Options that Scrapy does not know, values of a wrong type, and names of Python that lead nowhere."""
    own = any(options.get(name) for name in ("item_filter", "postprocessing"))  # these may read options of their own
    for name in options.keys() - _KNOWN:
        near = difflib.get_close_matches(name, _KNOWN, 1, 0.8)
        if near or not own:
            yield f"there is no option {name!r}; there {_listed(near or sorted(_KNOWN - {'kinds'}))}"
    for name, (types, what) in _TYPES.items():
        if not isinstance(options.get(name), types):
            yield f"{name} is {options[name]!r}; it takes {what}"
    for name in _OPTIONS_WITH_OBJECTS:
        yield from _not_importable(name, options.get(name) or ())


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return f"is {names[0]}"
    return f"are {', '.join(names)}"


def _not_importable(name: str, value: Any) -> Iterator[str]:
    if name in _LISTS and not isinstance(value, list | tuple):
        yield f"{name} is {value!r}; it takes a list"
        return
    for path in value if isinstance(value, list | tuple) else (value,):
        try:
            load_object(path)
        except (ImportError, NameError, ValueError, TypeError) as e:
            yield f"{name} names {path!r}, which cannot be imported ({e})"


def _bad_storage(crawler: Crawler, storages: BaseSettings, uri: str, options: dict[str, Any]) -> Iterator[str]:
    scheme = urlsplit(uri).scheme
    storage = storages.get(scheme)
    if is_file(uri):
        if not storage and not PureWindowsPath(uri).drive:
            yield f"FEED_STORAGES has switched files off ({scheme!r}): leave that out"
        return
    if not storage:
        yield f"there is no storage for {scheme}://; write to a file and upload it"
        return
    try:
        urlsplit(uri).port  # noqa: B018  # the exception would show what stands there: a part of the password
    except ValueError:
        yield "its user or password holds a /: write %2F for it (ftp), or set AWS_SECRET_ACCESS_KEY instead (s3)"
        return
    try:
        build_from_crawler(load_object(storage), crawler, uri, feed_options=options)
    except Exception as e:  # any exception of the storage's library
        yield f"cannot be stored there ({e or 'it names no place'}); write to a file and upload it"


def _bad_format(
    crawler: Crawler, settings: BaseSettings, exporters: BaseSettings, options: dict[str, Any]
) -> Iterator[str]:
    formats = {name for name, path in exporters.items() if path}
    if options["format"] not in formats:
        yield f"there is no format {options['format']!r}; there are {', '.join(sorted(formats))}"
        return
    try:
        codecs.lookup(options["encoding"] or "utf-8")
        build_from_crawler(
            _exporter_of(exporters, options),
            crawler,
            BytesIO(),
            fields_to_export=options["fields"],
            encoding=options["encoding"],
            indent=options["indent"],
            **options["item_export_kwargs"],
        )
    except (TypeError, ValueError, LookupError, ImportError) as e:
        yield f"its options do not fit the format {options['format']} ({e})"
        return
    yield from _bad_postprocessing(options)
    yield from _unknown_fields(settings, options)


def _bad_postprocessing(options: dict[str, Any]) -> Iterator[str]:
    if not options.get("postprocessing"):
        return
    try:
        PostProcessingManager(options["postprocessing"], BytesIO(), options).close()
    except Exception as e:  # any exception of the plugin
        yield f"its postprocessing cannot begin ({type(e).__name__}: {e})"


def _is_chosen(options: dict[str, Any]) -> bool:
    return bool(options.get("item_classes") or options.get("item_filter"))


def _unknown_fields(settings: BaseSettings, options: dict[str, Any]) -> Iterator[str]:
    """Fields that no record has. None if pipelines may add them, or if the feed may be for other items."""
    if settings.getdict("ITEM_PIPELINES") or _is_chosen(options):
        return
    known = set[str]().union(*records.FIELDS.values())
    if unknown := [name for name in options["fields"] or () if name not in known]:
        yield f"fields names {', '.join(map(repr, unknown))}, which no kind of record has"


def _bad_batches(uri: str, options: dict[str, Any]) -> Iterator[str]:
    if options["batch_item_count"] and not _BATCH.search(uri):
        yield "batch_item_count (FEED_EXPORT_BATCH_ITEM_COUNT) needs %(batch_id)d or %(batch_time)s in the name"


def _not_resumable(settings: BaseSettings, exporters: BaseSettings, uri: str, options: dict[str, Any]) -> Iterator[str]:
    """Why a killed crawl with this output could not be resumed."""
    yield from _no_file(uri)
    if options.get("postprocessing"):
        yield f"{_TO_GO_ON} does not go with postprocessing: compress it when the crawl is over"
    if options["batch_item_count"]:
        yield f"{_TO_GO_ON} does not go with batches: split the file when the crawl is over"
    if not _goes_on(_exporter_of(exporters, options)):
        yield f"{_TO_GO_ON} does not go with the format {options['format']}: use .jsonl or .csv, and convert it later"
    if "\n".encode(options["encoding"] or "utf-8")[-1:] != b"\n":
        yield f"{_TO_GO_ON} does not go with the encoding {options['encoding']}: use utf-8, or utf-8-sig for Excel"
    if settings["SC_REDIS_URL"] and options.get("overwrite") and "%(worker)s" not in uri:
        yield "with SC_REDIS_URL each worker would truncate the file of the others: give -o, or a name with %(worker)s"


def _no_file(uri: str) -> Iterator[str]:
    """Why nothing can be cut off there."""
    is_stdout = uri.startswith("stdout:")
    if not (is_file(uri) or is_stdout):
        yield f"{_TO_GO_ON} works for files only: give -o FILE.jsonl, and upload it when the crawl is over"
    elif is_stdout or is_stream(uri):
        yield f"{_TO_GO_ON} works for files only: give -o FILE.jsonl"


def _bad_file(exporters: BaseSettings, uri: str, options: dict[str, Any]) -> Iterator[str]:
    """Why records cannot be appended to a file that exists."""
    path = Path(urlsplit(uri).path)
    if options.get("overwrite") or not (is_file(uri) and path.is_file() and path.stat().st_size):
        return
    if _exporter_of(exporters, options) in (JsonItemExporter, XmlItemExporter):
        yield f"exists already, and {options['format']} cannot be appended to: give -O, or another name"


def _exporter_of(exporters: BaseSettings, options: dict[str, Any]) -> type[BaseItemExporter]:
    """The exporter of a feed. Raises ImportError and the like if there is none."""
    found: type[BaseItemExporter] = load_object(exporters[options["format"]])
    return found


def _goes_on(exporter: type[BaseItemExporter]) -> bool:
    """Whether a file of that format is lines that can be cut off and appended to: ours writes no second header."""
    return issubclass(exporter, JsonLinesItemExporter) or hasattr(exporter, "export_rows")
