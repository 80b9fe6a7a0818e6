"""What is done about each answer that is not the data asked for: one policy, in one place.

`resolve` looks at an answer and says: fine, try again, hold everything back, it is a block, follow it, or the listing
ends, and how. It waits for nothing and changes nothing. The facts are from recorded and reported answers (docs:
Faults).
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
from sc_spiders.api.refusal import own_words
from sc_spiders.redaction import lines

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds, of our own; an answer may ask for longer
BLOCKS_IN_A_ROW = 3
REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# How a listing ends whose first page is answered so, by the API itself.
_REFUSALS = {403: "forbidden", 404: "not_found", 410: "not_found"}

_BEYOND = 366 * 86_400.0  # seconds; who asks for longer means for good

# Members of the API's own errors. What they hold is its word, whatever it is about.
_OWN_MEMBERS = frozenset({"code", "errors", "message"})

# As JSON has it: text, its slashes escaped or not, or a number.
_RESET = re.compile(rb'"reset_time"\s*:\s*("(?:[^"\\]|\\.)*"|[0-9.]+)')
_BEFORE_ZONE = re.compile(r"(?<!\s)\s++(?=[-+Z])")
_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")


class Action(Enum):
    """What a resolution asks for."""

    ACCEPT = "accept"  # it is what was asked for
    RETRY = "retry"  # this request again, after a wait
    RATE_LIMITED = "rate_limited"  # nothing more to this host until the wait is over, then this request again
    BLOCK = "block"  # a block: three in a row stop this endpoint
    FOLLOW = "follow"  # a redirect
    FAIL = "fail"  # the listing ends here


@dataclass(frozen=True, slots=True)
class Resolution:
    """`ended`, `error`: the listing's, now (END) or when the attempts are used up. `wait`: seconds asked for.

    `words`: the API's own, of a first page that it refuses. `remark`: the same of a next page, for the log alone.
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
        """The listing's `error`: the API's own words, behind the word for what they are, where there is one."""
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
    """The resolution on an answer whose status is none of 2xx. `headers` by lower-case name; `now` with time zone.

    `begun`: the list has had pages before. `divisible`: it is a batch of several ids, whose halves can be asked for.
    `redact`: takes the crawl's secrets out of the API's words.
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
    """The resolution on a 4xx that is none of a rate, a gate, or the time.

    That there is no such thing, or not for us, is an ending of a first page only. A list that has begun is there, and
    who asked for it may see it: a next page that says otherwise is at fault, and is tried again.
    """
    if status == 401:
        return Resolution(Action.FAIL, "credentials")
    if status not in _REFUSALS or divisible:
        return Resolution(Action.FAIL, error=f"http_{status}")
    if begun:
        return Resolution(Action.RETRY, error=f"http_{status}")
    return Resolution(Action.FAIL, _REFUSALS[status])


def is_block(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a 403 is a gate's (CloudFront's page, DataDome) rather than the API's own word.

    `x-datadome: protected` is no mark of it: it is on every answer that DataDome has let pass.
    """
    if "x-dd-b" in headers:
        return True
    said = _object(body)
    if said is None:
        start = body.lstrip()[:1]
        return start == b"<" or "html" in headers.get("content-type", "") or b"captcha-delivery.com" in body
    if isinstance(address := said.get("url"), str) and "captcha-delivery.com" in address:
        return True
    return "html" in headers.get("content-type", "") and said.keys().isdisjoint(_OWN_MEMBERS)


def _object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that a body is; None if it is something else."""
    try:
        data = records.decode(body)
    except records.BadBody:
        return None
    if not isinstance(data, dict):
        return None
    return data


def asked_wait(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Seconds that an answer asks to wait: the longest that it names; None if it names none, or only what is past.

    It names them as `Retry-After` (seconds or a date), and as `reset_time` in its body: once for each limit. `now` is
    this machine's time, for answers that do not say when they were made.
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

    0 for what is none; less for what is past.
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
    """Seconds to wait after that many attempts: what the answer asks for, if that is a wait at all; else `backoff`."""
    if asked and asked >= first:
        return asked
    return backoff(attempt, first)


def backoff(attempt: int, first: float = FIRST_WAIT) -> float:
    """Seconds to wait after that many failures: 1, 2, 4 ... 300, each a quarter more or less."""
    return float(min(LONGEST_WAIT, first * 2 ** min(attempt - 1, 20) * random.uniform(0.75, 1.25)))
