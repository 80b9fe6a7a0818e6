"""Next pages and redirects are followed if they lead to the same list, in any spelling, or name no list."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sc_spiders.api import APIS, CATALOGUE, Endpoint
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.pages.scope import is_foreign, leads_astray, moved
from tests.support.answers import http
from tests.support.examples import examples

from .lists import EACH, NAMES, Lists, walked

LISTS = [(one, api) for one in CATALOGUE.values() for api in APIS if one.path(api) and one.shape == "list"]
PLACES = [
    (one, api)
    for one in CATALOGUE.values()
    for api in APIS
    if one.path(api) and one.host == "api" and one.shape != "any"
]
_NOUN = {"playlists": "playlists", "tracks": "tracks", "system-playlists": "system-playlists", "stations": "tracks"}


def noun(endpoint: Endpoint, api: str) -> str:
    parts = (endpoint.path(api) or "").split("/")
    return next((_NOUN[part] for part in parts if part in _NOUN and f"{part}/{{" in "/".join(parts)), "users")


def given_names(endpoint: Endpoint, api: str, number: int) -> dict[str, Any]:
    """The path of that endpoint for the subject with that id."""
    words = {name: f"{name}{number}" for name in ("genre", "tag", "conversation")}
    return {"id": number, "urn": f"soundcloud:{noun(endpoint, api)}:{number}", **words}


def listing_of(endpoint: Endpoint, api: str, number: int) -> Listing:
    names = given_names(endpoint, api, number)
    url, kept = first_page(endpoint, api, **{name: names[name] for name in endpoint.arguments(api)})
    return Listing(endpoint.name, names["urn"], url, kept, id=1)


def path_of(endpoint: Endpoint, api: str, number: int) -> str:
    return (endpoint.path(api) or "").format(**given_names(endpoint, api, number))


@st.composite
def spellings(draw: st.DrawFn, path: str) -> str:
    """Other spellings of a path."""
    parts = []
    before = ""
    for part in path.split("/"):
        numbered = before in ("users", "tracks", "playlists")
        if numbered and part.isdigit() and draw(st.booleans()):
            part = f"soundcloud:{before}:{part}"
        elif numbered and part.startswith(f"soundcloud:{before}:") and draw(st.booleans()):
            part = part.rpartition(":")[2]
        before = part
        part = draw(st.sampled_from([part, part, part.upper(), part.title()]))
        for _ in range(draw(st.integers(0, 2))):
            part = quote(part, safe="")
        parts.append(part + draw(st.sampled_from(["", "", "/", "/.", "/x/.."])))
    return "/".join(parts)


@given(st.data(), st.sampled_from(LISTS), st.integers(1, 2**40))
@examples(200)
def test_the_same_list_is_gone_on_with(draw: st.DataObject, where: tuple[Endpoint, str], number: int) -> None:
    endpoint, api = where
    listing = listing_of(endpoint, api, number)
    own = path_of(endpoint, api, number)
    others = ["/collection", "/e1/pages", "/pages/5"]
    if {"id", "urn"} & set(endpoint.arguments(api)):
        others.append(f"/lists/soundcloud%3A{noun(endpoint, api)}%3A{number}")
    for path in (own, draw.draw(st.sampled_from(others)), draw.draw(spellings(own))):
        url = f"{path}?cursor={draw.draw(st.integers(1, 99))}"

        assert not is_foreign(listing, api, url)
        assert not leads_astray(listing, api, url)
        moved(listing, url)
        listing.url = url


@given(st.data(), st.sampled_from(LISTS), st.integers(1, 2**40), st.integers(1, 2**40))
@examples(300)
def test_another_is_not(draw: st.DataObject, where: tuple[Endpoint, str], number: int, other: int) -> None:
    assume(number != other)
    endpoint, api = where
    listing = listing_of(endpoint, api, number)
    if draw.draw(st.booleans()):
        moved(listing, "/collection?cursor=1")
        listing.url = "/collection?cursor=1"
    there, of = draw.draw(st.sampled_from([one for one in PLACES if one[1] == api or one[0] != endpoint]))
    others = [f"/e1/users/{other}/x", f"/e1/playlists/{other}", path_of(endpoint, api, other)]
    if endpoint.auth != "user":
        others.append("/e1/me/x")
    path = draw.draw(st.sampled_from([*others, path_of(there, of, number), path_of(there, of, other)]))
    # The token's user has two names, and some paths do not depend on the id.
    assume(mine(path, number, endpoint) != mine(path_of(endpoint, api, number), number, endpoint))
    for written in (path, draw.draw(spellings(path))):
        assert is_foreign(listing, api, f"{written}?cursor=2"), written
        assert leads_astray(listing, api, f"{written}?cursor=2"), written


def mine(path: str, number: int, endpoint: Endpoint) -> str:
    """The path with `me`, if the endpoint is only for the token's user."""
    for name in (f"/users/{number}", f"/users/soundcloud:users:{number}") if endpoint.auth == "user" else ():
        if path == name or path.startswith(name + "/"):
            return "/me" + path.removeprefix(name)
    return path


@pytest.mark.parametrize("of", ["q=y", "q=X%20y", "q=", "q=xy&cursor=1"])
def test_a_search_for_something_else_is_another(of: str) -> None:
    url, kept = first_page(CATALOGUE["search"], "v2", query={"q": "x y"})
    listing = Listing("search", "search:all:x y", url, kept)

    assert is_foreign(listing, "v2", f"/search?{of}") == (of in ("q=y", "q=xy&cursor=1"))
    assert is_foreign(listing, "v2", f"/search/users?{of}")


@pytest.mark.parametrize(
    ("asked", "to", "astray"),
    [
        ("/resolve", "/tracks/soundcloud:tracks:5", False),
        ("/users/forss", "/users/183", False),
        ("/users/forss", "/me", True),
        ("/me", "/users/183", False),
        ("/users/183", "/users/soundcloud%3Ausers%3A183", False),
        ("/users/183", "/users/184", True),
        ("/users/183", "/tracks/183", True),
        ("/users/183/followings", "/users/184/followings", True),
    ],
)
def test_who_asks_whom_something_is_may_be_led_to_anybody(asked: str, to: str, astray: bool) -> None:
    assert leads_astray(Listing("resource", asked, asked), "public", to) == astray


OTHERS = (
    "/users/7000/followers",
    "/me/followers",
    "/tracks/7000/comments",
    "/playlists/7000/tracks",
    "/users/soundcloud:users:7000/x",
)


@pytest.mark.parametrize(("spider", "api", "given_"), EACH, ids=NAMES)
def test_nothing_comes_of_another_list(spider: str, api: str, given_: dict[str, Any], tmp_path: Path) -> None:
    others = [one for one in OTHERS if "/me" not in one or (spider != "me" and "/me" not in str(given_))]

    def href(path: str) -> str:
        return f"{others[crc32(path.encode()) % len(others)]}?cursor=2"

    server = Lists(api, lambda path, turn: http(200, {"collection": [], "next_href": None}), href=href)
    found = server.crawl(spider, tmp_path, **given_)

    assert {(one["ended"], one["error"], one["fetched"], one["complete"]) for one in walked(found, api)} == {
        ("error", "foreign_path", 1, False)
    }
    assert not [path for path in found.stats["asked"] if "#" in path]
    assert found.code == 1


@pytest.mark.parametrize(
    "href", ["/collection?cursor=2", "/users/soundcloud%3Ausers%3A1/followers?cursor=2", "?cursor=2"]
)
@pytest.mark.parametrize("api", APIS)
def test_a_path_of_none_or_of_the_same_is_asked(href: str, api: str, tmp_path: Path) -> None:
    second = http(200, {"collection": [], "next_href": None})
    server = Lists(api, lambda path, turn: second, href=lambda path: href)
    found = server.crawl("user_graph", tmp_path, user=1, relations="followers")

    assert [one["ended"] for one in walked(found, api)] == ["end"]
    assert sum(found.stats["asked"].values()) == 3
