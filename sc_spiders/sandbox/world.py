"""The sandbox's world, and the truth about it: what a complete crawl must find.

    world = World(users=3000, seed=1)
    world.followers(183)                      # ids, latest first
    world.user(183)                           # the object as the v2 API gives it
    world.graph([183], depth=2, relations=("followings", "likes"))

Methods take and give ids and URNs; one that is asked for an object that does not exist raises NotFound. Lists
are in the order in which the API gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sc_spiders.sandbox import objects
from sc_spiders.sandbox.dates import FOUNDED, NOW
from sc_spiders.sandbox.graph import Graph, Thing
from sc_spiders.sandbox.ids import Ids, NotFound

Json = dict[str, Any]

FORSS, FLICKERMOOD, SOULHACK = 183, 293, 1
"""Ids of the user `forss`, his track `forss/flickermood` and his set `forss/sets/soulhack`."""

Edge = tuple[str, str, str]
"""Relation (follows, likes, reposts), URN of the source, URN of the target."""


class World:
    """A small SoundCloud with `users` users (at least 2), the same for the same `seed` on every machine."""

    def __init__(self, users: int = 3000, seed: int = 1) -> None:
        if users < 2:
            raise ValueError(f"a world needs at least 2 users, not {users}")
        self.links = links = Graph(users, seed)
        self.user_ids = Ids(users, 3_000_000_000, seed, {0: FORSS})
        self.track_ids = Ids(links.tracks, 5_000_000_000, seed, {0: FLICKERMOOD})
        self.playlist_ids = Ids(links.playlists, 2_600_000_000, seed, {0: SOULHACK})

    @property
    def users(self) -> list[int]:
        """All users."""
        return [self.user_ids.id(index) for index in range(self.links.users)]

    # -- objects -----------------------------------------------------------------------------

    def user(self, id: int) -> Json:
        """Return a user in full."""
        return objects.user(self, self.user_ids.index(id))

    def track(self, id: int) -> Json:
        """Return a track, with its user in short form."""
        return objects.track(self, self.track_ids.index(id))

    def playlist(self, id: int) -> Json:
        """Return a playlist in full: all its tracks, the first few in full and the rest as stubs."""
        return objects.playlist(self, self.playlist_ids.index(id))

    def urn(self, thing: Thing) -> str:
        """Return the URN of a track or playlist given by position."""
        if thing >= 0:
            return f"soundcloud:tracks:{self.track_ids.id(thing)}"
        return f"soundcloud:playlists:{self.playlist_ids.id(~thing)}"

    def thing(self, urn: str) -> Thing:
        """Return the position of a track or playlist given by URN."""
        _, kind, value = urn.split(":")
        if kind == "tracks":
            return self.track_ids.index(int(value))
        if kind == "playlists":
            return ~self.playlist_ids.index(int(value))
        raise NotFound(urn)

    def resolve(self, path: str) -> tuple[str, int]:
        """Return kind (`user`, `track`, `playlist`) and id of a page such as `forss/sets/soulhack`."""
        match path.strip("/").split("/"):
            case [user]:
                return "user", self.user_ids.id(objects.find_user(self, user))
            case [user, "sets", playlist]:
                return "playlist", self.playlist_ids.id(objects.find_playlist(self, user, playlist))
            case [user, track]:
                return "track", self.track_ids.id(objects.find_track(self, user, track))
        raise NotFound(path)

    # -- lists of a user ---------------------------------------------------------------------

    def followers(self, id: int) -> list[int]:
        """Return who follows a user."""
        return [self.user_ids.id(index) for index in self.links.followers[self.user_ids.index(id)]]

    def followings(self, id: int) -> list[int]:
        """Return whom a user follows."""
        return [self.user_ids.id(index) for index in self.links.followings[self.user_ids.index(id)]]

    def likes(self, id: int, kind: str = "") -> list[tuple[str, int]]:
        """Return (URN, milliseconds since 1970) of a user's likes; `kind`: `tracks`, `playlists` or all."""
        return self._marks(id, self.links.likes, 7 * 3_600_000, kind)

    def reposts(self, id: int) -> list[tuple[str, int]]:
        """Return (URN, milliseconds since 1970) of what a user has reposted."""
        return self._marks(id, self.links.reposts, 29 * 3_600_000)

    def _marks(self, id: int, table: list[list[Thing]], step: int, kind: str = "") -> list[tuple[str, int]]:
        things = table[self.user_ids.index(id)]
        # The dates fall strictly; 977 is prime, so that the milliseconds are of all kinds.
        rows = [(self.urn(thing), NOW - id % 999_983 - at * (step + 977)) for at, thing in enumerate(things)]
        return [row for row in rows if not kind or row[0].split(":")[1] == kind]

    def tracks(self, id: int) -> list[int]:
        """Return the tracks that a user has posted."""
        rows = [self.track_ids.id(index) for index in self.links.tracks_of(self.user_ids.index(id))]
        return sorted(rows, reverse=True)

    def toptracks(self, id: int) -> list[int]:
        """Return a user's ten most played tracks."""
        plays = {track: objects.plays(self, self.track_ids.index(track)) for track in self.tracks(id)}
        return sorted(plays, key=lambda track: (-plays[track], track))[:10]

    def albums(self, id: int) -> list[int]:
        """Return the albums that a user has posted."""
        return self._sets(id, album=True)

    def playlists(self, id: int) -> list[int]:
        """Return the playlists that a user has posted, albums not among them."""
        return self._sets(id, album=False)

    def _sets(self, id: int, album: bool) -> list[int]:
        positions = self.links.playlists_of(self.user_ids.index(id))
        rows = (self.playlist_ids.id(at) for at in positions if self.links.is_album(at) is album)
        return sorted(rows, reverse=True)

    def stream(self, id: int) -> list[tuple[str, str, int]]:
        """Return (type, URN, milliseconds since 1970) of a user's posts and reposts."""
        own = [("track", f"soundcloud:tracks:{track}", self.born("tracks", track)) for track in self.tracks(id)]
        sets = sorted(self.albums(id) + self.playlists(id))
        own += [("playlist", f"soundcloud:playlists:{at}", self.born("playlists", at)) for at in sets]
        again = [(objects.repost_type(urn), urn, at) for urn, at in self.reposts(id)]
        rows = sorted(own + again, key=lambda row: (-row[2], row[1]))
        # No two dates may be the same, as a date is what a page begins after.
        return [(type, urn, date - 10 * at) for at, (type, urn, date) in enumerate(rows)]

    # -- lists of tracks and playlists -------------------------------------------------------

    def playlist_tracks(self, id: int) -> list[int]:
        """Return the tracks of a playlist, in order, those that are gone among them."""
        index = self.playlist_ids.index(id)
        return [self.track_ids.id(at) + objects.gone(index, at) for at in self.links.members(index)]

    def has_track(self, id: int) -> bool:
        """Say whether a track exists: playlists also name tracks that are gone."""
        try:
            self.track_ids.index(id)
        except NotFound:
            return False
        return True

    def likers(self, urn: str) -> list[int]:
        """Return who likes a track or playlist."""
        return [self.user_ids.id(at) for at in self.links.likers.get(self.thing(urn), ())]

    def reposters(self, urn: str) -> list[int]:
        """Return who has reposted a track or playlist."""
        return [self.user_ids.id(at) for at in self.links.reposters.get(self.thing(urn), ())]

    # -- the whole ---------------------------------------------------------------------------

    def born(self, kind: str, id: int) -> int:
        """Return when an object (`users`, `tracks`, `playlists`) was made, in milliseconds since 1970.

        As in reality, a greater id is a younger one.
        """
        ids = {"users": self.user_ids, "tracks": self.track_ids, "playlists": self.playlist_ids}[kind]
        return FOUNDED + id * (NOW - FOUNDED) // ids.highest

    def graph(
        self, seeds: Iterable[int], depth: int = 1, relations: Iterable[str] = ("followings", "followers")
    ) -> tuple[set[str], set[Edge]]:
        """Return the nodes (URNs, the seeds among them) and edges that a complete crawl finds.

        With depth 1 the seeds' own relations (followings, followers, likes, reposts) are walked; the users
        found are nodes and are not walked themselves. With depth 2 those are walked too, and so on.
        """
        relations = tuple(relations)
        layer = list(dict.fromkeys(seeds))
        nodes = {f"soundcloud:users:{user}" for user in layer}
        edges: set[Edge] = set()
        walked: set[int] = set()
        for _ in range(depth):
            found: dict[int, None] = {}
            for user in layer:
                walked.add(user)
                for edge, other in self._edges(user, relations):
                    edges.add(edge)
                    nodes.update(edge[1:])
                    if other is not None:
                        found[other] = None
            layer = [user for user in found if user not in walked]
        return nodes, edges

    def _edges(self, user: int, relations: tuple[str, ...]) -> Iterator[tuple[Edge, int | None]]:
        urn = f"soundcloud:users:{user}"
        for relation in relations:
            match relation:
                case "followings":
                    for other in self.followings(user):
                        yield ("follows", urn, f"soundcloud:users:{other}"), other
                case "followers":
                    for other in self.followers(user):
                        yield ("follows", f"soundcloud:users:{other}", urn), other
                case "likes":
                    yield from ((("likes", urn, target), None) for target, _ in self.likes(user))
                case "reposts":
                    yield from ((("reposts", urn, target), None) for target, _ in self.reposts(user))
                case _:
                    raise ValueError(f"no such relation: {relation}")
