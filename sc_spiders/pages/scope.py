"""Whose list, or which object, an address of the API is of: what is asked for by name is answered under that name.

A next page, and a redirect, may be written otherwise than what was asked for (a URN for a number, percent-encoding, the
case of letters, a path that names nobody, such as the public API's `/collection`). It may not name somebody else, nor
be a place where either API has another list.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import parse_qsl, unquote

from sc_spiders.api import APIS, CATALOGUE
from sc_spiders.pages.listing import Listing

__all__ = ["is_foreign", "leads_astray", "moved"]

_ME = "me"
_ASKED = "asked"  # in a listing's extra: the path of its first page, where that of a later one differs
_DECODINGS = 3  # what was encoded more often is somebody's trick, and names nobody
_NUMBERED = frozenset({"users", "tracks", "playlists", "comments", "system-playlists"})
_URN = re.compile(r"soundcloud:(\w[\w-]*):0*([0-9]{1,20})")
# Parameters that say what a list is of, where its path does not.
_SAYING = ("q", "kind", "genre")
_WHO = frozenset({"one", "any", "redirect"})  # shapes of answers that may be about whom the question does not name

Place = tuple[str, ...]


def is_foreign(listing: Listing, api: str, url: str) -> bool:
    """Whether this path and query of an API is of another list than the listing's."""
    path, _, query = url.partition("?")
    asked = _asked(listing)
    if path != asked and _is_other(listing, api, _place(asked), _place(path)):
        return True
    return _says_other(listing.params, query)


def leads_astray(listing: Listing, api: str, url: str) -> bool:
    """Whether a redirect to this path and query leads to another list or object than what was asked for.

    Whoever asks which object something is (an address, a permalink, the token's user) is answered by a redirect to any.
    """
    place = _place(url.partition("?")[0])
    asked = _place(_asked(listing))
    if listing.spec.shape in _WHO and not _names(asked) - {_ME}:
        return _ME in _names(place) - _names(asked)
    return is_foreign(listing, api, url)


def moved(listing: Listing, url: str) -> None:
    """Remember whose list it is, before the listing goes on at an address that may not say so."""
    asked = listing.url.partition("?")[0]
    if url.partition("?")[0] != asked:
        listing.extra.setdefault(_ASKED, asked)


def _asked(listing: Listing) -> str:
    asked: str = listing.extra.get(_ASKED) or listing.url.partition("?")[0]
    return asked


def _is_other(listing: Listing, api: str, asked: Place, place: Place) -> bool:
    """Whether these are places of two lists."""
    allowed = _names(asked)
    own = place
    if listing.spec.auth == "user":
        user = (listing.subject or _ME).lower()
        asked, own = _own(asked, user), _own(place, user)
        allowed |= {_ME, user}
    if own == asked:
        return False
    known = _places(api, listing.endpoint)
    return _is_known(place, known) or _is_known(own, known) or not _names(place) <= allowed


def _own(place: Place, user: str) -> Place:
    """The place as the user calls it whose token is sent: `/me/likes` for `/users/7/likes`."""
    if place[:1] != ("users",) or place[1:2] != (user,):
        return place
    return (_ME, *place[2:])


def _says_other(params: dict[str, str], query: str) -> bool:
    own = {name: params[name] for name in _SAYING if name in params}
    if not own:
        return False
    said = dict(parse_qsl(query))
    return any(name in said and _plain(said[name]) != _plain(value) for name, value in own.items())


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _place(path: str) -> Place:
    """The parts of a path, decoded, in small letters, with the URN in the place of each number of an object."""
    for _ in range(_DECODINGS):
        path = unquote(path)
    parts: list[str] = []
    for part in path.lower().split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(_called(part, parts[-1] if parts else ""))
    return tuple(parts)


def _called(part: str, before: str) -> str:
    if before in _NUMBERED and part.isascii() and part.isdigit():
        part = f"soundcloud:{before}:{part}"
    urn = _URN.fullmatch(part)
    return f"soundcloud:{urn[1]}:{urn[2]}" if urn else part


def _names(place: Place) -> set[str]:
    return {part for part in place if part == _ME or part.startswith("soundcloud:")}


def _is_known(place: Place, known: tuple[Place, ...]) -> bool:
    """Whether there is something of its own at that place."""
    return any(len(one) == len(place) and all(map(_fits, one, place)) for one in known)


def _fits(template: str, part: str) -> bool:
    before, argument, _ = template.partition("{")
    return part.startswith(before) if argument else part == template


@cache
def _places(api: str, endpoint: str) -> tuple[Place, ...]:
    """The templates of all places that the catalogue knows in either API.

    Without that of this endpoint in the other API: it is the same list there.
    """
    own = {CATALOGUE[endpoint].path(other) for other in APIS if other != api}
    paths = {
        one.path(of)
        for one in CATALOGUE.values()
        for of in APIS
        if one.host == "api" and one.shape != "any" and (of == api or one.path(of) not in own)
    }
    return tuple(tuple(filter(None, path.split("/"))) for path in sorted(filter(None, paths)))
