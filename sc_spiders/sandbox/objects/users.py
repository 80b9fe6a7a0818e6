"""Users as the v2 API writes them."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from sc_spiders.sandbox import words
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.objects.common import CACHED, WEB, Json, modified, picture, uri, visuals, when

if TYPE_CHECKING:
    from sc_spiders.sandbox.objects.links import Links


RENAMED = 7_919
"""A renamed user takes the name of the user who is this many positions further."""


def first_and_last(index: int) -> tuple[str, str]:
    """Return a user's first and last name."""
    return words.FIRST[index % len(words.FIRST)], words.LAST[index // 7 % len(words.LAST)]


def username(world: Links, index: int) -> str:
    """Return a user's name."""
    if world.links.is_renamed(index):
        return first_username(index + RENAMED)
    return first_username(index)


def first_username(index: int) -> str:
    """Return the name that a user has before any renaming."""
    if index == 0:
        return "Forss"
    first, last = first_and_last(index)
    match index % 5:
        case 0:
            return f"{first} {last}"
        case 1:
            return f"DJ {first} ✨"
        case 2:
            return words.ADJECTIVES[index % 19] + words.NOUNS[index % 21]
        case 3:
            return f"{words.NOUNS[index // 3 % 22]} {words.NOUNS[index // 5 % 22]}"
    return f"user {index}"


def permalink(world: Links, index: int) -> str:
    """Return the last part of a user's address. It changes with the name."""
    return _permalink(username(world, index), index)


def first_permalink(index: int) -> str:
    """Return the last part of a user's address before any renaming."""
    return _permalink(first_username(index), index)


def _permalink(name: str, index: int) -> str:
    if index == 0:
        return "forss"
    return f"{words.slug(name) or 'user'}-{index}"


def find_user(world: Links, name: str) -> int:
    """Return the position of the user with this permalink (in any case), or raise NotFound."""
    name = name.lower()
    number = name.rpartition("-")[2]
    index = -1
    if name == "forss":
        index = 0
    elif number.isdecimal():
        index = int(number)
    if not 0 <= index < world.links.users or not world.links.has_user(index) or permalink(world, index) != name:
        raise NotFound(name)
    return index


@lru_cache(maxsize=CACHED)
def user(world: Links, index: int) -> Json:
    """Return a user in full."""
    links, dice = world.links, world.links.dice("user", index)
    id = world.user_ids.id(index)
    urn = f"soundcloud:users:{id}"
    born = world.born("users", id)
    first, last = when(dice.random() < 0.6, first_and_last, index) or ("", "")
    city, country = _place(dice)
    plan = "creator-pro-unlimited" if dice.random() < 0.4 else "free"
    likes = sum(thing >= 0 for thing in links.likes[index])
    return {
        "avatar_url": picture(dice, "avatars"),
        "city": city,
        "comments_count": 0 if index % 11 else len(links.comments_by[index]),
        "country_code": country,
        "created_at": when(index % 131 != 130, iso, born),
        "creator_subscriptions": [{"product": {"id": plan}}],
        "creator_subscription": {"product": {"id": plan}},
        "description": when(dice.random() < 0.79, dice.choice, (*words.SENTENCES, "")),
        "followers_count": _follower_count(index, len(links.followers[index])),
        "followings_count": len(links.followings[index]),
        "first_name": first,
        "full_name": f"{first} {last}".strip(),
        "groups_count": 0,
        "id": id,
        "kind": "user",
        "last_modified": modified(world, dice, born),
        "last_name": last,
        "likes_count": likes,
        "playlist_likes_count": len(links.likes[index]) - likes,
        "permalink": permalink(world, index),
        "permalink_url": f"{WEB}/{permalink(world, index)}",
        "playlist_count": len(links.posted_playlists(index)),
        "reposts_count": None,
        "track_count": len(links.posted_tracks(index)),
        "uri": uri(urn),
        "urn": urn,
        "username": username(world, index),
        "verified": dice.random() < 0.1,
        "visuals": when(dice.random() < 0.75, visuals, dice, urn),
        "badges": {
            "pro": False,
            "creator_mid_tier": False,
            "pro_unlimited": plan != "free",
            "verified": index % 10 == 0,
        },
        "station_urn": f"soundcloud:system-playlists:artist-stations:{id}",
        "station_permalink": f"artist-stations:{id}",
        "date_of_birth": when(dice.random() < 0.4, _birth, dice),
    }


def _place(dice: Random) -> tuple[str | None, str | None]:
    """Return city and country."""
    if dice.random() < 0.8:
        return dice.choice(words.CITIES)
    return dice.choice((None, "")), None


def _follower_count(index: int, followers: int) -> int:
    """Return the announced number of followers. As in the real API, it is 0 or out of date for a few users."""
    if index and index % 97 == 5:
        return 0
    if index and index % 89 == 7:
        return followers + 3
    return followers


def _birth(dice: Random) -> Json:
    return {"month": dice.randint(1, 12), "year": dice.randint(1960, 2008), "day": 1}


MINI = (
    "avatar_url", "first_name", "followers_count", "full_name", "id", "kind", "last_modified", "last_name",
    "permalink", "permalink_url", "uri", "urn", "username", "verified", "city", "country_code", "badges",
    "station_urn", "station_permalink",
)  # fmt: skip


def mini_user(world: Links, index: int) -> Json:
    """Return a user as tracks, playlists and comments contain it."""
    whole = user(world, index)
    return {name: whole[name] for name in MINI}


def web_profiles(world: Links, index: int) -> list[Json]:
    """Return a user's links to other sites, as /users/{urn}/web-profiles gives them."""
    dice, name = world.links.dice("web profiles", index), permalink(world, index)
    networks = dice.sample(words.NETWORKS, dice.randint(0, 4))
    return [_web_profile(at, network, name) for at, network in enumerate(networks)]


def _web_profile(at: int, network: str, name: str) -> Json:
    title = ""
    if at % 2:
        title = network.title()
    return {
        "network": network,
        "title": title,
        "url": f"https://{network}.example/{name}",
        "username": name if network != "personal" else None,
    }
