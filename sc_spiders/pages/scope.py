"""Checks whether a next page or redirect leads to the same list or object.

The path may be spelled differently: with a URN instead of a number, percent-encoded, in upper case, or without a
subject, such as the public API's `/collection`. But it must not name another subject, and it must not be the path of
another list in either API.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import parse_qsl, unquote

from sc_spiders.api import APIS, CATALOGUE
from sc_spiders.pages.listing import Listing

__all__ = ["is_foreign", "leads_astray", "moved"]

_ME = "me"
_ASKED = "asked"  # in a listing's extra: the path of its first page, if that of a later page differs
_DECODINGS = 3  # a path that is encoded more often is an attack
_NUMBERED = frozenset({"users", "tracks", "playlists", "comments", "system-playlists"})
_URN = re.compile(r"soundcloud:(\w[\w-]*):0*([0-9]{1,20})")
# Parameters that name the subject of a list, if its path does not.
_SAYING = ("q", "kind", "genre")
_WHO = frozenset({"one", "any", "redirect"})  # shapes whose answer may be about a subject that is not in the request

Place = tuple[str, ...]


def is_foreign(listing: Listing, api: str, url: str) -> bool:
    """Whether this path and query of an API belong to another list than the listing's."""
    path, _, query = url.partition("?")
    asked = _asked(listing)
    if path != asked and _is_other(listing, api, _place(asked), _place(path)):
        return True
    return _says_other(listing.params, query)


def leads_astray(listing: Listing, api: str, url: str) -> bool:
    """Whether a redirect to this path and query leads to another list or object than requested.

    A request that resolves an address, a permalink or the token's user may be redirected to any object.
    """
    place = _place(url.partition("?")[0])
    asked = _place(_asked(listing))
    if listing.spec.shape in _WHO and not _names(asked) - {_ME}:
        return _ME in _names(place) - _names(asked)
    return is_foreign(listing, api, url)


def moved(listing: Listing, url: str) -> None:
    """Remember the path of the first page, if the next page has another path."""
    asked = listing.url.partition("?")[0]
    if url.partition("?")[0] != asked:
        listing.extra.setdefault(_ASKED, asked)


def _asked(listing: Listing) -> str:
    asked: str = listing.extra.get(_ASKED) or listing.url.partition("?")[0]
    return asked


def _is_other(listing: Listing, api: str, asked: Place, place: Place) -> bool:
    """Whether these two places belong to different lists."""
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
    """The place with `me` instead of the token's own user: `/me/likes` for `/users/7/likes`."""
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
    """The parts of a path, decoded and in lower case. URNs replace the objects' numbers."""
    for _ in range(_DECODINGS):
        path = unquote(path)
    parts: list[str] = []
    for part in path.lower().split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(_called(part, parts))
    return tuple(parts)


def _called(part: str, before: list[str]) -> str:
    """A part of a path in one spelling: an object's number becomes its URN, and a URN loses leading zeros."""
    if before and before[-1] in _NUMBERED and part.isascii() and part.isdigit():
        part = f"soundcloud:{before[-1]}:{part}"
    urn = _URN.fullmatch(part)
    if urn:
        return f"soundcloud:{urn[1]}:{urn[2]}"
    return part


def _names(place: Place) -> set[str]:
    return {part for part in place if part == _ME or part.startswith("soundcloud:")}


def _is_known(place: Place, known: tuple[Place, ...]) -> bool:
    """Whether another endpoint has that place."""
    return any(len(one) == len(place) and all(map(_fits, one, place)) for one in known)


def _fits(template: str, part: str) -> bool:
    before, argument, _ = template.partition("{")
    if argument:
        return part.startswith(before)
    return part == template


@cache
def _places(api: str, endpoint: str) -> tuple[Place, ...]:
    """The templates of all places in the catalogue, of both APIs.

    The other API's place of this endpoint is left out: it is the same list.
    """
    (other,) = (one for one in APIS if one != api)
    listed = [one for one in CATALOGUE.values() if one.host == "api" and one.shape != "any"]
    paths = {one.path(other) for one in listed}
    paths.discard(CATALOGUE[endpoint].path(other))
    paths |= {one.path(api) for one in listed}
    return tuple(tuple(filter(None, path.split("/"))) for path in sorted(filter(None, paths)))
