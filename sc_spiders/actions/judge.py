"""What follows from the answer to a write. The only place that decides it (docs: Apply)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from sc_spiders.api.refusal import json_object, own_words
from sc_spiders.api.responses import asked_wait, is_block
from sc_spiders.api.writes import Write

ASSET_DATA = "asset_data"
"""The word for a file that the API could not process."""

BEFORE_FIRST_BYTE = frozenset({"refused", "no_host", "no_route", "no_port", "no_descriptors", "certificate"})
"""Words of `failures` that mean that nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a write; or, without a `status`, the word for its failure in `error`. `headers` by lower-case name.

    `sent`, `sha256`: bytes of the body that were sent, and their hash, of an upload.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None
    sent: int = 0
    sha256: str | None = None


class Outcome(Enum):
    """What an answer means."""

    TAKEN = "taken"  # the API says that it was done; a reading must confirm that
    SETTLED = "settled"  # it was done already
    PERHAPS = "perhaps"  # refused, perhaps because it is done already: a reading tells
    REFUSED = "refused"
    UNSENT = "unsent"  # nothing was done: again after a wait
    SLOW = "slow"  # 429: nothing was done; again after a wait
    SPAM = "spam"  # 429 with a warning that a person has to confirm
    BLOCKED = "blocked"  # bot protection
    UNAUTHORIZED = "unauthorized"  # 401: the token or this write is refused
    OFF = "off"  # 405: the API does not take this write for now
    DOUBT = "doubt"  # it may have been done
    STALE = "stale"  # not sent: somebody has changed the object meanwhile


@dataclass(frozen=True, slots=True)
class Judgement:
    """`error`: our word; `message`: the API's own words. `wait`: seconds that the API asks for.

    `made`: the URN of what is new, as the answer has it.
    """

    outcome: Outcome
    error: str | None = None
    message: str | None = None
    wait: float | None = None
    made: str = ""


def judge(write: Write, answer: Answer, redact: Callable[[str], str]) -> Judgement:
    """The judgement on the answer to that write."""
    status = answer.status
    if status is None:
        if answer.error in BEFORE_FIRST_BYTE:
            return Judgement(Outcome.UNSENT, answer.error)
        return Judgement(Outcome.DOUBT, answer.error)
    message = own_words(answer.body, redact)
    if status == 429:
        return _too_many(answer, message)
    if status in write.settled:
        return Judgement(Outcome.SETTLED)
    if status in write.ok:
        return _taken(write, answer)
    error = f"http_{status}"
    if status == 422 and "asset_data" in (message or ""):
        error = ASSET_DATA
    return Judgement(_refusal(write, status, answer), error, message)


def _refusal(write: Write, status: int, answer: Answer) -> Outcome:
    if status == 403 and is_block(answer.headers, answer.body):
        return Outcome.BLOCKED
    if status >= 500 or status == 408 or 200 <= status < 400:
        return Outcome.DOUBT
    if status in write.conflict:
        return Outcome.PERHAPS
    return _REFUSALS.get(status, Outcome.REFUSED)


_REFUSALS = {401: Outcome.UNAUTHORIZED, 405: Outcome.OFF}


def _too_many(answer: Answer, message: str | None) -> Judgement:
    data = json_object(answer.body) or {}
    if data.get("spam_warning_urn"):
        return Judgement(Outcome.SPAM, "spam_warning", message)
    return Judgement(Outcome.SLOW, "http_429", message, asked_wait(answer.headers, answer.body, datetime.now(UTC)))


def _taken(write: Write, answer: Answer) -> Judgement:
    """The judgement on a 2xx. What makes or changes an object must answer with it: a page of HTML is no proof."""
    data = json_object(answer.body)
    if data is None and (write.body or answer.body.lstrip().startswith(b"<")):
        return Judgement(Outcome.DOUBT, "not_json")
    if not write.makes or data is None:
        return Judgement(Outcome.TAKEN)
    made = data.get("urn") or f"soundcloud:{write.kind}s:{data.get('id')}"
    if not re.fullmatch(rf"soundcloud:{write.kind}s:[1-9][0-9]*", str(made)):
        return Judgement(Outcome.DOUBT, "no_urn")
    return Judgement(Outcome.TAKEN, made=made)
