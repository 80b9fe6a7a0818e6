"""Checks the fields that a line of a plan wants, and takes them into its action."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from sc_spiders.actions.action import Action, Row
from sc_spiders.api.writes import FLAGS, LONGEST_PLAYLIST, PLAYLIST_FIELDS, TRACK_FIELDS
from sc_spiders.errors import ArgumentError

_FIELDS = {"playlist": PLAYLIST_FIELDS, "track": TRACK_FIELDS, "comment": frozenset({"body", "timestamp"})}
# An address with a scheme, or a word with a dot before its last two or more letters, as all names of hosts are.
_LINK = re.compile(r"(?<!\w)\w++://|(?<![\w-])[\w-]++\.(?:[^\W\d_]{2,}|xn--[\w-]+)(?!\w)", re.IGNORECASE)
_TRACK = re.compile(r"soundcloud:tracks:[1-9][0-9]{0,18}|@.+")
_TRACKS = "tracks is a list of URNs, or an object with the lists 'add' and 'remove'"


def take_body(action: Action, row: Row, name: str) -> None:
    """Take the object `name` of a line. Raises ArgumentError."""
    body = row.get(name)
    if not isinstance(body, dict) or not body:
        raise ArgumentError(f"{action.do} needs an object {name!r} with fields")
    body = dict(body)
    if action.do == "playlist" and "tracks" in body:
        _take_tracks(action, body.pop("tracks"))
    if unknown := body.keys() - _FIELDS[name]:
        raise ArgumentError(f"{name} has no field {min(unknown)!r}; it has {', '.join(sorted(_FIELDS[name]))}")
    for field, value in body.items():
        _check_value(field, value)
    action.after |= body
    _CHECKS.get(action.do, _nothing)(body, row)


def _take_tracks(action: Action, tracks: Any) -> None:
    if isinstance(tracks, dict):
        if not tracks or tracks.keys() - {"add", "remove"} or not all(map(_is_words, tracks.values())):
            raise ArgumentError(_TRACKS)
        _check_once(list(chain.from_iterable(tracks.values())), "among the tracks to add and to remove")
        action.edit = tracks
        return
    if not _is_words(tracks):
        raise ArgumentError(_TRACKS)
    if len(tracks) > LONGEST_PLAYLIST:
        raise ArgumentError(f"a playlist takes {LONGEST_PLAYLIST} tracks, not {len(tracks):,}")
    _check_once(tracks, "in the playlist")
    action.after["tracks"] = list(tracks)


def _check_once(tracks: list[str], place: str) -> None:
    ((track, count),) = Counter(tracks).most_common(1) or (("", 0),)
    if count > 1:
        raise ArgumentError(f"{track} is {place} twice")


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and _TRACK.fullmatch(one) for one in value)


def _check_value(name: str, value: Any) -> None:
    kind, words = _type(name)
    is_negative = isinstance(value, int) and value < 0
    if type(value) is not kind or is_negative:
        raise ArgumentError(f"{name} is {value!r}; it takes {words}")
    if name == "sharing" and value not in ("public", "private"):
        raise ArgumentError(f"sharing is {value!r}; it takes public or private")


def _type(name: str) -> tuple[type, str]:
    if name in FLAGS:
        return bool, "true or false"
    if name == "timestamp":
        return int, "milliseconds"
    return str, "text"


def _nothing(body: Row, row: Row) -> None:
    pass


def _check_upload(body: Row, row: Row) -> None:
    if not body.get("title"):
        raise ArgumentError("upload needs a title")


def _check_playlist(body: Row, row: Row) -> None:
    if row.get("target") is None and not body.get("title"):
        raise ArgumentError("a new playlist needs a title")


def _check_comment(body: Row, row: Row) -> None:
    if not body.get("body", "").strip():
        raise ArgumentError("a comment needs a body")
    if found := _LINK.search(_seen(body["body"])):
        raise ArgumentError(
            f"a comment holds a link ({found[0]!r}); apply sends none, because spam is made of them. "
            "If it is none, put a space after the dot"
        )


def _seen(text: str) -> str:
    """The text as browsers read addresses: full stops of all scripts are dots, and signs without width do not count."""
    plain = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    return "".join(character for character in plain if unicodedata.category(character) != "Cf")


_CHECKS: Mapping[str, Callable[[Row, Row], None]] = {
    "upload": _check_upload,
    "playlist": _check_playlist,
    "comment": _check_comment,
}
