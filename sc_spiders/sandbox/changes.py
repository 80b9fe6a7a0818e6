"""A world that changes: people join, leave, rename themselves, post, follow and unfollow, like and take it back.

A graph has everything that ever is in a world. A dated graph shows of it what is there on one date. When a thing begins
and ends is drawn from the seed and the thing alone, so all dates show the same world.

People and what they post begin on the date of their creation, relations at any later time from 2017 to 2026. What ends,
ends in the year 2026. The user forss, flickermood and soulhack stay as they are.
"""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b

from sc_spiders.sandbox.dates import DAY, day
from sc_spiders.sandbox.graph import FORSS, Graph, Thing

FIRST_RELATION, FIRST_END, END = day("2017-01-01"), day("2026-01-01"), day("2027-01-01")
"""From when relations begin; from when things end; when the world is complete. In milliseconds since 1970."""

LEAVING, RENAMING, DELETING, ENDING = 0.06, 0.08, 0.04, 0.1
"""Shares of all users who leave and who rename themselves, of all posts deleted, of all relations ended by `END`."""


class DatedGraph(Graph):
    """The relations of a world on a date, `2026-03-01` for example. Raise ValueError if the date is not valid."""

    end = END

    def __init__(self, users: int, seed: int, date: str) -> None:
        super().__init__(users, seed)
        self.now = day(date)

    def _draw(self, *key: str | int) -> float:
        """Return a number in [0, 1) that depends on the seed and the key alone."""
        digest = blake2b(f"{self.seed}{key}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / 2**48

    def _has_ended(self, share: float, *key: str | int) -> bool:
        """Say whether a thing has ended. `share`: of all such things, how many end before `END`."""
        drawn = self._draw("end", *key) / share
        return drawn < 1 and FIRST_END + drawn * (END - FIRST_END) <= self.now

    # -- who and what is there ---------------------------------------------------------------

    @cached_property
    def _user_births(self) -> list[int]:
        return [self.user_ids.born(self.user_ids.id(user)) for user in range(self.users)]

    @cached_property
    def _track_births(self) -> list[int]:
        return [self.track_ids.born(self.track_ids.id(track)) for track in range(self.tracks)]

    @cached_property
    def _playlist_births(self) -> list[int]:
        return [self.playlist_ids.born(self.playlist_ids.id(playlist)) for playlist in range(self.playlists)]

    @cached_property
    def _users_there(self) -> list[bool]:
        return [
            user == FORSS or (born <= self.now and not self._has_ended(LEAVING, "user", user))
            for user, born in enumerate(self._user_births)
        ]

    @cached_property
    def _tracks_there(self) -> list[bool]:
        return [track == 0 or self._has_post(track, born) for track, born in enumerate(self._track_births)]

    @cached_property
    def _playlists_there(self) -> list[bool]:
        births = enumerate(self._playlist_births)
        return [playlist == 0 or self._has_post(~playlist, born) for playlist, born in births]

    def _has_post(self, thing: Thing, born: int) -> bool:
        return born <= self.now and self.has_user(self.owner(thing)) and not self._has_ended(DELETING, "post", thing)

    def has_user(self, user: int) -> bool:
        return self._users_there[user]

    def is_renamed(self, user: int) -> bool:
        return user != FORSS and self._has_ended(RENAMING, "name", user)

    def has_track(self, track: int) -> bool:
        return self._tracks_there[track]

    def has_playlist(self, playlist: int) -> bool:
        return self._playlists_there[playlist]

    def has_comment(self, comment: int) -> bool:
        return (
            self.comment_ids.born(self.comment_ids.id(comment)) <= self.now
            and self.has_user(self.commenter(comment))
            and self.has_track(self.commented(comment))
            and not self._has_ended(DELETING, "comment", comment)
        )

    # -- relations ---------------------------------------------------------------------------

    def _begins(self, relation: str, user: int, target: int) -> int:
        """Return when a user begins to follow another, or likes or reposts something, in milliseconds since 1970."""
        since = max(FIRST_RELATION, self._user_births[user], self._born(relation, target))
        return since + int(self._draw(relation, user, target) * (END - since))

    def _born(self, relation: str, target: int) -> int:
        if relation == "follow":
            return self._user_births[target]
        if target >= 0:
            return self._track_births[target]
        return self._playlist_births[~target]

    def _is_there(self, relation: str, target: int) -> bool:
        if relation == "follow":
            return self.has_user(target)
        if target >= 0:
            return self.has_track(target)
        return self.has_playlist(~target)

    def _current(self, relation: str, rows: list[list[int]]) -> list[list[int]]:
        """Return the targets that each user has now, latest first."""
        return [self._current_row(relation, user, row) for user, row in enumerate(rows)]

    def _current_row(self, relation: str, user: int, row: list[int]) -> list[int]:
        if not self.has_user(user):
            return []
        there = [target for target in row if self._is_there(relation, target)]
        begins = {target: self._begins(relation, user, target) for target in there}
        current = [target for target, begun in begins.items() if begun <= self.now]
        lasting = [target for target in current if not self._has_ended(ENDING, relation, user, target)]
        return sorted(lasting, key=begins.__getitem__, reverse=True)

    def _latest_first(self, relation: str, target: int, users: list[int]) -> list[int]:
        return sorted(users, key=lambda user: self._begins(relation, user, target), reverse=True)

    @cached_property
    def followings(self) -> list[list[int]]:
        return self._current("follow", super().followings)

    @cached_property
    def followers(self) -> list[list[int]]:
        return [self._latest_first("follow", target, users) for target, users in enumerate(super().followers)]

    @cached_property
    def likes(self) -> list[list[Thing]]:
        return self._current("like", super().likes)

    @cached_property
    def likers(self) -> dict[Thing, list[int]]:
        return {thing: self._latest_first("like", thing, users) for thing, users in super().likers.items()}

    @cached_property
    def reposts(self) -> list[list[Thing]]:
        return self._current("repost", super().reposts)

    @cached_property
    def reposters(self) -> dict[Thing, list[int]]:
        return {thing: self._latest_first("repost", thing, users) for thing, users in super().reposters.items()}

    def like_date(self, user: int, thing: Thing, place: int) -> int:
        return self._begins("like", user, thing)

    def repost_date(self, user: int, thing: Thing, place: int) -> int:
        return self._begins("repost", user, thing)

    # -- posts -------------------------------------------------------------------------------

    def posted_tracks(self, user: int) -> list[int]:
        return list(filter(self.has_track, self.tracks_of(user)))

    def posted_playlists(self, user: int) -> list[int]:
        return list(filter(self.has_playlist, self.playlists_of(user)))

    def members(self, playlist: int) -> list[int]:
        """Return the tracks in a playlist. As in reality, it keeps the ids of deleted tracks."""
        return [track for track in super().members(playlist) if self._track_births[track] <= self.now]

    def plays(self, track: int) -> int:
        """Return the play count of a track, which grows every day."""
        age = max(self.now - self._track_births[track], 0)
        return age // DAY * (1 + track % 17) + track * 7919 % 523

    def comments_of(self, track: int) -> list[int]:
        return list(filter(self.has_comment, super().comments_of(track)))

    @cached_property
    def comments_by(self) -> list[list[int]]:
        return [list(filter(self.has_comment, row)) for row in super().comments_by]
