"""Carries actions out, one at a time.

What changes or deletes something can be sent again. What makes something can not: see `making`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sc_spiders.actions import permits
from sc_spiders.actions.action import MADE, MAKING, SENT, SETTING, UNSENT, Action, Row
from sc_spiders.actions.book import Book
from sc_spiders.actions.judge import Judgement, Outcome
from sc_spiders.actions.making import MAKERS, Making
from sc_spiders.actions.readback import DOUBLE, NOT_READ_BACK, ReadBack
from sc_spiders.actions.reading import Reading
from sc_spiders.actions.sending import Sending
from sc_spiders.api.writes import Form


class Run:
    """One run over the actions of a book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._reading = Reading(book.wire, book.account)
        self._sending = Sending(book)
        self._making = Making(book, self._sending, self._reading)
        self._back = ReadBack(book, self._reading)

    async def run(self) -> None:
        """Carry out all open actions and read them back. Raises ActionsStopped if no more may be sent in this run."""
        open_actions = [action for action in self._book.actions if action.is_open]
        for action in open_actions:
            if action.error == DOUBLE:
                await self._back.look_at_double(action)
            elif action.status != "accepted" or await self._may_send_again(action):
                await self._carry_out(action)
        await self._back.name_doubles()
        await self._back.all()

    async def _may_send_again(self, action: Action) -> bool:
        """Whether an earlier run has sent it in vain. If it is still not so, it is sent again, once."""
        if (
            action.sent_again
            or action.do == "comment"
            or action.error == NOT_READ_BACK
            or await self._reading.is_so(action)
        ):
            return False
        action.sent_again = True
        action.stage = UNSENT
        if action.marker:
            action.stage = MADE
        return True

    async def _carry_out(self, action: Action) -> None:
        if action.stage == SENT:
            return
        if action.status == "refused":  # by an earlier run
            action.status = "planned"
        why = None
        if action.stage == UNSENT:
            why = permits.objection(self._book, action)
        if why:
            self._book.end(action, *why)
        elif action.do == "comment":
            await self._making.comment(action)
        elif action.do in MAKERS and action.makes:
            await self._make(action)
        else:
            await self._deliver(action)

    async def _make(self, action: Action) -> None:
        if action.stage not in (UNSENT, MAKING) or await self._making.make(action):
            await self._deliver(action)

    async def _is_stale(self, action: Action) -> bool:
        """Whether somebody has changed the object since it was compared."""
        if action.do not in ("playlist", "track") or action.sent_again:
            return False
        if await self._reading.fields(action) == action.before:
            return False
        self._book.end(action, "stale", "changed", "somebody has changed it since the dry run")
        return True

    async def _deliver(self, action: Action) -> None:
        """Send what can be sent again, until it is answered."""
        body = self._body(action)
        for failure in range(1, self._book.limits.attempts + 1):
            is_in_doubt = action.stage == SETTING
            if is_in_doubt and await self._reading.is_so(action):
                self._book.sent(action)
                return
            judged = await self._sending.send(action, action.write, SETTING, body, self._is_stale)
            if judged.outcome is Outcome.STALE:
                return
            if judged.outcome in (Outcome.TAKEN, Outcome.SETTLED):
                self._book.sent(action)
                return
            if judged.outcome is Outcome.PERHAPS and await self._reading.is_so(action):
                self._book.end(action, "already", None, judged.message)
                return
            if judged.outcome is not Outcome.DOUBT:
                await self._refuse(action, judged, is_in_doubt=is_in_doubt)
                return
            await self._sending.hold(judged, failure)
        self._book.end(action, "in_doubt", action.error, "it was not answered")

    async def _refuse(self, action: Action, judged: Judgement, *, is_in_doubt: bool) -> None:
        """Refused: but what was sent before that may have done it, and may show itself late."""
        if is_in_doubt:
            await self._book.wire.pause(action.ended_at, self._book.limits.settle)
            if await self._reading.is_so(action):
                self._book.sent(action)
                return
        self._book.refuse(action, judged.error, judged.message)

    def _body(self, action: Action) -> Row | Form | None:
        if not action.write.body:
            return None
        if action.do == "track" and action.artwork:
            return Form.of(action.write.body, action.after, {"artwork_data": action.artwork})
        fields = dict(action.after)
        if "tracks" in fields:
            urns = [self._urn(word) for word in fields["tracks"]]
            action.after["tracks"] = urns
            fields["tracks"] = [{"urn": urn} for urn in urns]
        return {action.write.body: fields}

    def _urn(self, word: str) -> str:
        if word.startswith("@"):
            return self._book.named(word).target or ""
        return word


def outcome(actions: Iterable[Action]) -> str:
    """The finish_reason of a run that was not stopped."""
    statuses = {action.status for action in actions}
    if statuses & {"waiting", "planned"}:
        return "wait"
    if statuses & {"refused", "accepted", "in_doubt", "stale"}:
        return "incomplete"
    return "finished"
