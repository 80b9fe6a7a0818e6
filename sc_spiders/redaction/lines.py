"""Credentials in a line of text, for what is logged or said to a person."""

from __future__ import annotations

import re

from sc_spiders.redaction.given import SECRET_SETTINGS
from sc_spiders.redaction.names import HIDDEN, IS, SHARE_TOKEN, SHARED, SIGNED, SLASH, SPELLINGS

__all__ = ["redact"]

# Each with the part that stays as its group. What follows the name of a parameter is a value, unless it is
# too short to be one; what follows `OAuth` or `Bearer` is a token if it has a digit, is long, or begins as a JSON Web
# Token does; what follows `Basic` if it is long. All are linear: other people's words come through here.
_START = r"(?: (?<! [a-z0-9] ) | (?<= 3f ) | (?<= 2[36] ) | (?<= 3b ) | (?<= u0026 ) )"  # ?, #, & and ; encoded
_QUOTE = r"(?:\\*+[\"'])?+"  # of JSON, and of JSON in a string of JSON
_BETWEEN = r"(?:[=:]|%(?:25)*+3[ad]|\\++u003[ad])"
_SPACE = r"(?:\s|\+|%(?:25)*+20)++"
_PATTERNS = re.compile(
    rf"""
    ( {_START} (?: {SPELLINGS} | {"|".join(SECRET_SETTINGS)} ) {_QUOTE} \s*+ {_BETWEEN} \s*+ {_QUOTE} )
        [\w.~%+/-]{{6,}}+ =*+
  | ( {_START} (?: {SIGNED} ) {IS} ) [\w.~%+/-]{{6,}}+ =*+
  | ( (?<! [a-z0-9] ) (?: OAuth | Bearer ) {_SPACE} )
        (?= [\w.~+/-]{{0,19}}? \d | [\w.~+/-]{{20}} | eyJ ) [\w.~+/-]{{6,}}+ =*+
  | ( \b Basic {_SPACE} ) [A-Za-z0-9+/]{{16,}}+ =*+
  | ( {SHARED} {SLASH} ) {SHARE_TOKEN}
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The password of an address. What stands before it in the same word stays: it is looked for after the others.
_PASSWORD = re.compile(r"(?<!\S)((?>\S*?://[^\s/:@]*+:))\S+(?=@)")


def redact(text: str) -> str:
    """The text without what looks like a credential."""
    return _PASSWORD.sub(_keep_name, _PATTERNS.sub(_keep_name, text))


def _keep_name(match: re.Match[str]) -> str:
    return f"{match[match.lastindex or 0]}{HIDDEN}"
