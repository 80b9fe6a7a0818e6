"""Reads whether an action is so: the only proof, because an answer of 2xx is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sc_spiders.actions.account import ARTWORK, FIELDS, fields_of, same
from sc_spiders.actions.action import DELETES, RELATIONS, Action, Row
from sc_spiders.actions.wire import Wire

_UNSEEN = "it is not to be seen"
_SKEW = 600.0  # seconds by which clocks may differ


class Reading:
    """Reads the account of `wire`. `account`: its URN."""

    def __init__(self, wire: Wire, account: str) -> None:
        self._wire = wire
        self._account = account

    async def is_so(self, action: Action) -> bool:
        """Whether what the action wants is to be seen now. A list is read only as far as the target.

        What shall not be in a list is not looked for: False.
        """
        if action.do in RELATIONS:
            if not RELATIONS[action.do][1]:
                return False
            async for row in self._wire.walk(action.write.reads):
                if row.get("urn") == action.target:
                    return True
            return False
        if action.do == "comment":
            return await self.comment(action)
        different, unread = await self.differences(action)
        return not different and not unread

    async def differences(self, action: Action) -> tuple[list[str], list[str]]:
        """How the object differs from what is wanted, field by field; and the fields that the API does not show."""
        if action.do == "comment":
            return _unless(await self.comment(action), _UNSEEN), []
        if action.do in DELETES:
            left = await self._wire.read(DELETES[action.do], action.target or "")
            return _unless(left is None, "it is still there"), []
        return await self._differences(action)

    async def _differences(self, action: Action) -> tuple[list[str], list[str]]:
        object_ = await self._wire.read(action.kind, action.target or "")
        if object_ is None:
            return [_UNSEEN], []
        found = fields_of(action.kind, object_)
        wanted = sorted(action.after.keys() & FIELDS[action.kind])
        different = list(_different(found, action.after, wanted))
        if action.artwork and found.get(ARTWORK, "") == action.before.get(ARTWORK, ""):
            different.append("its artwork is not the new one")
        if "tracks" in action.after and await self.tracks(action.target or "") != action.after["tracks"]:
            different.append("its tracks are others")
        return different, [name for name in wanted if name not in found]

    async def fields(self, action: Action) -> Row | None:
        """The fields concerned, as they are now; None if the object is gone."""
        object_ = await self._wire.read(action.kind, action.target or "")
        if object_ is None:
            return None
        found = fields_of(action.kind, object_)
        now = {name: found[name] for name in action.before if name in found}
        if "tracks" in action.before:
            now["tracks"] = await self.tracks(action.target or "")
        return now

    async def tracks(self, playlist: str) -> list[str]:
        """The tracks of a playlist, in order."""
        return [str(row.get("urn")) async for row in self._wire.walk("playlist_tracks", playlist)]

    async def targets(self, endpoint: str, until: Iterable[str] | None) -> set[str]:
        """The targets in a list. `until`: reading may end once all of these have come; None: read all of it."""
        found: set[str] = set()
        left = None if until is None else set(until)
        async for row in self._wire.walk(endpoint):
            urn = str(row.get("urn"))
            found.add(urn)
            if left is not None:
                left.discard(urn)
                if not left:
                    break
        return found

    async def marked(self, endpoint: str, text: str) -> dict[str, str]:
        """What is the account's own and has that text in its description: the descriptions by URN."""
        return {
            str(row["urn"]): row["description"]
            async for row in self._wire.walk(endpoint)
            if isinstance(row.get("description"), str) and text in row["description"]
        }

    async def comment(self, action: Action) -> bool:
        """Whether the comment is to be seen on its track: its author, text and time."""
        async for row in self._wire.walk("track_comments", action.target or ""):
            user = row.get("user") if isinstance(row.get("user"), dict) else {}
            author = row.get("user_urn") or (user or {}).get("urn")
            if (
                author == self._account
                and same("body", row.get("body"), action.after["body"])
                and _is_new(row, action.sent_at)
            ):
                return True
        return False


def _unless(is_so: bool, words: str) -> list[str]:
    if is_so:
        return []
    return [words]


def _different(found: Row, wanted: Row, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name in found and not same(name, found[name], wanted[name]):
            yield f"{name} is {found[name]!r:.60}"


def _is_new(row: Row, sent_at: float) -> bool:
    """Whether a comment was made after that moment, as far as its date tells."""
    given = str(row.get("created_at") or "").replace("/", "-").replace(" +0000", "+00:00")
    try:
        made = datetime.fromisoformat(given)
    except ValueError:
        return True
    return made.replace(tzinfo=made.tzinfo or UTC).timestamp() >= sent_at - _SKEW
