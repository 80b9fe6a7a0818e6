"""Makes what is new. Sent twice, there would be two of it.

A track or a playlist is made private and with a marker in its description, and changed afterwards. If the answer is
lost, the marker is looked for. A comment cannot be marked.
"""

from __future__ import annotations

from sc_spiders.actions.action import MAKING, UNSENT, Action, Row
from sc_spiders.actions.book import Book
from sc_spiders.actions.judge import Outcome
from sc_spiders.actions.reading import Reading
from sc_spiders.actions.sending import Sending
from sc_spiders.api.writes import WRITES, Form

MAKERS = {"playlist": WRITES["make_playlist"], "upload": WRITES["make_track"]}
"""The writes that make what these words want."""

_LOOKS = 2  # for what may have been made, a settle time apart
_NOT_FOUND = "it was not answered, and was not found"


class Making:
    """Makes tracks, playlists and comments."""

    def __init__(self, book: Book, sending: Sending, reading: Reading) -> None:
        self._book = book
        self._sending = sending
        self._reading = reading

    async def make(self, action: Action) -> bool:
        """Make it private, with a marker. Returns whether it is there."""
        if action.stage == MAKING and await self._find(action):
            return True
        if action.do == "upload" and not await self._has_quota(action):
            return False
        action.marker = action.marker or f"{marker(self._book.run)}{action.number}]"
        for _ in range(self._book.limits.attempts):
            judged = await self._sending.send(action, MAKERS[action.do], MAKING, _first_body(action))
            if judged.outcome is Outcome.TAKEN:
                self._book.made(action, judged.made or "")
                return True
            if judged.outcome is not Outcome.DOUBT:
                self._book.refuse(action, judged.error, judged.message)
                return False
            if await self._find(action):
                return True
        self._book.end(action, "in_doubt", action.error, _NOT_FOUND)
        return False

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
            since = max([action.sent_at, *action.looks])
            await self._book.wire.pause(since + self._book.limits.settle)
            found = await self._reading.marked(MAKERS[action.do].reads, action.marker or "")
            if found:
                self._book.made(action, next(iter(found)))
                return True
            action.looks.append(self._book.wire.now())
            self._book.save(action)
        action.looks = []
        action.stage = UNSENT
        action.doubts += 1
        self._book.save(action)
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
        await self._book.wire.pause(action.sent_at + self._book.limits.settle)
        if await self._reading.comment(action):
            self._book.end(action, "done")
        else:
            self._book.end(action, "in_doubt", action.error, _NOT_FOUND)


def marker(run: str) -> str:
    """How the markers of a run begin."""
    return f"[sc_spiders {run}-"


def _first_body(action: Action) -> Row | Form:
    """What makes it: private, with its marker."""
    title = action.after["title"]
    if action.do == "playlist":
        return {"playlist": {"title": title, "sharing": "private", "description": action.marker}}
    files = {"track[asset_data]": action.file or ""}
    if action.artwork:
        files["track[artwork_data]"] = action.artwork
    return Form({"track[title]": title, "track[sharing]": "private", "track[description]": action.marker or ""}, files)
