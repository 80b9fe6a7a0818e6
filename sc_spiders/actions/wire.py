"""What actions need of the world: to read, to write, to wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from sc_spiders.actions.judge import Answer
from sc_spiders.api.writes import Form, Write

Row = dict[str, Any]

LEAST_SETTLE = 300.0
"""Seconds: "it might need a couple of minutes to propagate" (api#255)."""
LEAST_DELAY = 5.0
"""Seconds between two writes to a real account, at the least."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`settle`: seconds until a write can be expected to show. `delay`: seconds between two writes.

    `attempts`: sendings of one write in one run. `max_wait`: the longest wait that the API may ask for; `first_wait`:
    our own first one; both in seconds.
    """

    settle: float = LEAST_SETTLE
    delay: float = LEAST_DELAY
    attempts: int = 8
    max_wait: float = 3600.0
    first_wait: float = 1.0


class Wire(Protocol):
    """All methods raise ActionsStopped if the crawl is closing, and if the API cannot be asked."""

    @property
    def generation(self) -> int:
        """Which credential is used. It grows with each new one."""

    def now(self) -> float:
        """Seconds since 1970."""

    def redact(self, text: str) -> str:
        """The text without the crawl's secrets."""

    async def pause(self, since: float, seconds: float) -> None:
        """Wait until so many seconds after that moment. It takes no longer than that if the clock is set back."""

    async def read(self, endpoint: str, urn: str = "") -> Row | None:
        """One object; None if the API does not have it. A token that has run out is renewed."""

    def walk(self, endpoint: str, urn: str = "") -> AsyncIterator[Row]:
        """The rows of a list, over all pages."""

    async def send(self, write: Write, urn: str | None, body: Row | Form | None) -> Answer:
        """Send a write once. It fails with a word in the answer, and not by an exception."""
