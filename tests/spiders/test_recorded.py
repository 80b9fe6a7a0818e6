"""Each recorded answer is read by its endpoint, and nothing of it is rejected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sc_spiders import records
from sc_spiders.api import CATALOGUE, Api
from sc_spiders.api.hosts import SETTINGS, Hosts
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.seen import Seen

NOW = "2026-01-01T00:00:00Z"

# The recordings' names of endpoints, if the catalogue has another name.
NAMES = {
    "v2": {
        "mixed_selections": "discover",
        "related": "related_tracks",
        "search_playlists_without_albums": "search_playlists",
        "recent_tracks": "recent_tracks_of_a_tag",
        "search_queries": "resource",
        "search_suggest_tags": "resource",
        "stream_user": "user_stream",
        "tracks_batch": "track_batch",
        "user_followings": "followings",
        "user_spotlight": "spotlight",
        "media_url": "resource",
    },
    "public": {
        "comment": "resource",
        "me_activities": "my_activities",
        "me_favorites": "my_liked_tracks",
        "me_followings": "my_followings",
        "me_playlists": "my_playlists",
        "user_favorites": "user_liked_tracks",
        "user_followers": "followers",
        "user_followings": "followings",
    },
    "web": {},
}
# Recordings that are left out, and why: their endpoints are gone, or their forms are no longer used.
GIVEN_UP = {
    ("v2", "explore"): "retired by 2017",
    ("public", "groups"): "groups were retired in 2016",
    ("public", "me_groups"): "groups were retired in 2016",
    ("public", "user_groups"): "groups were retired in 2016",
    ("public", "user_comments"): "the public API has no comments by a user any more",
    ("public", "me_likes"): "an internal path (/e1) of 2015",
    ("public", "me_stream"): "an internal path (/e1) of 2015",
}


def answers(recorded: Path) -> list[dict[str, Any]]:
    index = [json.loads(line) for line in (recorded / "INDEX.jsonl").read_text().splitlines()]
    return [one for one in index if one["status"] == 200 and not one["error"] and one["endpoint"] != "web_hydration"]


def walk(api: Api, endpoint: str, data: Any, url: str) -> Page:
    seen = Seen()
    reader = PageReader(
        api,
        Hosts({name: address for name, (_, address) in SETTINGS.items()}),
        seen,
        Hydration(seen),
        lambda *_: [],
        max_empty=5,
        raw=False,
        bidirectional=frozenset(),
    )
    spec = CATALOGUE[endpoint]
    extra: dict[str, Any] = {}
    if endpoint == "playlist" and api == "v2":
        extra["tracks"] = ""
    if spec.shape == "batch":
        extra = {"ids": [row["id"] for row in data], "playlist": 0}
    subject = None if spec.shape == "one" else "soundcloud:users:1"
    if endpoint in ("track_comments", "user_comments"):  # the reader checks whose comments they are
        kind = endpoint.removesuffix("_comments")
        rows = data["collection"] if isinstance(data, dict) else data
        subject = f"soundcloud:{kind}s:{next((row[f'{kind}_id'] for row in rows if row.get(f'{kind}_id')), 1)}"
    if endpoint == "charts":  # the reader checks which chart it is
        asked = parse_qs(urlsplit(url).query)
        subject = f"charts:{asked.get('kind', ['trending'])[0]}:{asked['genre'][0].rpartition(':')[2]}"
    return reader.page(Listing(endpoint, subject, "/", extra=extra, id=1), data, NOW)


def objects_of(api: Api, endpoint: str, data: Any) -> list[Any]:
    """The objects of an answer, found without the crawler's code."""
    rows = data if isinstance(data, list) else data.get("collection", [data])
    inner = ("track", "playlist", "origin")
    if endpoint in ("user_likes", "charts", "user_stream", "my_activities"):
        rows = [next(row[name] for name in inner if row.get(name)) for row in rows]
    if endpoint == "discover":
        shelves = [(row.get("items") or {}).get("collection") or row.get("playlists") or [] for row in rows]
        rows = rows + [item for shelf in shelves for item in shelf]
    if endpoint == "playlist" and api == "v2":  # with the public API, they are requested separately
        rows = rows + [track for track in data["tracks"] if "title" in track]
    return rows


def test_nothing_that_was_given_is_refused(recorded: Path, subtests: pytest.Subtests) -> None:
    walked = 0
    for answer in answers(recorded):
        place = (answer["api"], answer["endpoint"])
        if place in GIVEN_UP:
            continue
        with subtests.test(file=answer["file"], url=answer["url"][:80]):
            data = json.loads((recorded / answer["file"]).read_bytes())
            endpoint = NAMES[place[0]].get(place[1], place[1])
            api: Api = "public" if place[0] == "public" else "v2"
            page = walk(api, endpoint, data, answer["url"])
            assert page.rows.get("rejected") is None
            assert page.listing.rejected == 0
            objects = objects_of(api, endpoint, data)
            wanted = {
                records.kind(kind, api).urn(object_["id"])
                for object_ in objects
                if isinstance(object_, dict) and (kind := records.kind_of(object_)) and "id" in object_
            }
            found = {
                row["urn"]
                for kind in ("user", "track", "playlist", "comment", "selection")
                for row in page.rows.get(kind, [])
            }
            assert found == wanted
            walked += 1
    assert walked > 80


def test_what_is_given_up_was_recorded(recorded: Path) -> None:
    assert {(one["api"], one["endpoint"]) for one in answers(recorded)} >= GIVEN_UP.keys()
