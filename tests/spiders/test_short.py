"""Lists with fewer rows than announced: which of them are short, which are only counted, and what is logged."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from sc_spiders.api import APIS, CATALOGUE, Endpoint
from sc_spiders.api.hosts import Hosts
from sc_spiders.dataset.completeness import Completeness
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.seen import Seen
from tests.cluster.server import RedisServer
from tests.support.answers import http, playlist, track, user
from tests.support.crawl import Crawl, crawl
from tests.support.server import Server

NOW = "2026-11-21T00:00:00Z"
ANNOUNCED = [(endpoint, api) for endpoint in CATALOGUE.values() for api in endpoint.announced if endpoint.path(api)]


def lists(answers: dict[str, Any], folder: Path, spider: str, settings: dict[str, Any], **given: Any) -> Crawl:
    def script(path: str, turn: int) -> bytes | None:
        if path == "/oauth/token":
            return http(200, {"access_token": "x", "expires_in": 3600})
        given = answers.get(path)
        if given is None:
            return http(404, {})
        return http(200, {"collection": given, "next_href": None} if isinstance(given, list) else given)

    with Server(script) as server:
        urls = {**server.settings, "SC_PUBLIC_URL": server.url, "SC_TOKEN_URL": server.url + "/oauth/token"}
        return crawl(spider, folder, settings={**urls, "SC_CLIENT_SECRET": "b" * 32, **settings}, **given)


@pytest.mark.parametrize(("endpoint", "api"), ANNOUNCED, ids=[f"{one.name}-{api}" for one, api in ANNOUNCED])
def test_a_list_that_gives_nothing_where_something_is_announced_is_short(endpoint: Endpoint, api: Any) -> None:
    path: dict[str, Any] = dict.fromkeys(endpoint.arguments(api), "1")
    url, kept = first_page(endpoint, api, **path)
    for announced, short in ((None, False), (0, False), (670, True)):
        seen = Seen()
        hosts = Hosts.from_settings(Settings())
        reader = PageReader(
            api, hosts, seen, Hydration(seen), lambda *_: [], max_empty=5, raw=False, bidirectional=frozenset()
        )
        listing = Listing(endpoint.name, "soundcloud:users:1", url, kept, announced=announced)
        (record,) = reader.page(listing, {"collection": [], "next_href": None}, NOW).rows["listing"]

        assert (record["ended"], record["error"], record["complete"]) == ("end", "short" if short else None, not short)


@pytest.mark.parametrize(("api", "shown", "short"), [("v2", 2, True), ("v2", 6, False), ("v2", 7, False),
                                                     ("public", 2, True), ("public", 6, False)])  # fmt: skip
def test_a_playlist_that_shows_fewer_tracks_than_it_counts_is_short(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, api: str, shown: int, short: bool
) -> None:
    caplog.set_level(logging.INFO)
    tracks = [track(number) for number in range(1, shown + 1)]
    whole = playlist(5, track_count=6)
    urn = "soundcloud:playlists:5" if api == "public" else "5"
    answers = {f"/playlists/{urn}": {**whole, "tracks": tracks}, f"/playlists/{urn}/tracks": tracks}
    found = lists(answers, tmp_path, "playlist", {"SC_API": api}, playlist=5)

    listing = found.listing("playlist" if api == "v2" else "playlist_tracks")
    assert (listing["ended"], listing["error"], listing["complete"]) == ("end", "short" if short else None, not short)
    assert (listing["announced"], listing["fetched"], found.code) == (6, shown, 0)
    assert (f"short (6 announced, {shown} given)" in caplog.text) is short
    assert ("1 short" in caplog.text) is short


@pytest.mark.parametrize("api", APIS)
def test_an_own_playlist_that_shows_fewer_tracks_than_it_counts_is_short(tmp_path: Path, api: str) -> None:
    """soundcloud/api#449: 161 announced, 128 shown."""
    tracks = [track(number) for number in range(1, 129)]
    whole = playlist(5, track_count=161)
    me = user(1)
    answers = {
        "v2": {
            "/me": me,
            "/users/1/albums": [],
            "/users/1/playlists_without_albums": [whole],
            "/playlists/5": {**whole, "tracks": tracks},
        },
        "public": {"/me": me, "/me/playlists": [whole], "/playlists/soundcloud:playlists:5/tracks": tracks},
    }
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": "2-1-1-abcdef"}
    found = lists(answers[api], tmp_path, "me", settings, include="playlists")

    listing = found.listing("playlist" if api == "v2" else "playlist_tracks")
    assert (listing["error"], listing["complete"]) == ("short", False)
    assert (listing["announced"], listing["fetched"], found.code) == (161, 128, 0)
    assert [edge["position"] for edge in found.edges("contains")] == list(range(128))
    assert {edge["source"] for edge in found.edges("contains")} == {"soundcloud:playlists:5"}


@pytest.mark.parametrize("api", APIS)
def test_a_track_that_stands_twice_in_a_playlist_counts_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, api: str
) -> None:
    caplog.set_level(logging.INFO)
    tracks = [track(number) for number in (1, 1, 2, 2)]
    whole = playlist(5, track_count=4)
    urn = "soundcloud:playlists:5" if api == "public" else "5"
    answers = {f"/playlists/{urn}": {**whole, "tracks": tracks}, f"/playlists/{urn}/tracks": tracks}
    found = lists(answers, tmp_path, "playlist", {"SC_API": api}, playlist=5)

    assert found.listing("playlist" if api == "v2" else "playlist_tracks")["complete"]
    assert "fewer rows than announced" not in caplog.text


def followers(count: int, shown: int, number: int) -> dict[str, Any]:
    found = [user(number * 1000 + at) for at in range(shown)]
    return {f"/users/{number}": user(number) | {"followers_count": count}, f"/users/{number}/followers": found}


SHOWN = {1: 2, 2: 25, 3: 37, 4: 40, 5: 41, 6: 0}


@pytest.mark.parametrize("store", ["memory", "directory", "redis"])
def test_lists_that_give_less_than_announced_are_told_together(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, store: str
) -> None:
    caplog.set_level(logging.INFO)
    settings: dict[str, Any] = {"FEEDS": {str(tmp_path / "out.jsonl"): {"format": "jsonlines"}}}
    server = None
    if store == "directory":
        settings["JOBDIR"] = str(tmp_path / "job")
    if store == "redis":
        (tmp_path / "redis").mkdir()
        server = RedisServer(tmp_path / "redis").start()
        settings["SC_REDIS_URL"] = server.url
    answers = {path: rows for n, shown in SHOWN.items() for path, rows in followers(40, shown, n).items()}
    try:
        found = lists(answers, tmp_path, "user_graph", settings, user="1,2,3,4,5,6", relations="followers")
    finally:
        if server:
            server.stop()

    complete = {one["subject"]: one["complete"] for one in found.listings("followers")}
    assert complete == {f"soundcloud:users:{number}": number != 6 for number in SHOWN}
    assert found.code == 0
    told = "3 lists gave fewer rows than announced, 56 rows in all"
    assert told in caplog.text
    name = "soundcloud:users:6" if store == "redis" else "user-6"  # in Redis a list is kept without its name
    assert f"followers of {name}: short (40 announced, 0 given)" in caplog.text

    read = Completeness()
    for row in found.rows:
        if row["kind"] in ("listing", "crawl"):
            read.add(row)
    lines = "\n".join(read.lines())
    assert told in lines
    assert lines.startswith("NOT complete: 5 of 6 listings are complete")
    assert "not complete: 1 short" in lines
    assert "followers of soundcloud:users:6: short, 0 of 40 fetched" in lines

    if store == "directory":
        caplog.clear()
        again = lists(answers, tmp_path, "user_graph", settings, user="1,2,3,4,5,6", relations="followers")
        assert again.code == 0
        assert len(again.rows) == len(found.rows)


def test_every_api_announces_something() -> None:
    assert {api for _, api in ANNOUNCED} == set(APIS)
