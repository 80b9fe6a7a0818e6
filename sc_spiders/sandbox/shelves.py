"""Shelves of the discover page, system playlists, and private data of one user, as the v2 API writes them."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any

from sc_spiders.sandbox import objects, words
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.objects.common import when

if TYPE_CHECKING:
    from sc_spiders.sandbox.world import World

Json = dict[str, Any]

PREFIX = "soundcloud:system-playlists:"
MOODS = ("study", "sleep", "chill", "relax", "workout", "party", "focus", "commute")
TRENDING = ("all-music", "techno", "house", "ambient", "hiphoprap", "indie")


def query_urn(kind: str, key: str) -> str:
    """Return the URN that identifies an answer, such as `soundcloud:search:…`."""
    return f"soundcloud:{kind}:{md5(key.encode(), usedforsecurity=False).hexdigest()}"


def system_playlist(world: World, urn: str) -> Json:
    """Return a system playlist (chart, trend or station) by its URN. All its tracks are stubs."""
    if not urn.startswith(PREFIX):
        raise NotFound(urn)
    feature, _, rest = urn.removeprefix(PREFIX).partition(":")
    title, tracks = _contents(world, feature, rest)
    seed = md5(urn.encode(), usedforsecurity=False).hexdigest()
    return {
        "urn": urn,
        "query_urn": None,
        "permalink": f"{feature}:{rest}",
        "permalink_url": f"{objects.WEB}/discover/sets/{feature}:{rest}",
        "title": title,
        "description": f"{title} on SoundCloud this week",
        "short_title": title.rpartition(": ")[2],
        "short_description": title.partition(":")[0],
        "tracking_feature_name": feature,
        "playlist_type": "PLAYLIST",
        "last_updated": when(int(seed[0], 16) > 2, iso, world.links.now - int(seed[:6], 16) * 10),
        "artwork_url": None,
        "calculated_artwork_url": f"https://i1.sndcdn.com/artworks-{seed[:12]}-large.jpg",
        "likes_count": int(seed[:4], 16),
        "tracks": [objects.track_stub(world, id) for id in tracks],
        "is_public": True,
        "made_for": None,
        "user": objects.mini_user(world, 0),
        "kind": "system-playlist",
        "id": urn,
    }


def _contents(world: World, feature: str, rest: str) -> tuple[str, list[int]]:
    match feature, rest.split(":"):
        case "trending-by-genre", [genre]:
            return f"Trending: {genre}", [track for track, _ in world.chart("trending", genre)]
        case "charts-top", [genre, country]:
            return f"Top 50: {genre}", [track for track, _ in world.chart("top", genre, country)]
        case "track-stations", [id] if id.isdecimal():
            return f"Station: {world.track(int(id))['title']}", world.station(int(id))
        case "artist-stations", [id] if id.isdecimal():
            return f"Station: {world.user(int(id))['username']}", world.toptracks(int(id))
    raise NotFound(f"{PREFIX}{feature}:{rest}")


def _selection(world: World, name: str, title: str, items: list[Json]) -> Json:
    urn = f"soundcloud:selections:{name}"
    return {
        "urn": urn,
        "query_urn": query_urn("selections", name),
        "title": title,
        "description": f"{title}, picked for you",
        "tracking_feature_name": name.replace(":", "-"),
        "last_updated": when(len(name) % 2 == 1, iso, world.links.now - 3_600_000),
        "style": None,
        "social_proof": None,
        "social_proof_users": None,
        "items": {"collection": items, "next_href": None, "query_urn": None},
        "kind": "selection",
        "id": urn,
    }


def selections(world: World) -> list[Json]:
    """Return the shelves of the discover page: trends and charts, then users' playlists by mood."""
    trends = [system_playlist(world, f"{PREFIX}trending-by-genre:{genre}") for genre in TRENDING]
    shelves = [_selection(world, "trending-by-genre", "Trending by genre", trends), *chart_selections(world, "US")]
    for mood in MOODS:
        dice = world.links.dice(f"mood {mood}")
        picked = dice.sample(range(world.links.playlists), min(6, world.links.playlists))
        items = [objects.partial_playlist(world, at) for at in picked if world.links.has_playlist(at)]
        shelves.append(_selection(world, f"playlist-discovery:{mood}", mood.title(), items))
    return shelves


def chart_selections(world: World, country: str) -> list[Json]:
    """Return the shelves of charts of a country."""
    code = country.lower()
    if code not in ("us", "uk"):
        raise NotFound(country)
    shelves = []
    for name, genres in (("music", TRENDING), ("audio", ("all-audio", "comedy", "storytelling"))):
        items = [system_playlist(world, f"{PREFIX}charts-top:{genre}:{code}") for genre in genres]
        shelves.append(_selection(world, f"charts-top:{name}:{code}", f"Top 50: {name}", items))
    return shelves


def conversations(world: World) -> list[Json]:
    """Return forss' conversations, latest first, each with its messages under `messages`.

    Deleted users have only an id.
    """
    me = world.user_ids.id(0)
    found = []
    for number, other in enumerate(world.followers(me)[:14]):
        id = f"{me}:{other}"
        there: Json = {"id": other, "kind": "user"}
        if number % 5 != 4:
            there = objects.mini_user(world, world.user_ids.index(other))
        people = [objects.mini_user(world, 0), there]
        messages = [
            {
                "content": words.REMARKS[(number + at) % len(words.REMARKS)],
                "conversation_id": id,
                "sender": people[at % 2],
                "sender_urn": f"soundcloud:users:{(me, other)[at % 2]}",
                "sender_type": "user",
                "sent_at": iso(world.links.now - number * 86_400_000 - at * 61_000),
            }
            for at in range(1 + number * 5 % 27)
        ]
        found.append({
            "id": id,
            "last_message": messages[0],
            "read": number % 3 != 1,
            "started_at": messages[-1]["sent_at"],
            "summary": messages[0]["content"],
            "users": people,
            "messages": messages,
        })  # fmt: skip
    return found


def emails(world: World) -> list[Json]:
    """Return forss' e-mail addresses."""
    me = world.user_ids.id(0)
    return [
        {
            "address": address,
            "confirmed": at == 0,
            "id": at + 1,
            "kind": "email",
            "last_modified": iso(world.links.now - at * 86_400_000),
            "primary": at == 0,
            "urn": f"soundcloud:emails:{at + 1}",
            "user_id": str(me),
        }
        for at, address in enumerate(("forss@example.invalid", "studio@example.invalid"))
    ]
