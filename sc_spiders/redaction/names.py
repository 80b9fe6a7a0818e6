"""The names of credentials, and patterns of the places where they stand: parameters, keys of objects, share links.

Names are compared without case, `_` and `-`: client_id, clientId and Client-ID are the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

__all__ = [
    "AND",
    "BEGIN",
    "HIDDEN",
    "IS",
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
SLASH = r"(?:\\*+/|%(?:25)*2f)++"
BEGIN = r"(?:[?#]|%(?:25)*(?:3f|23))"
AND = r"(?:&amp;|[&;]|%(?:25)*(?:26|3b)|(?<!\\)\\++u0026)"
IS = r"(?:=|%(?:25)*3d|\\++u003d)"
_SEGMENT = r"(?:[^\s/?#&%\"'<>\\]|%(?!(?:25)*(?:2f|3f|23|26)))++"

SHARE_TOKEN = r"(?-i:s)-[A-Za-z0-9_]{4,}+(?![\w-])"  # noqa: S105 - what tokens look like
"""A pattern of a share token. A word with a second hyphen is a permalink."""

SHARED = (
    rf"soundcloud\.com(?:(?::|%(?:25)*3a)\d*+)?{SLASH}{_SEGMENT}{SLASH}"
    rf"(?:sets{SLASH}{_SEGMENT}|(?!sets{SLASH}){_SEGMENT})"
)
"""A pattern of the address of a track or playlist. A further segment `s-…` after it is a share token. Elsewhere
such a segment is a permalink."""

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
# A share token is the third segment of a path, or the fourth after `sets`. In any other place `s-…` is a permalink.
_SHARE_LINK = re.compile(
    rf"""
    (?: ^ | [\s=,;"'<>|()&\#@] | (?<= :/ ) / [\w.:-]* / | (?<! [\w.-] ) [\w.-]+ (?: : \d* )? / ) /*
    (?<! [\w-] ) [\w-]++ /++ (?: sets /++ [^/\s]++ | (?! sets/ ) [^/\s]++ ) /++ {SHARE_TOKEN}
  | \d : {SHARE_TOKEN}
    """,
    re.VERBOSE | re.IGNORECASE,
)
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
