"""The time by the API's clock: this machine's own clock may be wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["FAR", "Clock", "answered_at"]

logger = logging.getLogger(__name__)

FAR = timedelta(minutes=5)
"""A larger difference of the clocks is logged."""


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """When an answer was made, by the server's clock; None without a valid `Date`. Header names are in lower case.

    An answer from a cache was made before it was received.
    """
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""The `strftime` format of moments in records: ISO 8601, UTC, to the second."""


def now() -> str:
    """The present moment by this machine: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime(FORMAT)


class Clock:
    """Compares this machine's clock with the API's, and warns once if they differ."""

    def __init__(self) -> None:
        self._told = False

    def read(self, headers: Mapping[str, str], now: datetime) -> datetime | None:
        """When the answer was made. `now`: this machine's time when it was received."""
        moment = answered_at(headers)
        cached = headers.get("age", "") not in ("", "0")
        if moment and not cached and not self._told and abs(now - moment) > FAR:
            self._told = True
            difference = "earlier"
            if now > moment:
                difference = "later"
            logger.warning(
                "This machine's clock is %s than the API's (here it is %s, there %s): set it right. Moments in the "
                "records are by this machine's clock, but since=last goes by the API's.",
                difference,
                f"{now:%Y-%m-%d %H:%M:%S}",
                f"{moment:%Y-%m-%d %H:%M:%S} UTC",
            )
        return moment
