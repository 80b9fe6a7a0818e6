"""A crawl of each spider, with all that it can ask for."""

from __future__ import annotations

from sc_spiders.api import words

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
]

_INCLUDING = {"me", "user", "track", "playlist"}
ONLY_V2 = {"charts", "discover", "featured", "tag"}


def arguments(spider: str, given: dict[str, str], api: str) -> dict[str, str]:
    """The arguments of a crawl, with all words that the API has something for."""
    found = dict(given)
    if spider == "user_graph":
        found["relations"] = "followings,followers,likes" + ",reposts" * (api == "v2")
    elif spider in _INCLUDING:
        found["include"] = ",".join(words(spider, api=api))
    if spider == "track_comments" and api == "public":
        del found["threaded"], found["reactions"]
    return found
