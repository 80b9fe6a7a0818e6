"""Compares a plan with the account. Each action is to be done, is done already, or cannot be done."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sc_spiders.actions.account import ARTWORK, CUT, Account, same
from sc_spiders.actions.action import DELETES, RELATIONS, TAKES_BACK, Action, Row, kind_of
from sc_spiders.actions.plan import Plan, check_together
from sc_spiders.api.writes import LONGEST_PLAYLIST, MOST_FOLLOWINGS
from sc_spiders.errors import ArgumentError

_NO_WAY_BACK = {
    "comment": "the API has no way to delete a comment",
    "delete_track": "a deleted track is gone",
    "delete_playlist": "a deleted playlist is gone",
}


@dataclass(slots=True)
class Comparison:
    """`allow`: `delete`, `lossy` or both. `restores`: the plan is that of a back-up, and playlists keep what the
    account has added to them. `prune`: not so, and of these relations all targets but these are taken away.
    """

    account: Account
    allow: Collection[str] = ()
    restores: bool = False
    prune: dict[str, set[str]] | None = None
    _taken: set[str] = field(default_factory=set)

    def compare(self, plan: Plan, now: float) -> None:
        """Set `before`, `after`, `missing`, `status` and `undo` of each action. Raises ArgumentError for a bad plan."""
        for relation, wanted in (self.prune or {}).items():
            self._take_away(plan, relation, wanted)
        for action in plan.actions:
            self._resolve(action)
        check_together(plan, "the plan")
        self._taken |= {action.target for action in plan.actions if action.do == "playlist" and action.target}
        for action in plan.actions:
            action.planned_at = now
            if action.status == "planned":
                self._one(action)
        self._check_sums(plan)

    def _resolve(self, action: Action) -> None:
        """Put the URN in the place of an address."""
        target = action.target
        if not target or target.startswith("soundcloud:"):
            return
        urn = self.account.addresses.get(target)
        if urn is None:
            action.refuse("not_found", f"{target} leads nowhere")
            return
        if action.kind and kind_of(urn) != action.kind:
            action.refuse("not_found", f"{target} is a {kind_of(urn)}")
            return
        action.target, action.kind = urn, kind_of(urn)

    def _one(self, action: Action) -> None:
        if action.do in RELATIONS:
            self._relation(action)
        elif action.do == "playlist":
            self._playlist(action)
        elif action.do == "track":
            self._own(action)
        elif action.do in DELETES:
            self._delete(action)
        else:
            self._new(action)
        action.irreversible = action.irreversible or _NO_WAY_BACK.get(action.do)

    def _relation(self, action: Action) -> None:
        name, wanted = RELATIONS[action.do]
        is_so = action.target in self.account.relations[name]
        action.before, action.after = {name: is_so}, {name: wanted}
        if is_so == wanted:
            action.status = "already"
        elif wanted and action.target not in self.account.there:
            action.refuse("gone", "the API no longer has it, or does not show it to this account")
        else:
            action.undo = {"do": TAKES_BACK[action.do], "target": action.target}

    def _playlist(self, action: Action) -> None:
        urn = action.target
        if urn not in self.account.own["playlist"] and (urn is None or self.restores):
            urn = self._by_title(action)
        if urn is None:
            self._new_playlist(action)
        elif urn in self.account.own["playlist"]:
            self._old_playlist(action, urn)
        else:
            action.refuse("not_own", f"the account has no playlist {urn}")

    def _old_playlist(self, action: Action, urn: str) -> None:
        action.target = urn
        self._taken.add(urn)
        if action.artwork:
            action.refuse("artwork", f"{urn} is there already, and the API takes artwork with a new playlist only")
            return
        self._edit(action, urn)
        shown = self.account.tracks.get(urn, [])
        self._leave_out_missing(action, shown)
        if "tracks" in action.after and self.restores and self.prune is None:
            self._keep(action, shown)
        self._take_before(action, {**self.account.own["playlist"][urn], "tracks": shown})
        lost = self.account.unseen(urn)
        if action.status == "planned" and "tracks" in action.after and lost and "lossy" not in self.allow:
            action.refuse("lossy", f"{lost:,} of its tracks cannot be seen, and would be lost; allow=lossy permits it")

    def _keep(self, action: Action, shown: list[str]) -> None:
        """Without prune, a restored playlist keeps the tracks that the account has added to it."""
        tracks = action.after["tracks"] = list(dict.fromkeys([*action.after["tracks"], *shown]))
        if len(tracks) > LONGEST_PLAYLIST:
            action.refuse(
                "too_long",
                f"with those that the account has added it would have {len(tracks):,} tracks, and the API takes "
                f"{LONGEST_PLAYLIST}; prune=1 takes the others away",
            )

    def _take_before(self, action: Action, mine: Row) -> None:
        """Take the present values of the fields that are wanted. The way back is to set them again."""
        action.before = {name: mine[name] for name in sorted(action.after) if name in mine}
        if action.status != "planned":
            return
        if not action.artwork and _is_so(action):
            action.status = "already"
            return
        cut = mine.get(CUT, ())
        known = _known(action.before, cut)
        if known:
            action.undo = {"do": action.do, "target": action.target, action.do: known}
        action.irreversible = _not_known(action, known, cut)
        if action.artwork:  # whether the account has this picture already is not to be seen
            action.before[ARTWORK] = mine.get(ARTWORK, "")

    def _by_title(self, action: Action) -> str | None:
        """The playlist of that title that fits best, if the account has one that no other action is about."""
        title = action.after.get("title")
        found = [
            urn
            for urn, one in self.account.own["playlist"].items()
            if one.get("title") == title and urn not in self._taken
        ]
        same = [urn for urn in found if self.account.tracks.get(urn, []) == action.after.get("tracks", [])]
        return next(iter(same or found), None)

    def _new_playlist(self, action: Action) -> None:
        action.target = None
        _complete(action)
        self._edit(action, "")
        self._leave_out_missing(action, ())
        action.undo = {"do": "delete_playlist", "target": None}

    def _edit(self, action: Action, urn: str) -> None:
        """Make the whole list of tracks out of those to add and to remove."""
        if action.edit is None or "tracks" in action.after:
            return
        gone = set(action.edit.get("remove", ()))
        tracks = [track for track in self.account.tracks.get(urn, ()) if track not in gone]
        tracks += [track for track in action.edit.get("add", ()) if track not in tracks]
        action.after["tracks"] = tracks
        if len(tracks) > LONGEST_PLAYLIST:
            raise ArgumentError(f"{action.name} would have {len(tracks):,} tracks; a playlist takes {LONGEST_PLAYLIST}")

    def _leave_out_missing(self, action: Action, shown: Collection[str]) -> None:
        if "tracks" not in action.after:
            return
        there, seen = self.account.there, set(shown)
        wanted = action.after["tracks"]
        missing = dict.fromkeys(
            track for track in wanted if track not in there and track not in seen and not track.startswith("@")
        )
        action.missing = list(dict.fromkeys([*action.missing, *missing]))
        action.after["tracks"] = [track for track in wanted if track not in missing]

    def _own(self, action: Action) -> None:
        urn = action.target or ""
        mine = self.account.own["track"].get(urn)
        if mine is None:
            action.refuse("not_own", f"the account has no track {urn}")
            return
        self._take_before(action, mine)

    def _delete(self, action: Action) -> None:
        kind = DELETES[action.do]
        mine = self.account.own[kind].get(action.target or "")
        action.after = {"deleted": True}
        if mine is None and action.target in self.account.there:
            action.refuse("not_own", f"{action.target} is not the account's own")
            return
        if mine is None:
            action.before = {"deleted": True}
            action.status = "already"
            return
        action.before = {"deleted": False, "title": mine.get("title")}
        if "delete" not in self.allow and not action.undoes:
            action.refuse("delete", "it is not deleted without allow=delete")

    def _new(self, action: Action) -> None:
        if action.do == "upload":
            _complete(action)
            action.undo = {"do": "delete_track", "target": None}
        elif action.target not in self.account.there:
            action.refuse("gone", "the API no longer has the track, or does not show it to this account")

    def _take_away(self, plan: Plan, relation: str, wanted: set[str]) -> None:
        """Add the actions that take away what is not wanted."""
        do = next(word for word, (name, value) in RELATIONS.items() if name == relation and not value)
        for urn in sorted(self.account.relations[relation] - wanted):
            plan.actions.append(Action(len(plan.actions) + 1, do, kind_of(urn), urn))

    def _check_sums(self, plan: Plan) -> None:
        todo: dict[str, int] = defaultdict(int)
        for action in plan.actions:
            todo[action.do] += action.status == "planned"
        after = len(self.account.relations["followed"]) + todo["follow"] - todo["unfollow"]
        if todo["follow"] and after > MOST_FOLLOWINGS:
            raise ArgumentError(f"the account would follow {after:,} users; SoundCloud takes {MOST_FOLLOWINGS:,}")


def _complete(action: Action) -> None:
    """What is new is private unless the plan says otherwise."""
    action.after = {"description": "", "sharing": "private", **action.after}


def _known(before: Row, cut: Collection[str]) -> Row:
    """The fields that can be set back."""
    return {name: value for name, value in before.items() if value is not None and name not in cut}


def _not_known(action: Action, known: Row, cut: Collection[str]) -> str | None:
    """Why some of the fields cannot be set back."""
    told = [f"its {name} held a credential, which is not stored" for name in sorted(action.after.keys() & set(cut))]
    unseen = sorted(action.after.keys() - known.keys() - set(cut))
    if action.artwork:
        unseen.append("artwork")
    if unseen:
        told.append(f"the API does not give the {', '.join(unseen)} that was there before")
    return "; ".join(told) or None


def _is_so(action: Action) -> bool:
    """Whether the account has every wanted field already. A field that the API does not show counts as different."""
    before = action.before
    return before.keys() == action.after.keys() and all(
        same(name, before[name], value) for name, value in action.after.items()
    )


def digest(account: str, actions: Iterable[Action]) -> str:
    """Eight digits for the account, each action, and what was there before."""
    text = json.dumps([account, [_normal(action) for action in actions]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _normal(action: Action) -> Row:
    names = ("do", "urn", "key", "file", "artwork", "not_before", "before", "after", "missing", "bytes")
    row = {name: getattr(action, name) for name in names}
    return {name: value for name, value in row.items() if value not in (None, {}, [])} | {
        "planned": action.status == "planned"
    }
