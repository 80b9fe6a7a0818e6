"""The circuit breaker of a crawl: sends nothing while the API asks for a wait, or answers nothing.

While the circuit is closed, requests pass. While it is open, they wait in line. After the wait it is half-open: the
first in line is sent alone, as a probe, and the others follow when it is answered. So a wait that was too short costs
one refusal, not one for each request in flight.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from scrapy.exceptions import IgnoreRequest

__all__ = ["Circuit"]

Gap = Callable[[], float]

_LOOK = 0.5  # seconds between two checks whether the crawl is closing: Scrapy has no signal for that
_SILENCE = 1.0  # seconds in which callers must call `success` or `failure` after a probe came back


def _none() -> float:
    return 0.0


@dataclass(slots=True)
class _Entrant:
    who: object
    gap: Gap
    turn: asyncio.Future[None]


class Circuit:
    """`is_closed`: requests pass. `waits`: how often in a row it was opened for a wait.

    `is_closing` tells whether the crawl is about to end. `asked_until` is called with the end of a wait that the API
    asked for, in seconds since 1970.

    `who` identifies a request. It is any object, a listing for instance.
    """

    def __init__(self, is_closing: Callable[[], bool], asked_until: Callable[[float], None]) -> None:
        self.waits = 0
        self._is_closing = is_closing
        self._asked_until = asked_until
        self.is_closed = True
        self.passes = True  # closed, and nobody waits in line
        self._over = False
        self._until = 0.0
        self._probe: object | None = None
        self._line: deque[_Entrant] = deque()
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None

    @property
    def until(self) -> float:
        """When the wait is over, by the monotonic clock; 0 if there is no wait."""
        if self.is_closed:
            return 0.0
        return self._until

    async def enter(self, who: object, gap: Gap = _none, *, first: bool = False) -> None:
        """Wait until the request may be sent.

        `gap` gives the seconds between this request and the one before, if both had to wait. `first`: it goes to the
        head of the line. Raises IgnoreRequest if the crawl ends first.
        """
        if not self.passes:
            await self.line_up(who, gap, first=first)

    def line_up(self, who: object, gap: Gap = _none, *, first: bool = False) -> asyncio.Future[None]:
        """Join the line at once. The future is done when the request may be sent."""
        entrant = _Entrant(who, gap, asyncio.get_running_loop().create_future())
        if first:
            self._line.appendleft(entrant)
        else:
            self._line.append(entrant)
        self._admit()
        return entrant.turn

    def open_for(self, seconds: float, *, asked: bool = False) -> None:
        """Send nothing for `seconds`, then one request alone. `asked`: the API asked for that wait.

        If the circuit is already open for longer, nothing changes: the request that failed was sent before that.
        """
        moment = time.monotonic()
        until = moment + seconds
        if not self.is_closed and until <= self._until:
            return
        self.waits += seconds > 0 and moment >= self._until
        self._until = until
        self.is_closed = self.passes = False
        if asked:
            self._asked_until(time.time() + seconds)

    def success(self) -> None:
        """Close, because a request was answered. During a wait nothing changes: the request was sent before it."""
        if self.is_closed or time.monotonic() < self._until:
            return
        self.is_closed = True
        self.waits = 0
        self._end_probe()

    def failure(self, who: object) -> None:
        """Note that a request got no answer. If it was the probe, the next in line may try."""
        if self._probe is who:
            self._end_probe()

    def returned(self, who: object) -> None:
        """Note that a request came back. If neither `success` nor `failure` follows in a second, the next may try."""
        if self._probe is who:
            self._silence = asyncio.get_running_loop().call_later(_SILENCE, self._end_probe)

    def _end_probe(self) -> None:
        self._probe = None
        if self._silence:
            self._silence.cancel()
            self._silence = None
        self._admit()

    def _admit(self) -> None:
        """Let requests out of the line if they may be sent now. If some are left, try again later."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._is_closing():
            self._turn_away()
        while self._line and self._left() <= 0:
            self._let_in(self._line.popleft())
        if self._line:
            self._timer = asyncio.get_running_loop().call_later(min(self._left(), _LOOK), self._admit)
        self.passes = self.is_closed and not (self._line or self._over)

    def _left(self) -> float:
        """Seconds until the first in line may be sent, or until the next check."""
        if self.is_closed:
            return self._next_at - time.monotonic()
        if self._probe is not None:
            return _LOOK
        return self._until - time.monotonic()

    def _let_in(self, entrant: _Entrant) -> None:
        if entrant.turn.done():
            return  # it was cancelled
        entrant.turn.set_result(None)
        if not self.is_closed:
            self._probe = entrant.who
        elif self._line:
            self._next_at = time.monotonic() + self._line[0].gap()

    def _turn_away(self) -> None:
        self._over = True
        while self._line:
            turn = self._line.popleft().turn
            if not turn.done():
                turn.set_exception(IgnoreRequest("the crawl is closing"))
