"""yt-dlp reads the sandbox like SoundCloud, if SoundCloud's hosts are redirected to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

yt_dlp: Any = pytest.importorskip("yt_dlp", reason="yt-dlp is not installed")

Read = Callable[[str], Any]


@pytest.fixture
def read(sandbox: Sandbox, tmp_path: Any) -> Iterator[Read]:
    """Return a function that gives yt-dlp's information about a URL."""

    class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]
        def urlopen(self, request: Any) -> Any:
            if isinstance(request, str):
                request = yt_dlp.networking.Request(request)
            request.url = re.sub(r"^https://(api-v2\.)?soundcloud\.com", sandbox.url, request.url)
            return super().urlopen(request)

    options = {
        "quiet": True,
        "no_warnings": True,
        "extract_flat": "in_playlist",
        "ignore_no_formats_error": True,  # lists have blocked tracks, too
        "proxy": "",
        "cachedir": str(tmp_path),
    }
    with Downloader(options) as downloader:
        yield lambda url: downloader.extract_info(url, download=False, process=True)


def test_it_reads_a_track_with_a_client_id_from_the_web_page(read: Read, sandbox: Sandbox) -> None:
    track, truth = read("https://soundcloud.com/forss/flickermood"), sandbox.world.track(293)

    assert (track["id"], track["title"], track["uploader"]) == ("293", "Flickermood", "Forss")
    assert (track["like_count"], track["view_count"]) == (truth["likes_count"], truth["playback_count"])
    assert track["duration"] == truth["duration"] / 1000


def test_it_reads_a_playlist(read: Read, sandbox: Sandbox) -> None:
    playlist = read("https://soundcloud.com/forss/sets/soulhack")

    assert [int(entry["id"]) for entry in playlist["entries"]] == sandbox.world.playlist_tracks(1)


@pytest.mark.parametrize("what", ["tracks", "likes", "reposts"])
def test_it_reads_a_users_lists(read: Read, sandbox: Sandbox, what: str) -> None:
    found = [entry["url"] for entry in read(f"https://soundcloud.com/forss/{what}")["entries"]]

    assert len(found) == len(getattr(sandbox.world, what)(183))


def test_it_searches(read: Read, sandbox: Sandbox) -> None:
    found = [int(entry["id"]) for entry in read("scsearch10:slow")["entries"]]

    assert [f"soundcloud:tracks:{id}" for id in found] == sandbox.world.search("tracks", "slow")[:10]
