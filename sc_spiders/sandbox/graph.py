"""The relations of a world: follows, likes, reposts, posts. Objects have positions (0, 1, 2…) instead of ids.

Every relation is made when it is first needed, by its own random generator. So the order of requests
does not change the world.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from random import Random

from sc_spiders.sandbox.dates import NOW
from sc_spiders.sandbox.ids import Ids

Thing = int
"""A track at position p is p, a playlist at position p is ~p (below zero)."""

FORSS = 0
"""The position of the user `forss`, who is in every world. His relations are fixed, not drawn."""

FORSS_FOLLOWERS, FORSS_FOLLOWINGS, FORSS_TRACKS, FORSS_PLAYLISTS, FORSS_LIKES, FORSS_REPOSTS = (
    270,
    230,
    37,
    7,
    235,
    44,
)


class Graph:
    """The relations of a world with `users` users.

    Degrees follow a power law. Two thirds of all follows stay within a community: users whose positions are equal
    modulo the number of communities.

    now: the world's present. end: when its newest object is made. Both in milliseconds since 1970.
    """

    now = NOW
    end = NOW

    def __init__(self, users: int, seed: int) -> None:
        self.users = users
        self.seed = seed
        self.communities = max(2, users // 150)

    def dice(self, purpose: str, index: int = 0) -> Random:
        """Return the random generator for one purpose and object. It is the same on every machine."""
        return Random(f"{self.seed}/{purpose}/{index}")

    # -- objects -----------------------------------------------------------------------------

    @cached_property
    def user_ids(self) -> Ids:
        """The ids of all users."""
        return Ids(self.users, 3_000_000_000, self.seed, {FORSS: 183}, self.has_user, self.end)

    @cached_property
    def track_ids(self) -> Ids:
        """The ids of all tracks."""
        return Ids(self.tracks, 5_000_000_000, self.seed, {0: 293}, self.has_track, self.end)

    @cached_property
    def playlist_ids(self) -> Ids:
        """The ids of all playlists."""
        return Ids(self.playlists, 2_600_000_000, self.seed, {0: 1}, self.has_playlist, self.end)

    @cached_property
    def comment_ids(self) -> Ids:
        """The ids of all comments."""
        return Ids(self.comment_starts[-1], 6_000_000_000, self.seed, {}, self.has_comment, self.end)

    def has_user(self, user: int) -> bool:
        """Say whether a user is there. Here everybody is; in a world on a date, not all are."""
        return True

    def is_renamed(self, user: int) -> bool:
        """Say whether a user has taken another name."""
        return False

    def has_track(self, track: int) -> bool:
        """Say whether a track is there."""
        return True

    def has_playlist(self, playlist: int) -> bool:
        """Say whether a playlist is there."""
        return True

    def has_comment(self, comment: int) -> bool:
        """Say whether a comment is there."""
        return True

    # -- what users post ---------------------------------------------------------------------

    @cached_property
    def track_starts(self) -> list[int]:
        """The first track of each user: user u has the tracks from `track_starts[u]` to `track_starts[u + 1]`."""
        return self._starts("tracks", FORSS_TRACKS, lambda dice: _degree(dice, 0.5, 1.1, 2, 400))

    @cached_property
    def playlist_starts(self) -> list[int]:
        """The first playlist of each user, as in `track_starts`."""
        return self._starts("playlists", FORSS_PLAYLISTS, lambda dice: _degree(dice, 0.5, 1.3, 1, 60))

    @property
    def tracks(self) -> int:
        """The number of tracks."""
        return self.track_starts[-1]

    @property
    def playlists(self) -> int:
        """The number of playlists."""
        return self.playlist_starts[-1]

    def _starts(self, purpose: str, forss: int, count: Callable[[Random], int]) -> list[int]:
        dice = self.dice(purpose)
        counts = [forss, *(count(dice) for _ in range(self.users - 1))]
        return list(accumulate(counts, initial=0))

    def tracks_of(self, user: int) -> range:
        """Return the tracks that a user ever posted."""
        return range(self.track_starts[user], self.track_starts[user + 1])

    def playlists_of(self, user: int) -> range:
        """Return the playlists that a user ever posted."""
        return range(self.playlist_starts[user], self.playlist_starts[user + 1])

    def posted_tracks(self, user: int) -> Sequence[int]:
        """Return the tracks of a user that are there."""
        return self.tracks_of(user)

    def posted_playlists(self, user: int) -> Sequence[int]:
        """Return the playlists of a user that are there."""
        return self.playlists_of(user)

    def plays(self, track: int) -> int:
        """Return the play count of a track, about proportional to its likes."""
        return 40 * len(self.likers.get(track, ())) + track * 7919 % 523

    def owner(self, thing: Thing) -> int:
        """Return the user who posted a track or playlist."""
        starts, index = (self.track_starts, thing) if thing >= 0 else (self.playlist_starts, ~thing)
        return bisect_right(starts, index) - 1

    # -- follows -----------------------------------------------------------------------------

    @cached_property
    def followings(self) -> list[list[int]]:
        """The followings of each user, latest first."""
        dice = self.dice("follows")
        random, users, communities = dice.random, self.users, self.communities
        rows: list[list[int]] = [[]]
        for user in range(1, users):
            community = user % communities
            members = (users - 1 - community) // communities + 1
            found: dict[int, None] = {}
            for _ in range(_degree(dice, 0.08, 1.2, 5, 600)):
                if random() < 0.66:
                    found[int(members * _skewed(random)) * communities + community] = None
                else:
                    found[int(users * _skewed(random))] = None
            found.pop(user, None)
            found.pop(FORSS, None)
            rows.append(list(found))
        others = range(1, users)
        rows[FORSS] = dice.sample(others, min(FORSS_FOLLOWINGS, len(others) * 2 // 3))
        for user in dice.sample(others, min(FORSS_FOLLOWERS, len(others) * 3 // 4)):
            rows[user].insert(dice.randint(0, len(rows[user])), FORSS)
        return rows

    @cached_property
    def followers(self) -> list[list[int]]:
        """The followers of each user, latest first."""
        rows: list[list[int]] = [[] for _ in range(self.users)]
        sources = list(range(self.users))
        self.dice("followers").shuffle(sources)
        for source in sources:
            for target in self.followings[source]:
                rows[target].append(source)
        return rows

    # -- likes and reposts -------------------------------------------------------------------

    @cached_property
    def likes(self) -> list[list[Thing]]:
        """The likes of each user, latest first."""
        return self._marks("likes", FORSS_LIKES, lambda dice: _degree(dice, 0.15, 1.1, 4, 900))

    @cached_property
    def likers(self) -> dict[Thing, list[int]]:
        """The likers of each track and playlist that has any, latest first."""
        return _inverse(self.likes)

    @cached_property
    def reposts(self) -> list[list[Thing]]:
        """The reposts of each user, latest first."""
        return self._marks("reposts", FORSS_REPOSTS, lambda dice: _degree(dice, 0.55, 1.2, 2, 300))

    @cached_property
    def reposters(self) -> dict[Thing, list[int]]:
        """The reposters of each track and playlist that has any, latest first."""
        return _inverse(self.reposts)

    def like_date(self, user: int, thing: Thing, place: int) -> int:
        """Return when a user liked something, in milliseconds since 1970. `place`: in the user's likes."""
        return self._mark_date(user, place, 7)

    def repost_date(self, user: int, thing: Thing, place: int) -> int:
        """Return when a user reposted something, in milliseconds since 1970. `place`: in the user's reposts."""
        return self._mark_date(user, place, 29)

    def _mark_date(self, user: int, place: int, hours: int) -> int:
        # Each date is below the one before. 977 is prime, so the milliseconds vary.
        return NOW - self.user_ids.id(user) % 999_983 - place * (hours * 3_600_000 + 977)

    def _marks(self, purpose: str, forss: int, count: Callable[[Random], int]) -> list[list[Thing]]:
        dice = self.dice(purpose)
        random, tracks, playlists = dice.random, self.tracks, self.playlists
        rows = []
        for user in range(self.users):
            found: dict[Thing, None] = {}
            for _ in range(forss if user == FORSS else count(dice)):
                if random() < 0.8:
                    # Popular tracks must not all belong to the first users.
                    found[int(tracks * _skewed(random)) * 7919 % tracks] = None
                else:
                    found[~(int(playlists * _skewed(random)) * 7919 % playlists)] = None
            rows.append(list(found))
        return rows

    # -- comments ----------------------------------------------------------------------------

    @cached_property
    def comment_starts(self) -> list[int]:
        """The first comment of each track, as in `track_starts`. The first track, flickermood, has many."""
        dice = self.dice("comments")
        counts = [430, *(_degree(dice, 0.4, 1.1, 1, 500) for _ in range(self.tracks - 1))]
        return list(accumulate(counts, initial=0))

    def comments_of(self, track: int) -> Sequence[int]:
        """Return the comments on a track."""
        return range(self.comment_starts[track], self.comment_starts[track + 1])

    def commented(self, comment: int) -> int:
        """Return the track of a comment."""
        return bisect_right(self.comment_starts, comment) - 1

    def commenter(self, comment: int) -> int:
        """Return the author of a comment. Some users write many, most write few."""
        place = (comment + 1) * 2_654_435_761 // 128 % self.users
        return (place * place // self.users * 7_919 + 977) % self.users

    def is_reply(self, comment: int) -> bool:
        """Say whether a comment answers the one before it."""
        return comment % 5 in (2, 3) and self.comment_starts[self.commented(comment)] < comment - 1

    def thread(self, comment: int) -> int:
        """Return the first comment of the thread: the comment itself if it is no reply."""
        while self.is_reply(comment):
            comment -= 1
        return comment

    @cached_property
    def comments_by(self) -> list[list[int]]:
        """The comments by each user, latest first."""
        rows: list[list[int]] = [[] for _ in range(self.users)]
        for comment in range(self.comment_starts[-1] - 1, -1, -1):
            rows[self.commenter(comment)].append(comment)
        return rows

    # -- playlists ---------------------------------------------------------------------------

    def is_album(self, playlist: int) -> bool:
        """Say whether a playlist is an album, which has only tracks of its owner."""
        owner = self.owner(~playlist)
        return playlist % 3 == 0 and len(self.tracks_of(owner)) > 2

    def members(self, playlist: int) -> list[int]:
        """Return the tracks in a playlist, in order, each once."""
        owner = self.owner(~playlist)
        own = self.tracks_of(owner)
        if playlist == 0:
            return list(own[:12])
        dice = self.dice("members", playlist)
        if self.is_album(playlist):
            return list(own[: dice.randint(3, 14)])
        size = min(_degree(dice, 0.06, 0.9, 4, 320), self.tracks)
        return list(dict.fromkeys(int(self.tracks * _skewed(dice.random)) * 7919 % self.tracks for _ in range(size)))

    @cached_property
    def containers(self) -> dict[int, list[int]]:
        """The playlists that contain each track."""
        found: dict[int, list[int]] = {}
        for playlist in range(self.playlists):
            for track in self.members(playlist):
                found.setdefault(track, []).append(playlist)
        return found


def _degree(dice: Random, none: float, alpha: float, least: int, most: int) -> int:
    """Draw a number of relations: 0 with the probability `none`, else by a power law from `least` to `most`."""
    if dice.random() < none:
        return 0
    return min(int(dice.paretovariate(alpha) * least), most)


def _skewed(random: Callable[[], float]) -> float:
    """Draw from [0, 1), small values more often. A product is used, since powers may differ between machines."""
    return random() * random()


def _inverse(rows: Iterable[Iterable[Thing]]) -> dict[Thing, list[int]]:
    found: dict[Thing, list[int]] = {}
    for user, things in enumerate(rows):
        for thing in things:
            found.setdefault(thing, []).append(user)
    return found
