"""The world as signed-in users see it after what they have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sc_spiders.sandbox import made
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.paging import follow_moments
from sc_spiders.sandbox.relations import Json, Relations
from sc_spiders.sandbox.world import World
from sc_spiders.sandbox.written import NEWCOMER, UNCHANGED, View

T = TypeVar("T")

Date = int
"""Milliseconds since 1970."""


class Account(World):
    """A world with what was written in it.

    Its methods answer as those of the world do. `tracks` and playlists of a user are the public ones; `own` has all.
    """

    def __init__(self, world: World, view: View) -> None:
        Relations.__init__(self, world.links)  # the same relations, and not another world made of the same seed
        self._world = world
        self._view = view
        self._counted: dict[int, tuple[int, Json]] = {}

    @property
    def users_who_write(self) -> list[int]:
        """The users with a token."""
        return self._view.users

    def _before(self, method: Callable[[int], list[T]], user: int) -> list[T]:
        """Return a list of the world. A newcomer's lists are empty, because the world does not have the user."""
        if user == NEWCOMER:
            return []
        return method(user)

    # -- objects -----------------------------------------------------------------------------

    def user(self, id: int) -> Json:
        if id == NEWCOMER:
            return made.newcomer(self._world) | self._counts(id)
        if id in self._view.users:
            return self._world.user(id) | self._counts(id)
        return self._world.user(id)

    def _counts(self, id: int) -> Json:
        """Return the counts of a user who writes. They are counted anew after each write, and not for each row."""
        version = self._view.version
        if self._counted.get(id, (-1, {}))[0] != version:
            self._counted[id] = (version, self._count(id))
        return self._counted[id][1]

    def _count(self, id: int) -> Json:
        likes = self.likes(id)
        tracks = sum(":tracks:" in urn for urn, _ in likes)
        return {
            "followings_count": len(self.followings(id)),
            "likes_count": tracks,
            "playlist_likes_count": len(likes) - tracks,
            "track_count": len(self.tracks(id)),
            "playlist_count": len(self.albums(id)) + len(self.playlists(id)),
        }

    def track(self, id: int) -> Json:
        whole = self._object("tracks", id, self._world.track)
        return whole | self._view.processed(id, private=not whole["public"])

    def playlist(self, id: int) -> Json:
        return self._object("playlists", id, self._world.playlist)

    def comment(self, id: int) -> Json:
        return self._object("comments", id, self._world.comment)

    def _object(self, kind: str, id: int, before: Callable[[int], Json]) -> Json:
        found = self._view.object(kind, id)
        if found is None:
            raise NotFound(id)
        if found is UNCHANGED:
            return before(id)
        whole: Json = found
        return whole

    def has_track(self, id: int) -> bool:
        try:
            self.track(id)
        except NotFound:
            return False
        return True

    def playlist_tracks(self, id: int) -> list[int]:
        return [stub["id"] for stub in self.playlist(id)["tracks"]]

    def resolve(self, path: str) -> tuple[str, int | str]:
        page = f"https://soundcloud.com/{path.strip('/')}"
        for kind in ("track", "playlist"):
            for user in self._view.users:
                for id in self._view.own(f"{kind}s", user, []):
                    if self._object(f"{kind}s", id, self._world.track)["permalink_url"] == page:
                        return kind, id
        if page == made.newcomer(self._world)["permalink_url"]:
            return "user", NEWCOMER
        return self._world.resolve(path)

    def there(self, kind: str, ids: list[int]) -> list[int]:
        """Return the ids of those objects that were not deleted."""
        return [id for id in ids if self._view.object(kind, id) is not None]

    # -- lists of a user ---------------------------------------------------------------------

    def followings(self, id: int) -> list[int]:
        if id not in self._view.users:
            return self._world.followings(id)
        return [user for user, _ in self.dated_followings(id)]

    def dated_followings(self, id: int) -> list[tuple[int, Date]]:
        """Return (user, date) of a signed-in user's followings, latest first."""
        before = self._before(self._world.followings, id)
        dates = follow_moments(f"{id}followings", len(before))
        return self._view.marked("followings", id, [(user, dates.moment(at)) for at, user in enumerate(before)])

    def followers(self, id: int) -> list[int]:
        return self._view.markers("followings", id, self._before(self._world.followers, id))

    def likes(self, id: int, kind: str = "") -> list[tuple[str, Date]]:
        if id not in self._view.users:
            return self._view.there(self._world.likes(id, kind))
        rows = self._view.marked("likes", id, self._before(self._world.likes, id))
        return [row for row in rows if not kind or row[0].split(":")[1] == kind]

    def reposts(self, id: int) -> list[tuple[str, Date]]:
        if id not in self._view.users:
            return self._view.there(self._world.reposts(id))
        return self._view.marked("reposts", id, self._before(self._world.reposts, id))

    def liked_stations(self, id: int) -> list[str]:
        return self._before(self._world.liked_stations, id)

    def own(self, kind: str, id: int) -> list[int]:
        """Return a user's `tracks`, `playlists` (and albums) or new `comments`, latest first, private ones too."""
        lists = {"tracks": self._world.tracks, "playlists": self._all_sets, "comments": lambda user: []}
        before = self._before(lists[kind], id)
        if id not in self._view.users:
            return before
        return self._view.own(kind, id, before)

    def _all_sets(self, id: int) -> list[int]:
        return sorted(self._world.albums(id) + self._world.playlists(id), reverse=True)

    def tracks(self, id: int) -> list[int]:
        if id not in self._view.users:
            return self._world.tracks(id)
        return [track for track in self.own("tracks", id) if self.track(track)["public"]]

    def _sets(self, id: int, album: bool) -> list[int]:
        if id not in self._view.users:
            return super()._sets(id, album)
        rows = ((playlist, self.playlist(playlist)) for playlist in self.own("playlists", id))
        return [playlist for playlist, whole in rows if whole["public"] and whole["is_album"] is album]

    def web_profiles(self, user: int) -> list[Json]:
        return self._before(self._world.web_profiles, user)

    # -- lists of a track or playlist --------------------------------------------------------

    def likers(self, urn: str) -> list[int]:
        return self._view.markers("likes", urn, self._people(self._world.likers, urn))

    def reposters(self, urn: str) -> list[int]:
        return self._view.markers("reposts", urn, self._people(self._world.reposters, urn))

    def _people(self, list_of: Callable[[str], list[int]], urn: str) -> list[int]:
        """Return a list of the world. That of a new track or playlist is empty."""
        _, kind, id = urn.split(":")
        self._object(kind, int(id), {"tracks": self._world.track, "playlists": self._world.playlist}[kind])
        try:
            return list_of(urn)
        except NotFound:
            return []

    def comments(self, track: int, replies: bool = True) -> list[int]:
        self.track(track)
        before: list[int] = []
        if self._world.has_track(track):
            before = self._world.comments(track, replies)
        new = [id for user in self._view.users for id in self.own("comments", user)]
        return sorted((id for id in new if self.comment(id)["track_id"] == track), reverse=True) + before
