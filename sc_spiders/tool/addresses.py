"""Which spider brings what an address shows, and with which arguments."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from sc_spiders.base_spiders.arguments import did_you_mean
from sc_spiders.base_spiders.targets import URN_KINDS, clean_url, refuse_secrets
from sc_spiders.errors import ArgumentError

# The last part of an address on the site -> the word of `include`.
OF_USER = {
    "likes": "likes",
    "reposts": "reposts",
    "followers": "followers",
    "following": "followings",
    "tracks": "tracks",
    "popular-tracks": "toptracks",
    "albums": "albums",
    "sets": "playlists",
    "comments": "comments",
}
_OF_TRACK = {
    "likes": "likers",
    "reposts": "reposters",
    "comments": "comments",
    "sets": "playlists",
    "albums": "albums",
    "recommended": "related",
}
_OF_PLAYLIST = {"likes": "likers", "reposts": "reposters"}
_OF_ME = {
    "you": "profile",
    "feed": "feed",
    "you/likes": "likes",
    "you/following": "followings",
    "you/sets": "playlists",
    "you/tracks": "tracks",
    "you/history": "history",
}
_SEARCHES = {"": "all", "sounds": "tracks", "people": "users", "albums": "albums", "sets": "playlists"}
_CHARTS = {"": "trending", "new": "trending", "top": "top"}
# Pages of the site that belong to nobody.
_PAGES = frozenset(
    {"charts", "checkout", "discover", "feed", "jobs", "library", "messages", "notifications", "pages", "people",
     "search", "settings", "signin", "stations", "stream", "tags", "terms-of-use", "upload", "you"}
)  # fmt: skip

_SLUG = re.compile(r"[A-Za-z0-9_-]+")
_SHORT_LINK = "on.soundcloud.com"
_ALIKE = 0.85  # how much a word must be like the name of a list, so that it is taken for a slip


@dataclass(frozen=True, slots=True)
class Route:
    """A spider, the word for its subject, and its other arguments."""

    spider: str
    subject: str = ""
    arguments: dict[str, str] = field(default_factory=dict)


def route(word: str) -> Route:
    """Where an address, a permalink, a handle or a URN leads. Raises ArgumentError, whose message names the word."""
    try:
        refuse_secrets(word, is_address=True)
    except ArgumentError as e:
        raise ArgumentError(f"the address {e}") from None
    if not word.isprintable():
        raise ArgumentError(f"{word!a}: holds characters that cannot be printed")
    if word.startswith("soundcloud:"):
        return _of_urn(word)
    if word.startswith("@"):
        return _of_handle(word)
    if word.isdigit():
        raise ArgumentError(f"{word}: an id of what? Put user, track or playlist before it")
    path, query = _parts(word)
    if path.startswith(f"https://{_SHORT_LINK}/"):
        return Route("resolve", path)
    segments = path.split("/")
    found = _of_site(segments, query) or _of_list(segments) or _of_object(segments)
    if not found:
        raise ArgumentError(f"{word}: no address of a user, a track, a playlist or a list{_nearest(segments)}")
    return found


def _parts(word: str) -> tuple[str, dict[str, str]]:
    """The path of an address on the site, and its query; or the whole address of a short link. Raises ArgumentError."""
    address, _, query = word.partition("?")
    path = address.strip("/")
    if "://" in word or "." in path.partition("/")[0]:
        try:
            path = clean_url(address)
        except ArgumentError as e:
            raise ArgumentError(f"{_without_user(address)}: {e}") from None
        if urlsplit(path).hostname != _SHORT_LINK:
            path = urlsplit(path).path.strip("/")
    return path, dict(parse_qsl(query.partition("#")[0]))


def _without_user(address: str) -> str:
    """There may be a password before an @."""
    return address.rpartition("@")[2]


def _of_urn(word: str) -> Route:
    kind = URN_KINDS.get(word.split(":")[1])
    if not kind:
        raise ArgumentError(f"{word}: a URN of what? There are {', '.join(f'soundcloud:{one}:…' for one in URN_KINDS)}")
    return Route(kind, word)


def _of_handle(word: str) -> Route:
    name = word.removeprefix("@")
    if not _SLUG.fullmatch(name):
        raise ArgumentError(f"{word}: no handle; for a file say what is in it, like `sc-spiders user {word}`")
    return Route("user", name)


def _of_site(segments: Sequence[str], query: Mapping[str, str]) -> Route | None:
    """The pages that belong to no user."""
    match segments:
        case ["discover"]:
            return Route("discover", arguments={"hydrate": "0"})
        case ["discover", "sets", _]:
            return Route("playlist", "/".join(segments))
        case ["tags", tag]:
            return Route("tag", unquote(tag))
        case ["stations", "track", user, track]:
            return Route("track", f"{user}/{track}", {"include": "station"})
        case ["search", *kinds] if query.get("q") and "/".join(kinds) in _SEARCHES:
            return Route("search", query["q"], {"type": _SEARCHES["/".join(kinds)]})
        case ["charts", *kinds] if "/".join(kinds) in _CHARTS:
            genre = query.get("genre", "all-music")
            return Route("charts", arguments={"kind": _CHARTS["/".join(kinds)], "genre": genre})
        case _ if own := _OF_ME.get("/".join(segments)):
            return Route("me", arguments={"include": own})
    return None


def _of_list(segments: Sequence[str]) -> Route | None:
    """The lists of a user, a track or a playlist."""
    match segments:
        case [user, name] if name in OF_USER and user not in _PAGES:
            return Route("user", user, {"include": OF_USER[name]})
        case [user, "sets", playlist, name] if name in _OF_PLAYLIST:
            return Route("playlist", f"{user}/sets/{playlist}", {"include": _OF_PLAYLIST[name]})
        case [user, track, "comments"] if track != "sets":
            return Route("track_comments", f"{user}/{track}")
        case [user, track, name] if name in _OF_TRACK and track != "sets":
            return Route("track", f"{user}/{track}", {"include": _OF_TRACK[name]})
    return None


def _of_object(segments: Sequence[str]) -> Route | None:
    """A user, a track or a playlist."""
    if segments[0] in _PAGES or not all(_SLUG.fullmatch(segment) for segment in segments):
        return None
    match segments:
        case [user]:
            return Route("user", user)
        case [user, track]:
            _refuse_slip(user, track)
            return Route("track", f"{user}/{track}")
        case [user, "sets", playlist]:
            return Route("playlist", f"{user}/sets/{playlist}")
    return None


def _refuse_slip(user: str, track: str) -> None:
    """Raises ArgumentError for a word that is nearly the name of a list.

    A track may have that name. The message says how to name the track.
    """
    if near := difflib.get_close_matches(track.lower(), OF_USER, 1, _ALIKE):
        address = f"{user}/{track}"
        raise ArgumentError(f"{address}: did you mean {user}/{near[0]}? If it is a track: `sc-spiders track {address}`")


def _nearest(segments: Sequence[str]) -> str:
    match segments:
        case [page, *_] if page in _PAGES:
            return "; there is /discover, /charts/top, /search?q=…, /tags/…, /you/likes"
        case [_, "sets", _, name]:
            return did_you_mean(name, _OF_PLAYLIST)
        case [_, _, name]:
            return did_you_mean(name, _OF_TRACK)
    return "; it takes forms like forss, forss/likes, forss/flickermood, forss/sets/soulhack"
