"""The sandbox's world, and the truth about it: the data that a complete crawl must find.

    world = World(users=3000, seed=1)
    world.followers(183)                      # ids, latest first
    world.user(183)                           # the object as the v2 API gives it
    world.graph([183], depth=2, relations=("followings", "likes"))
    world.search("tracks", "signal")

Methods take and return ids and URNs, and raise NotFound for an object that does not exist. Lists are in the API's
order.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property
from itertools import product

from sc_spiders.sandbox import objects, shelves, words
from sc_spiders.sandbox.changes import DatedGraph
from sc_spiders.sandbox.dates import DAY, NOW
from sc_spiders.sandbox.graph import Graph
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.relations import FORSS, Json, Relations

FLICKERMOOD, SOULHACK = 293, 1
"""Ids of the track `forss/flickermood` and of the set `forss/sets/soulhack`."""

AGES = {"last_hour": DAY // 24, "last_day": DAY, "last_week": 7 * DAY, "last_month": 30 * DAY, "last_year": 365 * DAY}
LENGTHS = {"short": (0, 120), "medium": (120, 600), "long": (600, 1800), "epic": (1800, 1_000_000)}
LICENSES = {
    "to_share": ("cc-by", "cc-by-nc-sa", "cc-by-sa"),
    "to_use_commercially": ("cc-by", "cc-by-sa"),
    "to_modify_commercially": ("cc-by", "cc-by-sa"),
}

CHART_GENRES = (
    "all-music", "all-audio", "alternativerock", "ambient", "classical", "country", "danceedm", "dancehall",
    "deephouse", "disco", "drumbass", "dubstep", "electronic", "folksingersongwriter", "hiphoprap", "house",
    "indie", "jazzblues", "latin", "metal", "piano", "pop", "rbsoul", "reggae", "reggaeton", "rock",
    "soundtrack", "techno", "trance", "trap", "triphop", "world", "audiobooks", "business", "comedy",
    "entertainment", "learning", "newspolitics", "religionspirituality", "science", "sports", "storytelling",
    "technology",
)  # fmt: skip
"""Genres of charts, without the prefix `soundcloud:genres:`."""


class World(Relations):
    """A small SoundCloud with `users` users (at least 2), the same for the same `seed` on every machine.

    date: show the world as it is on that day, such as `2026-03-01`: see `changes`. None: a world that does not change.
    """

    def __init__(self, users: int = 3000, seed: int = 1, date: str | None = None) -> None:
        if users < 2:
            raise ValueError(f"a world needs at least 2 users, not {users}")
        graph = Graph(users, seed)
        if date is not None:
            graph = DatedGraph(users, seed, date)
        super().__init__(graph)

    # -- searches ----------------------------------------------------------------------------

    def search(self, type: str, q: str, **filters: str) -> list[str]:
        """Return the URNs that a search finds, best first.

        type: `tracks`, `users`, `albums`, `playlists_without_albums`, `playlists` (both), or "" for all kinds. q: all
        of its words must be in the name. filters: `genre_or_tag`, `duration`, `created_at`, `license`, `place`.
        """
        wanted = q.lower().split()
        found: list[str] = []
        if type in ("", "users"):
            found += (f"soundcloud:users:{id}" for id in self._find_users(wanted, filters))
        if type in ("", "tracks"):
            found += (f"soundcloud:tracks:{id}" for id in self._find_tracks(wanted, filters))
        if type in ("", "albums", "playlists_without_albums", "playlists"):
            found += (f"soundcloud:playlists:{id}" for id in self._find_sets(wanted, filters, type))
        # Kinds are mixed, as in the API's own answers.
        return sorted(found, key=lambda urn: (int(urn.rpartition(":")[2]) * 7919 % 1_000_003, urn))

    def _find_users(self, wanted: list[str], filters: dict[str, str]) -> Iterator[int]:
        place = filters.get("place")
        for index in filter(self.links.has_user, range(self.links.users)):
            if _has(objects.username(self, index), wanted):
                id = self.user_ids.id(index)
                if place is None or (self.user(id)["city"] or "").lower() == place.lower():
                    yield id

    def _find_tracks(self, wanted: list[str], filters: dict[str, str]) -> Iterator[int]:
        for index in filter(self.links.has_track, range(self.links.tracks)):
            if _has(objects.title(index), wanted) and self._passes(index, filters):
                yield self.track_ids.id(index)

    def _passes(self, index: int, filters: dict[str, str]) -> bool:
        seconds = objects.duration(index) / 1000
        # `created_at` filters by the real present, not by the sandbox's clock.
        age = max(NOW, int(time.time() * 1000)) - self.born("tracks", self.track_ids.id(index))
        tests = {
            "genre_or_tag": lambda value: value.lower() in _labels(index),
            "duration": lambda value: LENGTHS[value][0] <= seconds < LENGTHS[value][1],
            "created_at": lambda value: age <= AGES[value],
            "license": lambda value: objects.license(index) in LICENSES[value],
        }
        return all(tests[name](value) for name, value in filters.items() if name in tests)

    def _find_sets(self, wanted: list[str], filters: dict[str, str], type: str) -> Iterator[int]:
        label = filters.get("genre_or_tag")
        for index in filter(self.links.has_playlist, range(self.links.playlists)):
            if not _has(objects.playlist_title(index), wanted):
                continue
            if type in ("albums", "playlists_without_albums") and self.links.is_album(index) is not (type == "albums"):
                continue
            id = self.playlist_ids.id(index)
            if label is None or label.lower() in ((self.playlist(id)["genre"] or "").lower(), *objects.tags(index * 3)):
                yield id

    def suggestions(self, q: str) -> list[str]:
        """Return the suggestions of a search box for the beginning of a word."""
        names = [noun.lower() for noun in words.NOUNS]
        found = [name for name in names if name.startswith(q.lower())]
        return [f"{name} {word}".strip() for name, word in product(found, ("", "live", "mix"))]

    # -- charts, shelves, tags ---------------------------------------------------------------

    def chart(self, kind: str, genre: str, region: str = "") -> list[tuple[int, float]]:
        """Return (track, score) of a chart: `kind` is `top` or `trending`, `genre` without its prefix."""
        if kind not in ("top", "trending") or genre not in CHART_GENRES:
            raise NotFound(f"{kind}:{genre}")
        dice = self.links.dice(f"chart {kind} {region}", CHART_GENRES.index(genre))
        drawn = dice.sample(range(self.links.tracks), min(50, self.links.tracks))
        tracks = filter(self.links.has_track, drawn)
        return [(self.track_ids.id(track), round(1 / (at + 1.25), 12)) for at, track in enumerate(tracks)]

    def selections(self) -> list[Json]:
        """Return the shelves of the discover page."""
        return shelves.selections(self)

    def chart_selections(self, country: str = "US") -> list[Json]:
        """Return the shelves of charts of a country, `US` or `UK`."""
        return shelves.chart_selections(self, country)

    def system_playlist(self, urn: str) -> Json:
        """Return a system playlist: all its tracks, as stubs."""
        return shelves.system_playlist(self, urn)

    def featured(self, genre: str) -> list[int]:
        """Return the featured tracks of a genre, or of the `front` page, at most 15."""
        where = (genre, "featured")
        if genre == "front":
            where = ("all-music", "front")
        return [track for track, _ in self.chart("trending", *where)[:15]]

    def tagged(self, tag: str) -> list[int]:
        """Return the tracks that have a tag, latest first."""
        there = filter(self.links.has_track, range(self.links.tracks))
        return sorted((self.track_ids.id(at) for at in there if tag in objects.tags(at)), reverse=True)

    # -- private things ----------------------------------------------------------------------

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Share tokens by URN, of a private track and a private playlist of forss. No list contains these."""
        dice = self.links.dice("secrets")
        urns = ("soundcloud:tracks:9001", "soundcloud:playlists:9002")
        return {urn: f"s-{dice.getrandbits(40):010x}" for urn in urns}

    def private(self, urn: str) -> Json:
        """Return a private object, as requests with its share token get it."""
        token = self.secrets.get(urn)
        if token is None:
            raise NotFound(urn)
        id = int(urn.rpartition(":")[2])
        kind = urn.split(":")[1]
        whole = self.track_or_playlist(kind, {"tracks": FLICKERMOOD, "playlists": SOULHACK}[kind])
        changed = {
            "id": id,
            "permalink": f"unreleased-{id}",
            "permalink_url": f"{whole['permalink_url']}-unreleased-{id}/{token}",
            "public": False,
            "secret_token": token,
            "sharing": "private",
            "title": f"Unreleased {id}",
            "uri": f"https://api.soundcloud.com/{kind}/{id}",
        }
        if kind == "tracks":
            return whole | changed | {"urn": urn}
        return whole | changed | {"track_count": 1, "tracks": [objects.track_stub(self, 9001)]}

    def history(self) -> list[tuple[int, int]]:
        """Return (milliseconds since 1970, track) of the tracks that forss has played, latest first."""
        return [(self.links.now - at * 240_007, track) for at, track in enumerate(self._sample("history", 0, 120))]

    def home_stream(self) -> list[tuple[int, str, str, int]]:
        """Return (user, type, URN, milliseconds) of posts and reposts by forss' followings."""
        rows: list[tuple[int, str, str, int]] = []
        for user in self.followings(FORSS)[:30]:
            rows += [(user, *row) for row in self.stream(user)]
        rows.sort(key=lambda row: (-row[3], row[0], row[2]))
        return [(user, type, urn, at - 10 * place) for place, (user, type, urn, at) in enumerate(rows)]

    def conversations(self) -> list[Json]:
        """Return forss' conversations, each with its messages under `messages`, latest first."""
        return shelves.conversations(self)

    def emails(self) -> list[Json]:
        """Return forss' e-mail addresses."""
        return shelves.emails(self)


def _has(name: str, wanted: list[str]) -> bool:
    name = name.lower()
    return all(word in name for word in wanted)


def _labels(index: int) -> set[str]:
    """Return genre and tags of a track, in lower case."""
    return {(objects.genre(index) or "").lower(), *objects.tags(index)}
