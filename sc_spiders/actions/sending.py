"""Sends a write: with its intent on the disk before, and again only if nothing was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from sc_spiders.actions.action import UNAUTHORIZED, UNSENT, Action, Row, moment
from sc_spiders.actions.book import Book
from sc_spiders.actions.judge import Answer, Judgement, Outcome, judge
from sc_spiders.api.responses import wait_for
from sc_spiders.api.writes import Form, Write
from sc_spiders.errors import ActionsStopped

_IN_A_ROW = 3  # refusals of one kind, after which no more is sent
_NOTHING_DONE = frozenset(Outcome) - {Outcome.TAKEN, Outcome.DOUBT, Outcome.SETTLED}
_401 = "the API refuses this write to this account or app: is its e-mail confirmed, may it upload? (api#562)"
_SPAM = (
    "SoundCloud takes these actions for spam and sends a warning: log in on https://soundcloud.com, and confirm it. "
    "Nothing more was sent"
)


async def _never(action: Action) -> bool:
    return False


class Sending:
    """Sends the writes of a run, one after the other, with a pause between two."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._wire = book.wire
        self._limits = book.limits
        self._last = max([book.ledger.last_at, *(action.sent_at for action in book.actions)])
        self._refusals = 0  # answers of 401 in a row, with a good token
        self._off: Counter[str] = Counter()  # answers of 405, by write

    async def send(
        self,
        action: Action,
        write: Write,
        stage: str,
        body: Row | Form | None,
        is_stale: Callable[[Action], Awaitable[bool]] = _never,
    ) -> Judgement:
        """Send a write until it has an answer that means something. `stage`: that of the action meanwhile.

        `is_stale` is asked right before what was not sent yet is sent: a wait may have taken an hour.
        Raises ActionsStopped if the account or the API has to be left alone.
        """
        if self._off[write.name] >= _IN_A_ROW:
            return Judgement(Outcome.REFUSED, "http_405", "the API takes no such write for now (405, three times)")
        before, generation = action.stage, self._wire.generation
        for failure in range(1, self._limits.attempts + 1):
            await self._wire.pause(self._last, self._limits.delay)
            if action.stage == UNSENT and await is_stale(action):
                return Judgement(Outcome.STALE)
            self._intend(action, stage)
            answer = await self._wire.send(write, action.target, body)
            judged = judge(write, answer, self._wire.redact)
            self._note(action, answer, judged, before)
            self._check(judged)
            if judged.outcome is Outcome.UNAUTHORIZED:
                if await self._is_renewed(generation):
                    continue
                return self._refused(action, judged)
            self._refusals = 0
            if judged.outcome not in (Outcome.UNSENT, Outcome.SLOW):
                self._off[write.name] += judged.outcome is Outcome.OFF
                return judged
            await self.hold(judged, failure)
        raise ActionsStopped("wait", f"{action.name}: {action.error}, {self._limits.attempts} times; start again later")

    def _intend(self, action: Action, stage: str) -> None:
        now = self._last = self._wire.now()
        self._book.ledger.note(self._book.run, action, now)
        action.stage, action.sent_at, action.ended_at = stage, now, 0.0
        action.attempts += 1
        self._book.save(action)

    def _note(self, action: Action, answer: Answer, judged: Judgement, before: str) -> None:
        """Store the answer. `before`: the stage to which an action comes back if nothing was done."""
        action.ended_at = self._wire.now()
        action.http_status, action.error, action.message = answer.status, judged.error, judged.message
        if action.do == "upload" and answer.sha256:
            action.bytes, action.sha256 = answer.sent, answer.sha256
        if judged.outcome in _NOTHING_DONE:
            action.stage = before
            if before == UNSENT and not action.doubts:
                self._book.ledger.forget(self._book.run, action)
        self._book.save(action)

    def _check(self, judged: Judgement) -> None:
        if judged.outcome is Outcome.SPAM:
            raise ActionsStopped("wait", _SPAM)
        if judged.outcome is Outcome.BLOCKED:
            raise ActionsStopped("wait", "a bot protection refuses the write (403). Nothing is tried around it")

    async def _is_renewed(self, generation: int) -> bool:
        """Ask who the token's user is, once. If the token has run out, it is renewed by that."""
        if generation != self._wire.generation:
            return False
        await self._wire.read("me")
        return self._wire.generation != generation

    def _refused(self, action: Action, judged: Judgement) -> Judgement:
        self._refusals += 1
        if self._refusals >= _IN_A_ROW:
            self._book.refuse(action, UNAUTHORIZED, judged.message or _401)
            raise ActionsStopped("credentials", f"{_IN_A_ROW} writes in a row were refused (401): {_401}")
        return Judgement(Outcome.REFUSED, UNAUTHORIZED, judged.message or _401)

    async def hold(self, judged: Judgement, failure: int) -> None:
        """Wait before the next attempt. Raises ActionsStopped if the API asks for too long a wait."""
        wait = wait_for(judged.wait, failure, self._limits.first_wait)
        if wait > self._limits.max_wait:
            at = (moment(self._wire.now() + wait) or "")[:19]
            raise ActionsStopped("wait", f"the API asks for a wait of {wait:.0f} s: go on after {at}Z")
        await self._wire.pause(self._wire.now(), wait)
