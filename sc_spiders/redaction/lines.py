"""Hides text that looks like a credential, for the log and for messages."""

from __future__ import annotations

import re

from sc_spiders.redaction.given import SECRET_SETTINGS
from sc_spiders.redaction.names import HIDDEN, IS, SIGNED, SPELLINGS
from sc_spiders.redaction.possessive import ONCE
from sc_spiders.redaction.shares import hidden
from sc_spiders.redaction.values import may_share

__all__ = ["redact"]

# In each alternative the group stays, and the rest is hidden:
# - after the name of a parameter, a value of 6 characters or more;
# - after `OAuth` or `Bearer`, a word with a digit, of 20 characters or more, or with the start of a JSON Web Token;
# - after `Basic`, a word of 16 characters or more.
# All are linear, because the text may be an attack.
_START = r"(?: (?<! [a-z0-9] ) | (?<= 3f ) | (?<= 2[36] ) | (?<= 3b ) | (?<= u0026 ) )"  # after encoded ?, #, & and ;
_QUOTE = rf"(?:\\*+[\"'])?{ONCE}"  # a quote in JSON, also in JSON within a JSON string
_BETWEEN = r"(?:[=:]|%(?:25)*+3[ad]|\\++u003[ad])"
_SPACE = rf"(?:\s|\+|%(?:25)*+20)+{ONCE}"
_PATTERNS = re.compile(
    rf"""
    ( {_START} (?: {SPELLINGS} | {"|".join(SECRET_SETTINGS)} ) {_QUOTE} \s*+ {_BETWEEN} \s*+ {_QUOTE} )
        [\w.~%+/-]{{6,}}+ =*+
  | ( {_START} (?: {SIGNED} ) {IS} ) [\w.~%+/-]{{6,}}+ =*+
  | ( (?<! [a-z0-9] ) (?: OAuth | Bearer ) {_SPACE} )
        (?= [\w.~+/-]{{0,19}}? \d | [\w.~+/-]{{20}} | eyJ ) [\w.~+/-]{{6,}}+ =*+
  | ( \b Basic {_SPACE} ) [A-Za-z0-9+/]{{16,}}+ =*+
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The password of an address. It may contain an @, so the pattern takes a whole word and is applied last.
_PASSWORD = re.compile(r"(?<!\S)((?>\S*?://[^\s/:@]*+:))\S+(?=@)")
# Each match of `_PATTERNS` contains one of these words, in lower case. Most log lines contain none, and a search for
# the words takes a tenth of the time. A line with letters outside ASCII is always matched: without case, some of them
# are equal to letters of ASCII.
_HINTS = (
    *("client", "token", "authorization", "verifier", *(name.lower() for name in SECRET_SETTINGS)),
    *("policy", "signature", "key-pair-id", "accesskeyid", "accessid", "x-amz-", "x-goog-", "hdn", "hmac"),
    *("oauth", "bearer", "basic"),
)


def redact(text: str) -> str:
    """The text with [hidden] instead of anything that looks like a credential."""
    small = text.lower()
    if ("s-" in small or "%" in small) and may_share(small.encode("utf-8", "surrogatepass")):
        text = hidden(text, HIDDEN)
    if not text.isascii() or any(hint in small for hint in _HINTS):
        text = _PATTERNS.sub(_keep_name, text)
    if "@" in text:
        text = _PASSWORD.sub(_keep_name, text)
    return text


def _keep_name(match: re.Match[str]) -> str:
    return f"{match[match.lastindex or 0]}{HIDDEN}"
