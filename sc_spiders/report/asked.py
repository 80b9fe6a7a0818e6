"""Finds the seeds of a crawl: the URNs of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sc_spiders.dataset import Dataset

_KINDS = ("user", "track", "playlist")
_URN = re.compile(r"soundcloud:(?:users|tracks|playlists|system-playlists):.+")
# The parts of an address: the host, the path, and the rest.
_HOST = re.compile(r"(?:https?://)?(?:www\.|m\.)?soundcloud\.com/", re.ASCII)
_WAY = re.compile(r"\A[\w-]+(?:/[\w:.-]+)*", re.ASCII)
_REST = re.compile(r"(?<!/)/*+(?:[?#].*+)?\Z", re.DOTALL)


def seeds(data: Dataset, crawls: Iterable[dict[str, Any]]) -> list[str]:
    """The URNs of the users, tracks and playlists that the arguments of these crawls name, in their order.

    An address is looked up in the records. Seeds in a file (`@FILE`) are not known here.
    """
    found: dict[str, None] = {}
    paths: dict[str, dict[str, str]] = {}
    for kind, word in words(crawls):
        if word.isascii() and word.isdigit():
            found[f"soundcloud:{kind}s:{word}"] = None
        elif _URN.fullmatch(word):
            found[word] = None
        elif address := path(word):
            paths.setdefault(kind, {})[address] = ""
    for kind, wanted in paths.items():
        _look_up(data, kind, wanted)
        found |= dict.fromkeys(filter(None, wanted.values()))
    return list(found)


def _look_up(data: Dataset, kind: str, wanted: dict[str, str]) -> None:
    """Sets the URN of each address in `wanted` that a record of this kind has."""
    for urn, url, permalink in data.rows(f"SELECT urn, permalink_url, permalink FROM {kind}"):
        address = path(url or "") or permalink
        if address in wanted:
            wanted[address] = urn


def words(crawls: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The words of the arguments that name users, tracks or playlists, each with its kind."""
    for crawl in crawls:
        for kind in _KINDS:
            given = str(crawl["arguments"].get(kind) or "")
            if not given.startswith("@"):
                yield from ((kind, word.strip()) for word in given.split(",") if word.strip())


def path(address: str) -> str | None:
    """The path of an address or permalink, such as `forss/flickermood`. None for a short link or another site."""
    rest = _REST.sub("", _HOST.sub("", address, count=1))
    if _WAY.fullmatch(rest):
        return rest
    return None
