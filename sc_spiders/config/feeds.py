"""Completes FEEDS: the default outputs, and a file for rejected objects."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sc_spiders import records
from sc_spiders.errors import ArgumentError
from sc_spiders.frontier.fingerprint import chosen_kinds

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_HOME = "output/%(name)s"
_FOLDER = f"{_HOME}/%(stamp)s"
ENDINGS = {"jsonl": "jsonlines", "csv": "csv"}

_FILES = frozenset({"", "file"})


def feeds(settings: BaseSettings) -> dict[str, Any]:
    """FEEDS with all options. If no output is given, there is one file for each kind of records.

    There is always a file for rejected objects. Each feed has `kinds`: the kinds of its records. Raises ArgumentError
    if two outputs are one file.
    """
    folder = _FOLDER
    if settings["SC_REDIS_URL"]:
        folder += "/%(worker)s"
    given = settings.getdict("FEEDS")
    if given:
        return _completed(settings, given, folder)
    return _default_feeds(settings, folder)


def home(name: str) -> Path:
    """The folder in which a spider's crawls have their output folders. `name`: the spider's."""
    return Path(_HOME % {"name": name})


def kinds_of(settings: BaseSettings) -> list[str]:
    """The kinds of records that are written (`SC_KINDS`)."""
    return chosen_kinds(settings) or list(records.FIELDS)


def _default_feeds(settings: BaseSettings, folder: str) -> dict[str, Any]:
    ending = settings["SC_FORMAT"]
    options = {"format": ENDINGS[ending], "overwrite": False, "store_empty": False}
    complete: dict[str, Any] = {}
    for kind in (*kinds_of(settings), records.ITEM):
        complete[f"{folder}/{kind}.{ending}"] = {**options, "kinds": (kind,)}
    complete[f"{folder}/rejected.jsonl"] = _for_rejected({})
    return complete


def _completed(settings: BaseSettings, given: dict[Any, dict[str, Any]], folder: str) -> dict[str, Any]:
    """The given outputs, and a file for rejected objects beside the first of them."""
    kinds = (*kinds_of(settings), records.ITEM)
    complete: dict[str, Any] = {}
    places: dict[str, str] = {}
    for uri, options in given.items():
        name = str(uri)
        other = places.setdefault(_place(name), name)
        if other != name:
            raise ArgumentError(f"{other} and {name} are the same file: name it once")
        complete[name] = {**options, "kinds": kinds}
        if is_file(name):
            complete[name].setdefault("overwrite", False)
    first = next(iter(complete))
    complete[_beside(first, folder)] = _for_rejected(complete[first])
    return complete


def _for_rejected(beside: dict[str, Any]) -> dict[str, Any]:
    """The options of a file for rejected objects, whatever FEED_EXPORT_* says. `beside`: its neighbour's options."""
    shared = {name: beside[name] for name in ("uri_params",) if name in beside}
    return {
        "format": "jsonlines",
        "kinds": ("rejected",),
        "overwrite": beside.get("overwrite", False),
        "store_empty": False,
        "encoding": "utf-8",
        "fields": None,
        "indent": None,
        "batch_item_count": 0,
        **shared,
    }


def _place(name: str) -> str:
    """The place of an output. All names of one file give the same place."""
    if "://" in name:
        return name
    return str(Path(name).absolute().resolve())


def is_file(uri: str) -> bool:
    return urlsplit(uri).scheme in _FILES or bool(PureWindowsPath(uri).drive)


def _beside(uri: str, folder: str) -> str:
    """The file for rejected objects: beside the output if that is a file, else in the default folder."""
    if not is_file(uri) or is_stream(uri):
        return f"{folder}/rejected.jsonl"
    head, slash, name = uri.rpartition("/")
    return f"{head}{slash}{name.rpartition('.')[0] or name}.rejected.jsonl"


def is_stream(uri: str) -> bool:
    path = Path(urlsplit(uri).path)
    return path.is_fifo() or path.is_char_device()
