"""How long a wait an answer asks for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from sc_spiders.api.responses import asked_wait

NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
OFTEN = timedelta(seconds=40)


def text(seconds: float, form: str = "%Y/%m/%d %H:%M:%S +0000") -> str:
    return (NOW + timedelta(seconds=seconds)).strftime(form)


def body(*moments: Any) -> bytes:
    """The API's form: an error for each rate limit."""
    return json.dumps({"errors": [{"meta": {"reset_time": moment}} for moment in moments]}).encode()


@pytest.mark.parametrize(
    ("retry_after", "answer", "seconds"),
    [
        ("3", b"", 3),
        (" 3 ", b"", 3),
        ("3.5", b"", 3.5),
        ("0", b"", None),
        ("-5", b"", None),
        ("soon", b"", None),
        ("nan", b"", None),
        ("9" * 400, b"", 366 * 86_400),
        (format_datetime(NOW + OFTEN, usegmt=True), b"", 40),
        (format_datetime(NOW - OFTEN, usegmt=True), b"", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", b"", 366 * 86_400),
        ("", body(text(40)), 40),
        ("", body(text(40)).replace(b"/", b"\\/"), 40),
        ("", body(text(40, "%Y-%m-%dT%H:%M:%SZ")), 40),
        ("", body(text(40, "%Y-%m-%dT%H:%M:%S.500+00:00")), 40.5),
        ("", body(text(40, "%Y/%m/%d %H:%M:%S Z")), 40),
        ("", body(text(3640, "%Y/%m/%d %H:%M:%S +0100")), 40),
        ("", body(int(NOW.timestamp()) + 40), 40),
        ("", body(str(int(NOW.timestamp()) + 40)), 40),
        ("", body(None), None),
        ("", body("soon"), None),
        ("", body({}), None),
        ("", body(text(-100)), None),
        ("", body(text(-100), text(40)), 40),
        ("", body(text(40), text(4)), 40),
        ("", b"<html>" + body(text(40)), 40),
        ("0", body(text(40)), 40),
        ("1", body(text(40)), 40),
        ("soon", body(text(40)), 40),
        ("60", body(text(40)), 60),
    ],
)
def test_the_longest_that_is_asked_for_counts(retry_after: str, answer: bytes, seconds: float | None) -> None:
    assert asked_wait({"retry-after": retry_after}, answer, NOW) == seconds
