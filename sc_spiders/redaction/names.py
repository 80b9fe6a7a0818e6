"""The names of credentials, and patterns of the places where they stand: parameters, keys of objects, share links.

Names are compared without case, `_` and `-`: client_id, clientId and Client-ID are the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from sc_spiders.redaction.possessive import ONCE

__all__ = [
    "AND",
    "BEGIN",
    "HIDDEN",
    "IS",
    "JOINT",
    "NAMES",
    "SHARED",
    "SHARE_TOKEN",
    "SHORTEST",
    "SIGNED",
    "SLASH",
    "SPELLINGS",
    "given_secret",
    "is_secret",
    "plain",
    "unfolded",
]

HIDDEN = "[hidden]"
"""Replaces a secret."""

SHORTEST = 6
"""Characters of a secret; a shorter one would be found in half of all texts."""

_SEPARATOR = r"(?:[_-]|%(?:25)*(?:5f|2d))?"
_WORDS = (
    "client id",
    "client secret",
    "oauth token",
    "access token",
    "refresh token",
    "secret token",
    "playlist secret token",
    "track authorization",
    "code verifier",
)

NAMES = frozenset(words.replace(" ", "") for words in _WORDS)
"""The names, as `plain` returns them."""

SPELLINGS = f"(?:{'|'.join(words.replace(' ', _SEPARATOR) for words in _WORDS)})"
"""A pattern of all spellings of the names. Use it with IGNORECASE."""

# Parameters that sign the address of a file (CloudFront, S3, Google, Akamai). They are credentials only as parameters
# of an address, and the first two only with a capital letter: a track has a field `policy`.
SIGNED = (
    r"(?-i:Policy|Signature)|Key-Pair-Id|CloudFront-(?:Policy|Signature|Key-Pair-Id)|AWSAccessKeyId|GoogleAccessId"
    r"|X-(?:Amz|Goog)-[A-Za-z-]{2,40}|hdn(?:ts|ea|tl)|hmac"
)

# Each also percent-encoded any number of times (an address as a parameter of another), and escaped as in JSON.
SLASH = rf"(?:\\*+/|%(?:25)*2f)+{ONCE}"
BEGIN = r"(?:[?#]|%(?:25)*(?:3f|23))"
AND = r"(?:&amp;|[&;]|%(?:25)*(?:26|3b)|(?<!\\)\\++u0026)"
IS = r"(?:=|%(?:25)*3d|\\++u003d)"
_IN_SEGMENT = r"(?:[^\s/?#&%\"'<>\\]|%(?!(?:25)*(?:2f|3f|23|26)))"
# A whole segment, also where ONCE is empty: in `x:s-house1`, `x` is not the title and `s-house1` is not its token.
_SEGMENT = rf"{_IN_SEGMENT}+{ONCE}(?!{_IN_SEGMENT})"

_COLON = r"(?::|%(?:25)*3a)"

SHARE_TOKEN = r"(?-i:s)-[A-Za-z0-9_]{4,}+"  # noqa: S105 - what tokens look like
"""A pattern of a share token. Any other character ends it, also a hyphen or an é."""

_TITLE = rf"{SLASH}(?:sets{SLASH}{_SEGMENT}|(?!sets{SLASH}){_SEGMENT})"
_BEFORE_PATH = r"(?:^|[\s=,;\"'<>|()&#@]|%(?:25)*(?:3d|2[06c]))"
# Without the site's name it may be other text: "bus/tram/s-bahn". So what follows must not be a word or number.
_NO_WORD = r"(?!(?-i:s-(?:[A-Za-z]?[a-z]*+|[0-9]++)(?![A-Za-z0-9_])))"

SHARED = (
    rf"(?:soundcloud\.com(?:{_COLON}\d*+)?{SLASH}{_SEGMENT}{_TITLE}"
    rf"|{_BEFORE_PATH}(?:{SLASH})?{ONCE}[\w-]++{_TITLE}(?={SLASH}{_NO_WORD})"
    rf"|\d(?={_COLON}{_NO_WORD}))"
)
"""A pattern of a track or playlist: its address, its path, or its id. `s-…` after it is a share token, as further
segment of the path or after a colon. Elsewhere `s-…` is a permalink. Addresses of other sites have no share tokens."""

JOINT = rf"(?:{SLASH}|{_COLON})"
"""A pattern of what stands between SHARED and SHARE_TOKEN. The three together are the only grammar of share links."""

# A name with a value. A `:` between them counts only in JSON: people also search for `name: value`. `token` and
# `authorization` are common words: they count only at the place of a parameter's name.
_PARAMETER = re.compile(
    rf"""
    (?<! [a-z0-9] ) ( {SPELLINGS} ) (?: \s*+ = | ["'] \s*+ [=:] ) \s*+ \S
  | (?: ^ | [?&;\#=] ) ( token | authorization ) = \S
  | \b ( oauth ) \s++ (?= \S{{0,40}} \d ) \S{{12}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SHARE_LINK = re.compile(rf"{SHARED}{JOINT}{SHARE_TOKEN}", re.IGNORECASE)
_PERCENT = re.compile("%(?:25)+")
_ROUNDS = 50  # of percent-decoding; nobody encodes a text more often by accident


@lru_cache(1000)
def plain(name: str) -> str:
    """The name in the form for comparisons."""
    return name.lower().replace("_", "").replace("-", "")


@lru_cache(1000)
def is_secret(name: str) -> bool:
    """Whether a parameter or key of that name holds a credential."""
    return plain(name) in NAMES


def unfolded(text: str, rounds: int = _ROUNDS) -> str:
    r"""The text, percent-decoded and with `\/` as `/`, repeatedly until nothing changes or _ROUNDS are over."""
    for _ in range(rounds):
        further = unquote(_PERCENT.sub("%", text.replace("\\/", "/")))
        if further == text:
            break
        text = further
    return text


def given_secret(text: str) -> str:
    """The name of a credential in this text, encoded or not, or `a share link`; "" if there is none."""
    text = unfolded(text)
    if unfolded(text, 1) != text:
        return "encoded too often to be read"
    if match := _PARAMETER.search(text):
        return match[match.lastindex or 0]
    if _SHARE_LINK.search(text):
        return "a share link"
    return ""
