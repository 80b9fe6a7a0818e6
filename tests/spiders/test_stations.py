"""System playlists (stations, charts, trends) by URN and by URL, in both APIs, and their likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_spiders.api import APIS
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

SYSTEM = "soundcloud:system-playlists:"
NAMES = ("trending-by-genre:techno", "charts-top:techno:us", "track-stations:293", "artist-stations:183")


def found_in(tmp_path: Path, sandbox: Sandbox, api: str, spider: str, **arguments: str | int) -> Crawl:
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token}
    return crawl(spider, tmp_path, sandbox=sandbox, settings=settings, **arguments)


def shown(sandbox: Sandbox, urn: str, api: str) -> list[str]:
    """The tracks of a system playlist in their order, as in that API. The public API has no blocked tracks."""
    world = sandbox.world
    ids = [row["id"] for row in world.system_playlist(urn)["tracks"]]
    if api == "public":
        ids = [id for id in ids if world.track(id)["policy"] != "BLOCK"]
    return [f"soundcloud:tracks:{id}" for id in ids]


@pytest.mark.parametrize("by", ["urn", "address"])
@pytest.mark.parametrize("api", APIS)
def test_they_come_with_their_tracks(tmp_path: Path, sandbox: Sandbox, api: str, by: str) -> None:
    before = SYSTEM if by == "urn" else "https://soundcloud.com/discover/sets/"

    found = found_in(tmp_path, sandbox, api, "playlist", playlist=",".join(before + name for name in NAMES))

    contents = {SYSTEM + name: shown(sandbox, SYSTEM + name, api) for name in NAMES}
    assert all(contents.values())
    assert found.urns("playlist") == contents.keys()
    assert {(edge["source"], edge["target"], edge["position"]) for edge in found.edges("contains")} == {
        (urn, track, at) for urn, tracks in contents.items() for at, track in enumerate(tracks)
    }
    assert found.urns("track") == {track for tracks in contents.values() for track in tracks}
    assert not any(row["partial"] for row in found.records("track"))
    assert {(row["endpoint"], row["subject"], row["fetched"], row["complete"]) for row in found.records("listing")} == {
        ("system_playlist", urn, len(tracks), True) for urn, tracks in contents.items()
    }
    assert found.code == 0


@pytest.mark.parametrize("api", APIS)
def test_some_of_both_kinds_in_one_crawl(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    urn = f"{SYSTEM}track-stations:293"
    found = found_in(tmp_path, sandbox, api, "playlist", playlist=f"1,{urn}", include="tracks")

    own = "playlist" if api == "v2" else "playlist_tracks"
    assert {(row["endpoint"], row["subject"]) for row in found.records("listing")} == {
        ("system_playlist", urn),
        (own, "soundcloud:playlists:1"),
    }
    assert not found.records("playlist")
    assert found.code == 0


@pytest.mark.parametrize("api", APIS)
def test_one_that_is_not_there_is_named(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    found = found_in(tmp_path, sandbox, api, "playlist", playlist=f"{SYSTEM}track-stations:1")

    (listing,) = found.records("listing")
    assert (listing["endpoint"], listing["ended"], found.code) == ("system_playlist", "not_found", 1)


WHO = [("v2", "likers"), ("v2", "reposters"), ("public", "reposters")]


@pytest.mark.parametrize(("api", "include"), WHO)
def test_nobody_asks_who_likes_them(
    tmp_path: Path, sandbox: Sandbox, api: str, include: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With a URN, the refusal comes at the start. With a URL, that list is left out, with a log line."""
    urn = f"{SYSTEM}track-stations:293"
    found = found_in(tmp_path, sandbox, api, "playlist", playlist=f"1,{urn}", include=f"tracks,{include}")
    assert (found.code, found.rows) == (2, [])
    assert [line for line in caplog.messages if urn in line and include in line]

    caplog.clear()
    address = "soundcloud.com/discover/sets/track-stations:293"
    given = {"playlist": f"1,{address}", "include": f"tracks,{include}"}
    found = found_in(tmp_path, sandbox, api, "playlist", warned=True, **given)
    assert {one["subject"] for one in found.listings(f"playlist_{include}")} == {"soundcloud:playlists:1"}
    assert found.listing("system_playlist")["complete"]
    assert found.code == 0
    assert (
        f"playlist_{include} of {urn}: not requested, because the API has none of system playlists" in caplog.messages
    )


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("kind", "id", "station"), [("user", 183, "artist-stations"), ("track", 293, "track-stations")]
)
def test_objects_name_their_station(
    tmp_path: Path, sandbox: Sandbox, api: str, kind: str, id: int, station: str
) -> None:
    found = found_in(tmp_path, sandbox, api, kind, **{kind: id})

    (row,) = found.records(kind)
    assert row["station_urn"] == f"{SYSTEM}{station}:{id}"
