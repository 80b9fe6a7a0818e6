"""The title of a page in a person's words: who or what was crawled, how deep, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from .html import counted

_Arguments = dict[str, Any]

# Arguments that name the subject of a crawl.
_SUBJECTS = ("user", "q", "track", "playlist", "tag", "url", "path", "genre", "file", "output")
_FILES = frozenset({"file", "output"})
_COUNTED = {"playback": "plays", "track": "tracks", "comment": "comments", "playlist": "playlists"}
_LISTS = {"toptracks": "top tracks"}
_STEPS = {"1": "one step deep", "2": "two steps deep", "3": "three steps deep"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    "December",
)
_NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six"}


def title(crawl: dict[str, Any], who: Iterable[str]) -> str:
    """What a crawl is about. `who`: the names of its seeds; without any, the words of the arguments stand for them."""
    arguments = crawl["arguments"]
    names = list(who) or _words(arguments)
    if make := _TITLES.get(crawl["spider"]):
        return make(arguments, shortened(names))
    if names:
        return f"{crawl['spider']}: {shortened(names)}"
    return str(crawl["spider"])


def together(titles: list[str]) -> str:
    """The title of a data set of these crawls."""
    different = list(dict.fromkeys(titles))
    if not different:
        return "A data set"
    if len(titles) == 1:
        return titles[0]
    count = _NUMBERS.get(len(titles), f"{len(titles):,}")
    if len(different) == 1:
        return f"{count} crawls of the same: {different[0]}"
    if len(different) == 2:
        return f"{count} crawls: {different[0]}; {different[1]}"
    return f"{count} crawls: {different[0]}, and {len(different) - 1} others"


def day(moment: str) -> str:
    """The day of a moment in ISO 8601: 21 November 2026. What is no moment stays as it is."""
    try:
        found = date.fromisoformat(moment[:10])
    except ValueError:
        return moment
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def days(crawls: list[dict[str, Any]]) -> str:
    """The day on which the crawls began, or the first and the last one."""
    first, last = day(crawls[0]["started_at"]), day(crawls[-1]["started_at"])
    if first == last:
        return first
    return f"{first} to {last}"


def number_name(field: str) -> str:
    """What a field counts, for people: `followers` for followers_count, `plays` for playback_count."""
    words = field.removesuffix("_count").replace("_", " ")
    return _COUNTED.get(words, words)


def shortened(several: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B and 3 more`."""
    if len(several) > 3:
        several = [*several[:2], f"{len(several) - 2:,} more"]
    if len(several) < 2:
        return "".join(several)
    return f"{', '.join(several[:-1])} and {several[-1]}"


def _words(arguments: _Arguments) -> list[str]:
    name, given = next(((name, str(arguments[name])) for name in _SUBJECTS if arguments.get(name)), ("", ""))
    if name in _FILES:
        return [Path(given).name]
    return [word.strip().removeprefix("https://") for word in given.split(",") if word.strip()]


def _graph(arguments: _Arguments, who: str) -> str:
    if arguments.get("strategy", "bfs") != "bfs":
        return f"The network around {who}, by {str(arguments['strategy']).replace('_', ' ')}"
    depth = str(arguments.get("depth") or "1")
    return f"The network around {who}, {_STEPS.get(depth, f'{depth} steps deep')}"


def _of(arguments: _Arguments, who: str) -> str:
    """A title for spiders that walk some lists of an object."""
    included = str(arguments.get("include") or "profile").replace("_", " ").split(",")
    lists = [_LISTS.get(one.strip(), one.strip()) for one in included if one.strip() != "profile"]
    if lists:
        return f"{who}: {shortened(lists)}"
    return who


def _search(arguments: _Arguments, who: str) -> str:
    kind = str(arguments.get("type") or "all")
    words = f"Search for “{arguments.get('q', '')}”"
    if kind == "all":
        return words
    return f"{words} in {kind}"


def _charts(arguments: _Arguments, who: str) -> str:
    genres = [genre.strip().replace("-", " ") for genre in str(arguments.get("genre") or "all-music").split(",")]
    return f"{str(arguments.get('kind') or 'trending').capitalize()} charts: {shortened(genres)}"


def _featured(arguments: _Arguments, who: str) -> str:
    genres = [genre.strip().replace("-", " ") for genre in str(arguments.get("genre") or "all-music").split(",")]
    return f"Featured tracks: {shortened(genres)}"


def _changes(arguments: _Arguments, who: str) -> str:
    if arguments.get("apply"):
        return f"Changes of an account, by the plan {Path(str(arguments.get('plan') or '')).name}"
    return "What a plan would change"


_TITLES: dict[str, Callable[[_Arguments, str], str]] = {
    "user_graph": _graph,
    "user": _of,
    "track": _of,
    "playlist": lambda arguments, who: f"The playlist {_of(arguments | {'include': 'profile'}, who)}",
    "track_comments": lambda arguments, who: f"Comments on {who}",
    "search": _search,
    "charts": _charts,
    "discover": lambda arguments, who: "The discover page",
    "featured": _featured,
    "tag": lambda arguments, who: f"Tracks with the tag {arguments.get('tag', '')}",
    "resolve": lambda arguments, who: f"What {who} leads to",
    "resource": lambda arguments, who: f"What the API gives for {who}",
    "me": lambda arguments, who: _of(arguments, "My account"),
    "apply": _changes,
    "hydrate": lambda arguments, who: f"The records of {who}",
    "recheck": lambda arguments, who: f"What is gone of {who}",
}


def summed(counts: dict[str, int]) -> str:
    """What a data set holds, for people: `2,804 accounts, 120 tracks`."""
    words = {"user": "account", "track": "track", "playlist": "playlist", "comment": "comment", "selection": "shelf"}
    parts = [counted(counts[kind], word) for kind, word in words.items() if counts.get(kind)]
    parts += [counted(counts[kind], kind) for kind in ("action", "message", "activity") if counts.get(kind)]
    if counts.get("gone"):
        parts.append(f"{counts['gone']:,} gone")
    if counts.get("edge"):
        parts.append(counted(counts["edge"], "relation"))
    return ", ".join(parts).replace("shelfs", "shelves").replace("activitys", "activities") or "no records"
