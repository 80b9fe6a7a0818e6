"""The plan that makes an account like an earlier `me` crawl."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sc_spiders.actions.account import FIELDS, as_written
from sc_spiders.actions.action import Action, Row
from sc_spiders.actions.plan import Plan
from sc_spiders.api.writes import LONGEST_PLAYLIST
from sc_spiders.errors import ArgumentError

WORDS = ("likes", "followings", "playlists", "reposts", "tracks")
"""What can be restored."""

_RELATIONS = {"likes": ("likes", "like"), "followings": ("follows", "follow"), "reposts": ("reposts", "repost")}
_LISTS = {
    "likes": ("my_likes", "my_liked_tracks", "my_liked_playlists"),
    "followings": ("my_followings",),
    "reposts": ("my_reposts", "my_reposted_tracks", "my_reposted_playlists"),
    "playlists": ("my_playlists",),
    "tracks": ("my_tracks",),
}
_OWN_LISTS = frozenset(chain.from_iterable(_LISTS.values()))
_SET_TYPES = ("album", "playlist")
_SORTS = {"system-playlists": "stations"}
_BY_URN = {"users": "user", "tracks": "track", "playlists": "playlist"}


@dataclass(slots=True)
class Backup:
    """The parts of a `me` crawl that can be restored. `of` takes its records, `plan` makes a plan of them.

    `broken`: playlists whose list of tracks was not read to its end, and why. `edges`: by source and relation, because
    followers, feeds and activities are edges of other people.
    """

    name: str
    crawl: Row | None = None
    account: str = ""
    edges: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)
    objects: dict[str, dict[str, Row]] = field(default_factory=lambda: {"playlist": {}, "track": {}})
    tracks: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    lists: dict[tuple[str, str], bool] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, name: str, rows: Iterable[Row]) -> Backup:
        """Raises ArgumentError if the records are not those of one `me` crawl."""
        backup = cls(name)
        for row in rows:
            backup._add(row)
        if backup.crawl is None or backup.crawl.get("spider") != "me":
            spider = (backup.crawl or {}).get("spider") or "no crawl that has ended"
            raise ArgumentError(
                f"{name} is the output of {spider}; from takes that of a `me` crawl, which has an account's own data"
            )
        if (backup.crawl.get("versions") or {}).get("pseudonyms"):
            raise ArgumentError(f"{name} has pseudonyms, by which nothing can be restored")
        if not backup.account:
            raise ArgumentError(f"{name} has no list of an account's own, so nobody knows whose data it is")
        return backup

    def _add(self, row: Row) -> None:
        kind = row.get("kind")
        if kind == "crawl":
            self._take_crawl(row)
        elif kind == "edge":
            self._take_edge(row)
        elif kind == "listing":
            self._take_listing(row)
        elif kind in self.objects:
            self.objects[kind][row["urn"]] = row

    def _take_listing(self, row: Row) -> None:
        endpoint, subject = row["endpoint"], row.get("subject") or ""
        self.lists[endpoint, subject] = bool(row["complete"])
        if endpoint == "playlist_tracks" and row.get("error") not in (None, "short"):
            self.broken[subject] = row["error"]
        if endpoint in _OWN_LISTS:
            self._take_account(subject)

    def _take_crawl(self, row: Row) -> None:
        if self.crawl is not None and self.crawl.get("spider") != row.get("spider"):
            raise ArgumentError(f"{self.name} has records of several crawls; give the output of one `me` crawl")
        self.crawl = row

    def _take_account(self, urn: str) -> None:
        if urn and self.account and urn != self.account:
            raise ArgumentError(f"{self.name} is of several accounts; give the output of one `me` crawl")
        self.account = self.account or urn

    def _take_edge(self, row: Row) -> None:
        if row["relation"] == "contains":
            self.tracks.setdefault(row["source"], []).append((row.get("position") or 0, row["target"]))
        elif row["relation"] in ("likes", "follows", "reposts"):
            self.edges.setdefault((row["source"], row["relation"]), {})[row["target"]] = row

    def plan(self, include: Iterable[str], *, prune: bool) -> Plan:
        """The actions, in the order in which they should be sent. Raises ArgumentError for a bad source of `prune`."""
        actions: list[Action] = []
        wanted = [word for word in WORDS if word in include]
        if prune:
            for word in wanted:
                self._check_whole(word)
        for word in wanted:
            if word in _RELATIONS:
                actions += self._related(word)
            else:
                actions += self._own(word, prune=prune)
        for number, action in enumerate(actions, 1):
            action.number = number
        return Plan(actions, is_restored=True, left_out=dict(self.left_out))

    def wanted(self, word: str) -> set[str]:
        """The targets that the account should have of that relation."""
        return set(self._edges(_RELATIONS[word][0]))

    def _edges(self, relation: str) -> dict[str, Row]:
        """The account's own edges, by target."""
        return self.edges.get((self.account, relation), {})

    def _check_whole(self, word: str) -> None:
        ends = [whole for (endpoint, _), whole in self.lists.items() if endpoint in _LISTS[word]]
        if not ends or not all(ends):
            raise ArgumentError(f"{self.name} has not all {word} of the account, so prune would take good ones away")

    def _related(self, word: str) -> list[Action]:
        """The oldest first, so that lists are in the old order in the end. Lists give the newest first."""
        relation, do = _RELATIONS[word]
        edges = self._edges(relation).values()
        order = sorted(enumerate(edges), key=lambda one: _age(*one), reverse=True)
        found = []
        for _, edge in order:
            sort = edge["target"].split(":")[1]
            if kind := _BY_URN.get(sort):
                found.append(Action(0, do, kind, edge["target"]))
            else:
                self.left_out[f"{word} of {_SORTS.get(sort, sort)}: the API takes none from programs"] += 1
        return found

    def _own(self, word: str, *, prune: bool) -> list[Action]:
        kind = word.removesuffix("s")
        mine = [row for row in self.objects[kind].values() if row.get("user_urn") == self.account]
        mine.sort(key=lambda row: row.get("created_at") or "")  # the newest comes first in the end, as it was
        mine = [row for row in mine if row["urn"].startswith(f"soundcloud:{kind}s:")]
        return [self._action(kind, row["urn"], row, prune=prune) for row in mine]

    def _action(self, kind: str, urn: str, row: Row, *, prune: bool) -> Action:
        action = Action(0, kind, kind, urn)
        shown = as_written(kind, row)
        action.after = {name: shown[name] for name in sorted(FIELDS[kind]) if _is_restored(name, shown.get(name))}
        set_type = shown.get("set_type")
        if kind == "playlist" and set_type not in (None, "", *_SET_TYPES):
            self.left_out[f"type of a playlist ({set_type}): the API takes {' and '.join(_SET_TYPES)} only"] += 1
        if kind == "track":
            return action
        tracks = [target for _, target in sorted(self.tracks.get(urn, ()))]
        action.after["tracks"] = list(dict.fromkeys(tracks))
        if not self._check_tracks(action, urn, row) and prune:  # what the back-up lacks is not to be taken away
            action.edit = {"add": action.after.pop("tracks")}
        return action

    def _check_tracks(self, action: Action, urn: str, row: Row) -> bool:
        """Refuse a playlist whose tracks are not in the back-up, or too many. Returns whether it has all."""
        tracks = action.after["tracks"]
        if error := self.broken.get(urn):
            action.refuse("not_in_backup", f"the back-up's list of its tracks broke off ({error}): take a new one")
            return False
        if unseen := max(0, (row.get("track_count") or 0) - len(tracks)):
            self.left_out["tracks of playlists: the back-up could not see them"] += unseen
        whole = self.lists.get(("playlist_tracks", urn))
        if whole is None:
            whole = not unseen
        if not whole and not tracks:
            action.refuse("not_in_backup", f"the back-up has none of its {row.get('track_count') or 0:,} tracks")
        if len(tracks) > LONGEST_PLAYLIST:
            action.refuse(
                "too_long", f"a playlist takes {LONGEST_PLAYLIST} tracks by the API, and this has {len(tracks):,}"
            )
        return whole


def _is_restored(name: str, value: Any) -> bool:
    """Whether that field of a back-up is restored. An address may be taken; an ordinary playlist needs no type."""
    if name == "set_type":
        return bool(value == "album")
    if name == "release_date":
        return len(value or "") == len("2026-12-31")
    if name == "isrc":
        return bool(value)
    return value is not None and name != "permalink"


def _age(number: int, edge: Row) -> tuple[Any, ...]:
    """A key by which the older relation is greater."""
    if edge.get("created_at"):
        return (1, [-ord(char) for char in edge["created_at"]], number)
    position = edge.get("position")
    return (0, [], number if position is None else position)
