"""A crawl of each spider, with all that it can ask for."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.api import words
from sc_spiders.sandbox import Sandbox

from ..dataset.make import node, write

CRAWLS = [
    ("user", {"user": "forss,dj-bjorn-1"}),
    ("user_graph", {"user": "forss", "depth": "2", "max_users": "4"}),
    ("track", {"track": "forss/flickermood"}),
    ("playlist", {"playlist": "forss/sets/soulhack"}),
    ("search", {"q": "signal", "type": "tracks"}),
    ("charts", {"kind": "top"}),
    ("discover", {"hydrate": "1"}),
    ("track_comments", {"track": "forss/flickermood", "threaded": "1", "reactions": "1"}),
    ("featured", {}),
    ("tag", {"tag": "ambient"}),
    ("resolve", {"url": "https://soundcloud.com/forss", "oembed": "1"}),
    ("resource", {"path": "/users/183/followings"}),
    ("me", {}),
    ("hydrate", {"file": "ids.txt"}),
    ("recheck", {"output": "earlier.jsonl"}),
]
GIVEN = "given"
"""The folder of the files that arguments name. They are no part of what a crawl leaves."""

_INCLUDING = {"me", "user", "track", "playlist"}
ONLY_V2 = {"charts", "discover", "featured", "tag"}


def write_given(folder: Path, sandbox: Sandbox, user: int) -> None:
    """Write the files that the arguments name: with things of forss, of another user, and one that is gone."""
    world = sandbox.world
    names = ["forss", "https://soundcloud.com/forss/flickermood", "forss/sets/soulhack", world.user(user)["permalink"]]
    users, tracks = [183, user, 999_999_999_999], [*world.tracks(183)[:3], *world.tracks(user)]
    playlists = [*world.playlists(183)[:2], *world.playlists(user)]
    ids = {"user": users, "track": tracks, "playlist": playlists}
    rows = [node(kind, number) for kind, of_kind in ids.items() for number in of_kind]
    write(folder / GIVEN / "earlier.jsonl", rows)
    (folder / GIVEN / "ids.txt").write_text("\n".join([*names, *(row["urn"] for row in rows)]))


def arguments(spider: str, given: dict[str, str], api: str) -> dict[str, str]:
    """The arguments of a crawl, with all words that the API has something for."""
    found = {name: f"{GIVEN}/{value}" if name in ("file", "output") else value for name, value in given.items()}
    if spider == "user_graph":
        found["relations"] = "followings,followers,likes" + ",reposts" * (api == "v2")
    elif spider in _INCLUDING:
        found["include"] = ",".join(words(spider, api=api))
    if spider == "track_comments" and api == "public":
        del found["threaded"], found["reactions"]
    return found
