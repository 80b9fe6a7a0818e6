"""The policy for each answer that is not the requested data, in one place.

`resolve` examines an answer and decides: accept it, retry, let all requests wait, count a block, follow a redirect, or
end the listing. It has no side effects. The facts are from recorded and reported answers (docs: Faults).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from sc_spiders import records
from sc_spiders.api.clock import answered_at
from sc_spiders.api.refusal import json_object, own_words
from sc_spiders.redaction import lines

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds of our own waits; an answer may ask for longer ones
BLOCKS_IN_A_ROW = 3
REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# How a listing ends if the API itself answers its first page with such a status.
_REFUSALS = {403: "forbidden", 404: "not_found", 410: "not_found"}

_BEYOND = 366 * 86_400.0  # seconds; a longer wait means for ever

# Members of the API's own error messages.
_OWN_MEMBERS = frozenset({"code", "errors", "message"})

# In JSON: text, with slashes escaped or not, or a number.
_RESET = re.compile(rb'"reset_time"\s*:\s*("(?:[^"\\]|\\.)*"|[0-9.]+)')
_BEFORE_ZONE = re.compile(r"(?<!\s)\s++(?=[-+Z])")
_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")


class Action(Enum):
    """What to do about an answer."""

    ACCEPT = "accept"  # it is the requested data
    RETRY = "retry"  # this request again, after a wait
    RATE_LIMITED = "rate_limited"  # nothing more to this host until the wait is over, then this request again
    BLOCK = "block"  # a block: three in a row stop this endpoint
    FOLLOW = "follow"  # a redirect
    FAIL = "fail"  # the listing ends here


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to do. `ended`, `error`: the listing's, now (FAIL) or when its attempts are used up. `wait`: seconds.

    `words`: the API's message about a first page that it refuses. `remark`: the same for a next page, only for the log.
    """

    action: Action
    ended: str = "error"
    error: str | None = None
    words: str | None = None
    remark: str | None = None
    wait: float | None = None
    location: str | None = None

    @property
    def reason(self) -> str | None:
        """The listing's `error`: our word for it, if there is one, and the API's message."""
        return ": ".join(filter(None, (self.error, self.words))) or None


def resolve(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    begun: bool = False,
    divisible: bool = False,
    redact: Callable[[str], str] = lines.redact,
) -> Resolution:
    """What to do about an answer whose status is not 2xx. `headers` by lower-case name; `now` with time zone.

    `begun`: the list has had pages before. `divisible`: it is a batch of several ids, whose halves can be requested.
    `redact` removes the crawl's secrets from the API's message.
    """
    wait = asked_wait(headers, body, now)
    if status == 429:
        return Resolution(Action.RATE_LIMITED, error="http_429", wait=wait)
    if status == 403 and is_block(headers, body):
        return Resolution(Action.BLOCK, "blocked", "http_403")
    if status in _REDIRECTS and headers.get("location"):
        return Resolution(Action.FOLLOW, location=headers["location"])
    if status >= 500 or status == 408:
        return Resolution(Action.RETRY, error=f"http_{status}", wait=wait)
    refused = _refused(status, begun=begun, divisible=divisible)
    if divisible:
        return refused
    words = own_words(body, redact)
    if begun:
        return replace(refused, remark=words)
    return replace(refused, words=words)


def _refused(status: int, *, begun: bool, divisible: bool) -> Resolution:
    """What to do about a 4xx that is no rate limit, no block by bot protection and no timeout.

    Only a first page can end a list with "not found" or "forbidden". A list that has begun exists and may be read. So
    if a next page is answered like that, it is a fault, and the page is requested again.
    """
    if status == 401:
        return Resolution(Action.FAIL, "credentials")
    if status not in _REFUSALS or divisible:
        return Resolution(Action.FAIL, error=f"http_{status}")
    if begun:
        return Resolution(Action.RETRY, error=f"http_{status}")
    return Resolution(Action.FAIL, _REFUSALS[status])


def is_block(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a 403 is from bot protection (CloudFront, DataDome) and not from the API.

    `x-datadome: protected` is no sign of a block: every answer that DataDome lets pass has it.
    """
    if "x-dd-b" in headers:
        return True
    said = json_object(body)
    if said is None:
        start = body.lstrip()[:1]
        return start == b"<" or "html" in headers.get("content-type", "") or b"captcha-delivery.com" in body
    if isinstance(address := said.get("url"), str) and "captcha-delivery.com" in address:
        return True
    return "html" in headers.get("content-type", "") and said.keys().isdisjoint(_OWN_MEMBERS)


def asked_wait(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """The longest wait in seconds that an answer asks for; None if it asks for none, or names only past times.

    An answer asks by `Retry-After` (seconds or a date), and by `reset_time` in its body, once for each limit. `now`:
    this machine's time, for answers that do not tell when they were made.
    """
    now = answered_at(headers) or now
    given = headers.get("retry-after", "").strip()
    waits = [float(given) if _SECONDS.fullmatch(given) else _until(given, now)]
    waits += [_until(_decoded(found), now) for found in _RESET.findall(body[:10_000])]
    longest = max(waits)
    return min(_BEYOND, longest) if longest > 0 else None


def _decoded(literal: bytes) -> Any:
    try:
        return records.decode(literal)
    except records.BadBody:
        return None


def _until(moment: Any, now: datetime) -> float:
    """Seconds until a moment: an HTTP date, `2022/05/26 16:31:52 +0000`, ISO 8601, or seconds since 1970.

    0 for anything else; negative for past times.
    """
    text = str(moment).strip()
    try:
        if _SECONDS.fullmatch(text):
            return float(text) - now.timestamp()
        try:
            until = datetime.fromisoformat(_BEFORE_ZONE.sub("", text.replace("/", "-")))
        except ValueError:
            until = parsedate_to_datetime(text)
        return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


def wait_for(asked: float | None, attempt: int, first: float = FIRST_WAIT) -> float:
    """Seconds to wait after `attempt` attempts: the wait that the answer asks for, otherwise `backoff`."""
    if asked and asked >= first:
        return asked
    return backoff(attempt, first)


def backoff(attempt: int, first: float = FIRST_WAIT) -> float:
    """Seconds to wait after `attempt` failures: 1, 2, 4 ... 300, each up to a quarter more or less."""
    return float(min(LONGEST_WAIT, first * 2 ** min(attempt - 1, 20) * random.uniform(0.75, 1.25)))
