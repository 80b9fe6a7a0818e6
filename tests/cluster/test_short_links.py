"""Short links work in a cluster as with a job directory."""

from __future__ import annotations

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

from .server import RedisServer


def test_a_playlist_by_short_link(crawls: Crawls, redis: RedisServer, sandbox: Sandbox) -> None:
    station = "soundcloud:system-playlists:track-stations:293"
    short = "https://on.soundcloud.com/"
    done = crawls.run(
        "playlist",
        sandbox=sandbox,
        settings={"SC_REDIS_URL": redis.url},
        playlist=f"{short}p1,{short}strack-stations:293,{short}p9",
    )

    assert done.code == 1  # the last link does not exist
    told = [line for line in done.log.splitlines() if "not_found" in line]
    assert any(f"short_link of {short}p9: not_found" in line for line in told)
    (crawl,) = (crawls.folder / "output" / "playlist").rglob("crawl.jsonl")
    rows = (crawl.parent / "listing.jsonl").read_text()
    assert all(f'"subject":"{urn}"' in rows for urn in ("soundcloud:playlists:1", station))
