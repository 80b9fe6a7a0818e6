"""What a complete crawl of the sandbox's world must find, by spider and word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sc_spiders.sandbox.world import World

USER, TRACK, PLAYLIST = 183, 293, 1

Edge = tuple[str, str, str]


@dataclass
class Truth:
    """`counts`: objects of the lists by endpoint; `edges`: all edges; `records`: counts of kinds that are no nodes.

    `gone`: tracks that playlists name and the API no longer has; `incomplete`: these playlists.
    """

    counts: dict[str, int]
    edges: set[Edge] = field(default_factory=set)
    records: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)


def user(id: int) -> str:
    return f"soundcloud:users:{id}"


def track(id: int) -> str:
    return f"soundcloud:tracks:{id}"


def playlist(id: int) -> str:
    return f"soundcloud:playlists:{id}"


def _edges(relation: str, source: str, targets: Iterable[str]) -> set[Edge]:
    return {(relation, source, target) for target in targets}


def _back(relation: str, sources: Iterable[str], target: str) -> set[Edge]:
    return {(relation, source, target) for source in sources}


def _sets(world: World, user: int) -> list[int]:
    return world.albums(user) + world.playlists(user)


def _stream(rows: Iterable[tuple[int, str, str, int]]) -> set[Edge]:
    return {("reposts" if type.endswith("repost") else "posts", user(by), urn) for by, type, urn, _ in rows}


def of_user(world: World, word: str, api: str, this: int = USER) -> Truth:
    """The lists of the user, and the equal ones of `me`."""
    me = user(this)
    likes, reposts = ([urn for urn, _ in rows] for rows in (world.likes(this), world.reposts(this)))

    def by_kind(relation: str, urns: list[str], whole: str, tracks: str, playlists: str) -> Truth:
        if api == "v2":
            return Truth({whole: len(urns)}, _edges(relation, me, urns))
        count = sum(":tracks:" in urn for urn in urns)
        truth = Truth({tracks: count, playlists: len(urns) - count}, _edges(relation, me, urns))
        if relation == "likes":
            stations = world.liked_stations(this)
            truth.counts["user_liked_stations"] = len(stations)
            truth.edges |= _edges(relation, me, stations)
        return truth

    def posts(endpoint: str, urns: list[str]) -> Truth:
        return Truth({endpoint: len(urns)}, _edges("posts", me, urns))

    match word:
        case "profile":
            return Truth({})
        case "tracks":
            return posts("user_tracks", [track(id) for id in world.tracks(this)])
        case "toptracks":
            return posts("user_top_tracks", [track(id) for id in world.toptracks(this)])
        case "albums":
            return posts("user_albums", [playlist(id) for id in world.albums(this)])
        case "playlists":
            return posts(
                "user_playlists",
                [playlist(id) for id in (world.playlists(this) if api == "v2" else _sets(world, this))],
            )
        case "likes":
            return by_kind("likes", likes, "user_likes", "user_liked_tracks", "user_liked_playlists")
        case "reposts":
            return by_kind("reposts", reposts, "user_reposts", "user_reposted_tracks", "user_reposted_playlists")
        case "stream":
            rows = world.stream(this)
            edges = _stream((this, type, urn, at) for type, urn, at in rows)
            return Truth({"user_stream": len({urn for _, urn, _ in rows})}, edges)
        case "comments":
            count = len(world.comments_by(this))
            return Truth({"user_comments": count}, records={"comment": count})
        case "followers":
            found = [user(id) for id in world.followers(this)]
            return Truth({"followers": len(found)}, _back("follows", found, me))
        case "followings":
            found = [user(id) for id in world.followings(this)]
            return Truth({"followings": len(found)}, _edges("follows", me, found))
        case "related":
            found = [user(id) for id in world.related_artists(this)]
            return Truth({"related_artists": len(found)}, _edges("related", me, found))
        case "featured":
            found = [user(id) for id in world.featured_profiles(this)]
            return Truth({"featured_profiles": len(found)}, _edges("features", me, found))
        case "spotlight":
            urns = world.spotlight(this)
            return Truth({"spotlight": len(urns)}, _edges("features", me, urns))
        case "web_profiles":
            count = len(world.web_profiles(this))
            return Truth({"web_profiles": count}, records={"web_profile": count})
    raise KeyError(word)


def of_track(world: World, word: str, api: str, id: int = TRACK) -> Truth:
    this = track(id)
    match word:
        case "profile":
            return Truth({})
        case "related":
            found = [track(one) for one in world.related(id)]
            return Truth({"related_tracks": len(found)}, _edges("related", this, found))
        case "likers":
            found = [user(one) for one in world.likers(this)]
            return Truth({"track_likers": len(found)}, _back("likes", found, this))
        case "reposters":
            found = [user(one) for one in world.reposters(this)]
            return Truth({"track_reposters": len(found)}, _back("reposts", found, this))
        case "comments":
            count = len(world.comments(id))
            return Truth({"track_comments": count}, records={"comment": count})
        case "albums":
            found = [playlist(one) for one in world.track_albums(id)]
            return Truth({"albums_with_track": len(found)}, _back("contains", found, this))
        case "playlists":
            found = [playlist(one) for one in world.track_playlists(id)]
            return Truth({"playlists_with_track": len(found)}, _back("contains", found, this))
        case "station":
            found = [track(one) for one in world.station(id)]
            if api == "public":  # it has no blocked tracks
                found = [track(one) for one in world.station(id) if world.track(one)["policy"] != "BLOCK"]
            station = f"soundcloud:system-playlists:track-stations:{id}"
            return Truth({"track_station": len(found)}, _edges("contains", station, found))
        case "streams":
            return Truth({}, records={"stream": 5 if api == "v2" else 3})
        case "download":
            return Truth({}, records={"download": 1})
    raise KeyError(word)


def of_playlist(world: World, word: str, api: str, id: int = PLAYLIST) -> Truth:
    this = playlist(id)
    match word:
        case "profile":
            return Truth({})
        case "tracks":
            found = [track(one) for one in world.playlist_tracks(id)]
            return Truth(
                {"playlist" if api == "v2" else "playlist_tracks": len(found)}, _edges("contains", this, found)
            )
        case "likers":
            found = [user(one) for one in world.likers(this)]
            return Truth({"playlist_likers": len(found)}, _back("likes", found, this))
        case "reposters":
            found = [user(one) for one in world.reposters(this)]
            return Truth({"playlist_reposters": len(found)}, _back("reposts", found, this))
    raise KeyError(word)


def _add_tracks(truth: Truth, world: World, id: int, api: str) -> None:
    """Add the tracks of a playlist. v2 names those that are gone, the public API leaves them out."""
    own = of_playlist(world, "tracks", api, id)
    (name,) = own.counts
    gone = {track(one) for one in world.playlist_tracks(id) if not world.has_track(one)}
    truth.counts[name] = truth.counts.get(name, 0) + own.counts[name] - len(gone)
    truth.edges |= own.edges
    if api == "public":
        truth.edges -= {edge for edge in own.edges if edge[2] in gone}
    truth.gone |= gone
    if gone:
        truth.incomplete.add(playlist(id))


def of_me(world: World, word: str, api: str, this: int = USER) -> Truth:
    me = user(this)
    conversations = world.conversations()
    feed = world.home_stream()
    match word:
        case "history":
            found = [track(id) for _, id in world.history()][: None if api == "v2" else 25]
            return Truth({"my_history": len(found)}, _edges("plays", me, found))
        case "stream" | "activities" | "feed":
            truth = Truth({f"my_{word}": len(feed)}, _stream(feed), {"activity": len(feed)})
            if word == "feed":
                tracks = {urn for _, type, urn, _ in feed if type == "track"}
                truth.counts["my_followings_tracks"] = min(200, len(tracks))
            return truth
        case "playlists":
            sets = _sets(world, this)
            counts = {"my_albums": len(world.albums(this)), "my_playlists": len(world.playlists(this))}
            if api == "public":
                counts = {"my_playlists": len(sets)}
            truth = Truth(counts, _edges("posts", me, map(playlist, sets)))
            for one in sets:
                _add_tracks(truth, world, one, api)
            return truth
        case "conversations":
            return Truth({"conversations": len(conversations)}, records={"conversation": len(conversations)})
        case "unread":
            count = sum(not row["read"] for row in conversations)
            return Truth({"unread_conversations": count}, records={"conversation": count})
        case "messages":
            count = sum(len(row["messages"]) for row in conversations)
            records = {"conversation": len(conversations), "message": count}
            return Truth({"conversations": len(conversations), "messages": count}, records=records)
        case "emails":
            return Truth({"emails": len(world.emails())}, records={"email": len(world.emails())})
    truth = of_user(world, word, api)
    names = {
        "user_likes": "my_likes",
        "user_liked_tracks": "my_liked_tracks",
        "user_liked_playlists": "my_liked_playlists",
        "user_liked_stations": "my_liked_stations",
        "user_reposts": "my_reposts",
        "user_reposted_tracks": "my_reposted_tracks",
        "user_reposted_playlists": "my_reposted_playlists",
    }
    names |= {"followers": "my_followers", "followings": "my_followings", "user_tracks": "my_tracks"}
    truth.counts = {names[name]: count for name, count in truth.counts.items()}
    return truth


OF: dict[str, Callable[..., Truth]] = {
    "user": of_user,
    "track": of_track,
    "playlist": of_playlist,
    "me": of_me,
}
SEEDS: dict[str, dict[str, int]] = {
    "user": {"user": USER},
    "track": {"track": TRACK},
    "playlist": {"playlist": PLAYLIST},
    "me": {},
}
