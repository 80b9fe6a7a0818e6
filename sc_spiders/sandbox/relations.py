"""The relations between users, tracks, playlists and comments, by id and URN."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from sc_spiders.sandbox import objects
from sc_spiders.sandbox.dates import DAY, FOUNDED
from sc_spiders.sandbox.graph import Graph, Thing
from sc_spiders.sandbox.ids import Ids, NotFound

Json = dict[str, Any]

FORSS = 183
"""The id of the user `forss`."""

Edge = tuple[str, str, str]
"""Relation (follows, likes, reposts), URN of the source, URN of the target."""


_RELATIONS = ("followings", "followers", "likes", "reposts")


class Relations:
    """Users, and their follows, likes, reposts, posts, comments and playlists."""

    def __init__(self, links: Graph) -> None:
        self.links = links
        self.user_ids = links.user_ids
        self.track_ids = links.track_ids
        self.playlist_ids = links.playlist_ids

    @property
    def users(self) -> list[int]:
        """All users."""
        return [self.user_ids.id(index) for index in range(self.links.users) if self.links.has_user(index)]

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

    def track_or_playlist(self, kind: str, id: int) -> Json:
        """Return a track in full if `kind` is `track` or `tracks`, else a playlist."""
        if kind.startswith("track"):
            return self.track(id)
        return self.playlist(id)

    def urn(self, thing: Thing) -> str:
        """Return the URN of the track or playlist at a position."""
        if thing >= 0:
            return f"soundcloud:tracks:{self.track_ids.id(thing)}"
        return f"soundcloud:playlists:{self.playlist_ids.id(~thing)}"

    def thing(self, urn: str) -> Thing:
        """Return the position of the track or playlist with this URN."""
        _, kind, value = urn.split(":")
        if kind == "tracks":
            return self.track_ids.index(int(value))
        if kind == "playlists":
            return ~self.playlist_ids.index(int(value))
        raise NotFound(urn)

    def resolve(self, path: str) -> tuple[str, int | str]:
        """Return kind and id of a page such as `forss/sets/soulhack`.

        Kinds are `user`, `track`, `playlist` and `system-playlist`, of which the id is the URN.
        """
        match path.strip("/").split("/"):
            case ["discover", "sets", name]:
                return "system-playlist", f"soundcloud:system-playlists:{name}"
            case [user]:
                return "user", self.user_ids.id(objects.find_user(self, user))
            case [user, "sets", playlist]:
                return "playlist", self.playlist_ids.id(objects.find_playlist(self, user, playlist))
            case [user, track]:
                return "track", self.track_ids.id(objects.find_track(self, user, track))
        raise NotFound(path)

    # -- lists of a user ---------------------------------------------------------------------

    def followers(self, id: int) -> list[int]:
        """Return the followers of a user."""
        return [self.user_ids.id(index) for index in self.links.followers[self.user_ids.index(id)]]

    def followings(self, id: int) -> list[int]:
        """Return the followings of a user."""
        return [self.user_ids.id(index) for index in self.links.followings[self.user_ids.index(id)]]

    def likes(self, id: int, kind: str = "") -> list[tuple[str, int]]:
        """Return (URN, milliseconds since 1970) of a user's likes; `kind`: `tracks`, `playlists` or all."""
        rows = self._marks(self.user_ids.index(id), self.links.likes, self.links.like_date)
        return [row for row in rows if not kind or row[0].split(":")[1] == kind]

    def liked_stations(self, id: int) -> list[str]:
        """Return the URNs of the stations that a user likes. Every third user likes some that match their likes."""
        if self.user_ids.index(id) % 3:
            return []
        tracks = [urn.rpartition(":")[2] for urn, _ in self.likes(id, "tracks")[:45]]
        found = [f"soundcloud:system-playlists:track-stations:{track}" for track in tracks]
        return found + [f"soundcloud:system-playlists:artist-stations:{user}" for user in self.followings(id)[:5]]

    def reposts(self, id: int) -> list[tuple[str, int]]:
        """Return (URN, milliseconds since 1970) of a user's reposts."""
        return self._marks(self.user_ids.index(id), self.links.reposts, self.links.repost_date)

    def _marks(
        self, user: int, table: list[list[Thing]], date: Callable[[int, Thing, int], int]
    ) -> list[tuple[str, int]]:
        return [(self.urn(thing), date(user, thing, place)) for place, thing in enumerate(table[user])]

    def tracks(self, id: int) -> list[int]:
        """Return a user's tracks, latest first by their owner's date."""
        rows = [self.track_ids.id(index) for index in self.links.posted_tracks(self.user_ids.index(id))]
        return sorted(rows, key=lambda track: (self.display_date(track), track), reverse=True)

    def display_date(self, track: int) -> int:
        """Return the date that a track's owner gives it, in milliseconds since 1970.

        For most tracks it is the date of the upload. For a few it is much earlier, for others later.
        """
        born = self.born("tracks", track)
        index = self.track_ids.index(track)
        if index % 7 == 3:
            return max(FOUNDED, born - (400 + index * 97 % 4000) * DAY) // DAY * DAY
        if index % 7 == 5:
            return min(self.links.end, born + 9 * DAY) // DAY * DAY
        return born

    def toptracks(self, id: int) -> list[int]:
        """Return a user's ten most played tracks."""
        plays = {track: self.links.plays(self.track_ids.index(track)) for track in self.tracks(id)}
        return sorted(plays, key=lambda track: (-plays[track], track))[:10]

    def albums(self, id: int) -> list[int]:
        """Return the albums that a user has posted."""
        return self._sets(id, album=True)

    def playlists(self, id: int) -> list[int]:
        """Return the playlists that a user has posted, without albums."""
        return self._sets(id, album=False)

    def _sets(self, id: int, album: bool) -> list[int]:
        positions = self.links.posted_playlists(self.user_ids.index(id))
        rows = (self.playlist_ids.id(at) for at in positions if self.links.is_album(at) is album)
        return sorted(rows, reverse=True)

    def stream(self, id: int) -> list[tuple[str, str, int]]:
        """Return (type, URN, milliseconds since 1970) of a user's posts and reposts."""
        own = [("track", f"soundcloud:tracks:{track}", self.born("tracks", track)) for track in self.tracks(id)]
        sets = sorted(self.albums(id) + self.playlists(id))
        own += [("playlist", f"soundcloud:playlists:{at}", self.born("playlists", at)) for at in sets]
        again = [(objects.repost_type(urn), urn, at) for urn, at in self.reposts(id)]
        rows = sorted(own + again, key=lambda row: (-row[2], row[1]))
        # All dates must differ, since a cursor is a date.
        return [(type, urn, date - 10 * at) for at, (type, urn, date) in enumerate(rows)]

    # -- lists of tracks and playlists -------------------------------------------------------

    def playlist_tracks(self, id: int) -> list[int]:
        """Return the tracks of a playlist, in order, deleted ones included."""
        index = self.playlist_ids.index(id)
        return [self.track_ids.id(at) + objects.deleted(index, at) for at in self.links.members(index)]

    def has_track(self, id: int) -> bool:
        """Say whether a track exists. Playlists also name deleted tracks."""
        try:
            self.track_ids.index(id)
        except NotFound:
            return False
        return True

    def likers(self, urn: str) -> list[int]:
        """Return the likers of a track or playlist."""
        return [self.user_ids.id(at) for at in self.links.likers.get(self.thing(urn), ())]

    def reposters(self, urn: str) -> list[int]:
        """Return the reposters of a track or playlist."""
        return [self.user_ids.id(at) for at in self.links.reposters.get(self.thing(urn), ())]

    def track_albums(self, id: int) -> list[int]:
        """Return the albums that a track is in."""
        return self._containers(id, album=True)

    def track_playlists(self, id: int) -> list[int]:
        """Return the playlists that a track is in, without albums."""
        return self._containers(id, album=False)

    def _containers(self, id: int, album: bool) -> list[int]:
        index = self.track_ids.index(id)
        positions = self.links.containers.get(index, ())
        here = (at for at in positions if self.links.has_playlist(at) and not objects.deleted(at, index))
        rows = (at for at in here if self.links.is_album(at) is album)
        return sorted((self.playlist_ids.id(at) for at in rows), reverse=True)

    # -- comments ----------------------------------------------------------------------------

    @cached_property
    def comment_ids(self) -> Ids:
        """The ids of all comments."""
        return self.links.comment_ids

    def comment(self, id: int) -> Json:
        """Return a comment, without its track."""
        return objects.comment(self, self.comment_ids.index(id))

    def comments(self, track: int, replies: bool = True) -> list[int]:
        """Return the comments on a track, latest first. `replies`: include replies."""
        positions = self.links.comments_of(self.track_ids.index(track))
        rows = (at for at in positions if replies or not self.links.is_reply(at))
        return sorted((self.comment_ids.id(at) for at in rows), reverse=True)

    def comments_by(self, user: int) -> list[int]:
        """Return the comments that a user has written, latest first."""
        positions = self.links.comments_by[self.user_ids.index(user)]
        return sorted((self.comment_ids.id(at) for at in positions), reverse=True)

    def reactions(self, comment: int, user: int | None = None) -> tuple[int, bool]:
        """Return the number of likes of a comment, and whether `user` likes it."""
        index = self.comment_ids.index(comment)
        return index * 7919 % 13, user is not None and (index * 31 + user) % 4 == 0

    # -- what goes together ------------------------------------------------------------------

    def related(self, track: int) -> list[int]:
        """Return the related tracks of a track, at most 50."""
        return self._sample("related", self.track_ids.index(track), 50)

    def station(self, track: int) -> list[int]:
        """Return the tracks of a track's station: the track itself first, at most 50."""
        return list(dict.fromkeys([track, *self._sample("station", self.track_ids.index(track), 49)]))

    def _sample(self, purpose: str, index: int, most: int) -> list[int]:
        found = self.links.dice(purpose, index).sample(range(self.links.tracks), min(most + 1, self.links.tracks))
        return [self.track_ids.id(at) for at in found if at != index and self.links.has_track(at)][:most]

    def related_artists(self, user: int) -> list[int]:
        """Return the related users of a user, at most 20, from the same community."""
        index = self.user_ids.index(user)
        rows = range(index % self.links.communities, self.links.users, self.links.communities)
        return [self.user_ids.id(at) for at in rows if at != index and self.links.has_user(at)][:20]

    def featured_profiles(self, user: int) -> list[int]:
        """Return the users that a user features. Every third user features some followings."""
        if self.user_ids.index(user) % 3:
            return []
        return self.followings(user)[:6]

    def spotlight(self, user: int) -> list[str]:
        """Return the URNs of the tracks and playlists at the top of a user's page."""
        sets = [f"soundcloud:playlists:{id}" for id in self.albums(user)[:2]]
        return [f"soundcloud:tracks:{id}" for id in self.toptracks(user)[:3]] + sets

    def web_profiles(self, user: int) -> list[Json]:
        """Return a user's links to other sites."""
        return objects.web_profiles(self, self.user_ids.index(user))

    # -- the whole ---------------------------------------------------------------------------

    def born(self, kind: str, id: int) -> int:
        """Return the creation date of an object (`users`, `tracks`, `playlists`, `comments`), in ms since 1970."""
        ids: Ids = getattr(self, f"{kind[:-1]}_ids")
        return ids.born(id)

    def graph(
        self, seeds: Iterable[int], depth: int = 1, relations: Iterable[str] = ("followings", "followers")
    ) -> tuple[set[str], set[Edge]]:
        """Return the nodes (URNs, the seeds among them) and edges that a complete crawl finds.

        With depth 1 the relations of the seeds (followings, followers, likes, reposts) are walked. The users found are
        nodes and are not walked. With depth 2 they are walked too, and so on.
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
        for relation in relations:
            if relation not in _RELATIONS:
                raise ValueError(f"no such relation: {relation}")
            rows = getattr(self, relation)(user)
            if relation in ("likes", "reposts"):
                yield from _edges_to_things(relation, user, rows)
            else:
                yield from _edges_to_users(relation, user, rows)


def _edges_to_things(relation: str, user: int, rows: list[tuple[str, int]]) -> Iterator[tuple[Edge, None]]:
    for target, _ in rows:
        yield (relation, f"soundcloud:users:{user}", target), None


def _edges_to_users(relation: str, user: int, rows: list[int]) -> Iterator[tuple[Edge, int]]:
    for other in rows:
        source, target = (user, other) if relation == "followings" else (other, user)
        yield ("follows", f"soundcloud:users:{source}", f"soundcloud:users:{target}"), other
