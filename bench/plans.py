"""The crawls of `bench.torture`: their spiders, and the formats of their output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bench.compare import Truth

FORSS = 183
RELATIONS = "followings,followers,likes,reposts"
GRAPH = f"depth=2&relations={RELATIONS}"
TOKEN = f"1-000000-{FORSS}-sandbox"  # the sandbox's token of that user

Plan = Callable[[Truth], tuple[str, dict[str, str | int]]]


def _user_graph(truth: Truth) -> tuple[str, dict[str, str | int]]:
    return "user_graph", {"user": FORSS, "depth": 2, "relations": RELATIONS}


def _user(truth: Truth) -> tuple[str, dict[str, str | int]]:
    """A user's lists except the stream. It has the posts again, with dates, so edges would depend on the order."""
    users = ",".join(map(str, truth("users")[:12]))
    return "user", {"user": users, "include": "profile,tracks,toptracks,playlists,likes,reposts,comments"}


def _playlist(truth: Truth) -> tuple[str, dict[str, str | int]]:
    """The playlists with the most tracks given only by id, which are fetched in batches."""
    ids = set().union(*(truth(f"playlists/{user}") for user in truth("users")))
    longest = sorted(ids, key=lambda id: (-len(truth(f"playlist_tracks/{id}")), id))[:40]
    return "playlist", {"playlist": ",".join(map(str, longest)), "include": "profile,tracks,likers"}


def _comments(truth: Truth) -> tuple[str, dict[str, str | int]]:
    ids = set().union(*(truth(f"tracks/{user}") for user in truth("users")))
    most = sorted(ids, key=lambda id: (-len(truth(f"comments/{id}")), id))[:20]
    return "track_comments", {"track": ",".join(map(str, most)), "reactions": 1}


def _search(truth: Truth) -> tuple[str, dict[str, str | int]]:
    return "search", {"q": "a"}


def _me(truth: Truth) -> tuple[str, dict[str, str | int]]:
    lists = "stream,likes,followings,followers,playlists,tracks,conversations,messages,history"
    return "me", {"include": f"profile,{lists}"}


def _discover(truth: Truth) -> tuple[str, dict[str, str | int]]:
    return "discover", {"hydrate": 1}


PLANS: tuple[Plan, ...] = (_user_graph, _playlist, _comments, _search, _me, _user, _discover)

WAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "jsonl, a file a kind": (),
        "-o FILE.jsonl": ("-o", "all.jsonl"),
        "csv, a file a kind": ("-s", "SC_FORMAT=csv"),
        "-O FILE.jsonl": ("-O", "all.jsonl"),
    }
)
