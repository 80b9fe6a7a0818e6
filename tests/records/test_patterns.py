"""No text from outside makes a regular expression slow."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sc_spiders import records
from sc_spiders.redaction import lines, shares, values
from sc_spiders.redaction.given import SECRET_SETTINGS
from sc_spiders.redaction.known import Secrets
from sc_spiders.redaction.logs import redact

from .patterns import adversaries, all_patterns, growth, is_quick, matched

PATTERNS = all_patterns()


def test_they_are_found() -> None:
    assert len(PATTERNS) > 40
    assert {"sc_spiders.redaction.lines", "sc_spiders.redaction.values", "sc_spiders.credentials.webpage"} <= {
        where.rpartition(".")[0] for where in PATTERNS
    }


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_each_takes_twice_as_long_for_twice_as_much(pattern: re.Pattern[Any]) -> None:
    for beginning, piece in adversaries(pattern):
        if not is_quick(pattern, beginning, piece):
            # Other work on this machine can make one measurement slow, but hardly three.
            assert any(growth(pattern, beginning, piece) < 3 for _ in range(3)), (beginning, piece)


def test_no_log_line_with_a_credential_is_passed_over() -> None:
    """Whatever the pattern of credentials matches has one of the hints that a line is searched for at first."""
    found = [text.lower() for text in matched(lines._PATTERNS, 3000)]

    assert not [text for text in found if not any(hint in text for hint in lines._HINTS)]
    for name in (*SECRET_SETTINGS, "client-id", "CodeVerifier", "Policy", "X-Goog-Signature", "hdnts", "hmac"):
        assert lines.redact(f"?{name}=a1b2c3d4") == f"?{name}=[hidden]"
    for name in ("oauth", "BEARER", "Basic"):
        assert lines.redact(f"{name} {'a1b2c3d4' * 4}") == f"{name} [hidden]"
    assert lines.redact("\u017fc_client_\u017fecret=a1b2c3d4").endswith("=[hidden]")  # a long s is an s without case


@pytest.mark.parametrize("pattern", [shares._LINK, shares._LINK_IN_ADDRESS])
def test_no_text_with_a_share_token_is_passed_over(pattern: re.Pattern[str]) -> None:
    found = [text for text in matched(pattern, 3000) if pattern.search(text)]

    assert len(found) > 500
    assert not [text for text in found if not values.may_share(text.lower().encode())]


SLOW = [r"(a+)+b", r"\s*:", r"x[^/]*/[^/]*y", r"(?:%(?:25)*2f)+[^?]+?(?:%(?:25)*2f)+!", r'"(?:[^"\\]++|\\.)*+"']


@pytest.mark.parametrize("bad", SLOW)
def test_a_slow_one_would_be_found(bad: str) -> None:
    pattern = re.compile(bad)

    def is_slow(beginning: str, piece: str) -> bool:
        return not is_quick(pattern, beginning, piece) and growth(pattern, beginning, piece) > 3

    with pytest.raises((AssertionError, TimeoutError)):
        assert not any(is_slow(*one) for one in adversaries(pattern))


ADDRESSES = [
    "https://soundcloud.com/" + "%252f" * 20_000,
    "https://soundcloud.com/a/b" + "%252fs-" * 20_000,
    "client_id" + "%25" * 20_000,
    "?token=" * 20_000,
    "&client_id=" * 20_000,
    "://a:" * 20_000,
    "OAuth " * 20_000,
    "\\" * 100_000,
    "%73%2d" * 16_000,
    "%2%35" * 20_000,
    "%" + "25" * 50_000 + "2fs-",
    "%" + "%32%35" * 16_000 + "2fs-",
    " a/b/s%2DAB_CD12" * 6_000,
    "a/b" + "/s-AB_CD12" * 10_000,
    "secret_token%20" * 7_000,
    "soundcloud.com/" * 7_000 + "s-",
    "=%C3%A9/" * 12_000 + "s-",
]


@pytest.mark.parametrize("text", ADDRESSES, ids=range(len(ADDRESSES)))
def test_a_log_line_and_a_record_of_it_are_there_at_once(text: str) -> None:
    secrets = Secrets()
    secrets.keep_out("a/secret=that is+encoded")
    assert isinstance(redact(text), str)
    assert isinstance(secrets.redact(text), str)
    assert isinstance(records.strip(text), str)
