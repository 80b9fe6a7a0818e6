"""Makes what is new. Sent twice, there would be two of it.

A track or a playlist is made private and with a marker in its description, and changed afterwards. If the answer is
lost, the marker is looked for. A comment cannot be marked.
"""

from __future__ import annotations

from sc_spiders.actions.account import same
from sc_spiders.actions.action import MAKING, MOST_REFUSALS, UNSENT, Action, Row
from sc_spiders.actions.book import Book
from sc_spiders.actions.judge import ASSET_DATA, Judgement, Outcome
from sc_spiders.actions.permits import file_problem
from sc_spiders.actions.reading import Reading
from sc_spiders.actions.sending import Sending
from sc_spiders.api.writes import WRITES, Form

MAKERS = {"playlist": WRITES["make_playlist"], "upload": WRITES["make_track"]}
"""The writes that make what these words want."""

_LOOKS = 2  # for what may have been made, a settle time apart
_UPLOADS = 2  # sendings of a file in one run: it may be large, and what stalls once often stalls again
_NOT_FOUND = "it was not answered, and was not found"


class Making:
    """Makes tracks, playlists and comments."""

    def __init__(self, book: Book, sending: Sending, reading: Reading) -> None:
        self._book = book
        self._sending = sending
        self._reading = reading

    async def make(self, action: Action) -> bool:
        """Make it private, with a marker. Returns whether it is there."""
        if await self._is_there(action):
            return True
        if action.do == "upload" and not await self._has_quota(action):
            return False
        action.marker = action.marker or f"{marker(self._book.run)}{action.number}]"
        for _ in range(self._attempts(action)):
            if why := file_problem(action):  # a look may have taken long
                self._book.end(action, *why)
                return False
            judged = await self._sending.send(action, MAKERS[action.do], MAKING, _first_body(action))
            if judged.outcome not in (Outcome.TAKEN, Outcome.DOUBT):
                self._refuse(action, judged)
                return False
            if await self._was_made(action, judged):
                return True
        self._book.end(action, "in_doubt", action.error, _NOT_FOUND)
        return False

    async def _is_there(self, action: Action) -> bool:
        """Whether an earlier sending has made it."""
        if action.stage == MAKING and await self._find(action):
            return True
        return action.doubts > 0 and await self._look(action)

    def _attempts(self, action: Action) -> int:
        attempts = self._book.limits.attempts
        if action.do == "upload":
            return min(attempts, _UPLOADS)
        return attempts

    async def _was_made(self, action: Action, judged: Judgement) -> bool:
        """Whether it is there after that answer: by the answer, or by looking for it."""
        if judged.outcome is Outcome.TAKEN and await self._is_ours(action, judged.made):
            self._book.made(action, judged.made)
            return True
        return await self._find(action)

    async def _is_ours(self, action: Action, urn: str) -> bool:
        """Whether that is what was made. It is changed next, so it must be nothing else, whatever the answer says."""
        found = await self._book.wire.read(action.kind, urn) or {}
        if text := found.get("description"):
            is_ours = (action.marker or "") in str(text)
        else:  # it is not known whether a new private track shows its description at once
            is_ours = found.get("sharing") == "private" and same("title", found.get("title"), action.after["title"])
        if is_ours and all(urn != other.target for other in self._book.actions):
            return True
        action.error, action.message = "other_object", f"the answer names {urn}, which is not what was sent"
        return False

    def _refuse(self, action: Action, judged: Judgement) -> None:
        message = judged.message
        if judged.error == ASSET_DATA:
            action.refusals += 1
            if action.refusals < MOST_REFUSALS:
                message = f"{message}; the same command sends it again"
        self._book.refuse(action, judged.error, message)

    async def _has_quota(self, action: Action) -> bool:
        me = await self._book.wire.read("me") or {}
        quota = me.get("quota") or {}
        left = quota.get("upload_seconds_left")
        if quota.get("unlimited_upload_quota") or left is None or left > 0:
            return True
        self._book.refuse(action, "quota", "the account has no upload time left")
        return False

    async def _find(self, action: Action) -> bool:
        """Look for what may have been made, twice, a settle time apart. Returns whether it was found."""
        while len(action.looks) < _LOOKS:
            await self._book.wire.pause(max([action.ended_at, *action.looks]), self._book.limits.settle)
            if await self._look(action):
                return True
            action.looks.append(self._book.wire.now())
            self._book.save(action)
        action.looks = []
        action.stage = UNSENT
        action.doubts += 1
        self._book.save(action)
        return False

    async def _look(self, action: Action) -> bool:
        """Look for its marker in the account's own list."""
        found = await self._reading.marked(MAKERS[action.do].reads, action.marker or "")
        for urn in found:
            self._book.made(action, urn)
            return True
        return False

    async def comment(self, action: Action) -> None:
        """Send a comment. If it is in doubt, it is looked for, and never sent again."""
        if action.stage == UNSENT:
            judged = await self._sending.send(action, WRITES["comment"], MAKING, {"comment": action.after})
            if judged.outcome is Outcome.TAKEN:
                self._book.sent(action)
                return
            if judged.outcome is not Outcome.DOUBT:
                self._book.refuse(action, judged.error, judged.message)
                return
        await self._book.wire.pause(action.ended_at, self._book.limits.settle)
        if await self._reading.comment(action):
            self._book.end(action, "done")
        else:
            self._book.end(action, "in_doubt", action.error, _NOT_FOUND)


def marker(run: str) -> str:
    """How the markers of a run begin."""
    return f"[sc_spiders {run}-"


def _first_body(action: Action) -> Row | Form:
    """What makes it: private, with its marker."""
    name = MAKERS[action.do].kind
    fields = {"title": action.after["title"], "sharing": "private", "description": action.marker or ""}
    files = {}
    if action.file:
        files["asset_data"] = action.file
    if action.artwork:
        files["artwork_data"] = action.artwork
    if files:
        return Form.of(name, fields, files)
    return {name: fields}
