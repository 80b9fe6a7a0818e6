"""Holds everything back while the API wants to be left alone or answers nothing, and then tries one request."""

from __future__ import annotations

import time


class Gate:
    """After a wait one request goes out alone; only when it is answered, the others do.

    Whatever is let out at once is refused at once: so a wait that was too short costs one refusal and not one for each
    request that may be in flight.
    """

    def __init__(self) -> None:
        self.waits = 0  # in a row
        self._until = 0.0
        self._narrow = False
        self._probe: int | None = None

    @property
    def until(self) -> float:
        """When the wait is over, by the monotonic clock; 0 where there is none."""
        return self._until if self._narrow else 0.0

    @property
    def shut(self) -> bool:
        """Whether nothing may go out now."""
        return self._narrow and (self._probe is not None or time.monotonic() < self._until)

    def hold(self, seconds: float) -> bool:
        """Shut for that long. False where it is shut for longer already: an answer to what was sent before."""
        until = time.monotonic() + seconds
        if self._narrow and until <= self._until:
            return False
        self.waits += time.monotonic() >= self._until
        self._until = until
        self._narrow = True
        return True

    def pass_(self, number: int) -> None:
        """That listing's request goes out; the first after a wait does so alone."""
        if self._narrow:
            self._probe = number

    def back(self, number: int) -> None:
        """That listing's request has come back, answered or not."""
        if self._probe == number:
            self._probe = None

    def answered(self) -> None:
        """There was an answer, and none that asks to be left alone or to be asked again."""
        if self._narrow and time.monotonic() >= self._until:
            self._narrow, self._probe, self.waits = False, None, 0
