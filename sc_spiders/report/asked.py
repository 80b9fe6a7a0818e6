"""Whom and what a crawl was asked about: the URNs behind the words of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sc_spiders.dataset import Dataset

_KINDS = ("user", "track", "playlist")
_URN = re.compile(r"soundcloud:(?:users|tracks|playlists|system-playlists):.+")
# What may stand before the path of an address; the path; and what may stand behind it.
_HOST = re.compile(r"(?:https?://)?(?:www\.|m\.)?soundcloud\.com/", re.ASCII)
_WAY = re.compile(r"\A[\w-]+(?:/[\w:.-]+)*", re.ASCII)
_REST = re.compile(r"(?<!/)/*+(?:[?#].*+)?\Z", re.DOTALL)


def seeds(data: Dataset) -> list[str]:
    """The URNs of the users, tracks and playlists that the arguments name, in their order.

    An address is looked up in the records. What a file (`@FILE`) names is not known here.
    """
    found: dict[str, None] = {}
    paths: dict[str, dict[str, str]] = {}
    for kind, word in words(data):
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
    """Puts the URN behind each address of `wanted` that a record of this kind has."""
    for row in data.records(kind):
        address = path(row["permalink_url"] or "") or row["permalink"]
        if address in wanted:
            wanted[address] = row["urn"]


def words(data: Dataset) -> Iterator[tuple[str, str]]:
    """Each word of the arguments that names a user, track or playlist, with that kind."""
    for crawl in data.crawls:
        for kind in _KINDS:
            given = str(crawl["arguments"].get(kind) or "")
            if not given.startswith("@"):
                yield from ((kind, word.strip()) for word in given.split(",") if word.strip())


def path(address: str) -> str | None:
    """What names the thing in an address or permalink: `forss/flickermood`. None for a short link or another site."""
    rest = _REST.sub("", _HOST.sub("", address, count=1))
    if _WAY.fullmatch(rest):
        return rest
    return None
