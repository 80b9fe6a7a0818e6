"""The names of credentials, and patterns of the places where they stand: parameters, keys of objects.

Names are compared without case, `_` and `-`: client_id, clientId and Client-ID are the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from sc_spiders.redaction.shares import ROUNDS, has_token

__all__ = [
    "AND",
    "BEGIN",
    "HIDDEN",
    "IS",
    "NAMES",
    "SHORTEST",
    "SIGNED",
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
BEGIN = r"(?:[?#]|%(?:25)*(?:3f|23))"
AND = r"(?:&amp;|[&;]|%(?:25)*(?:26|3b)|(?<!\\)\\++u0026)"
IS = r"(?:=|%(?:25)*3d|\\++u003d)"

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
_PERCENT = re.compile("%(?:25)+")


@lru_cache(1000)
def plain(name: str) -> str:
    """The name in the form for comparisons."""
    return name.lower().replace("_", "").replace("-", "")


@lru_cache(1000)
def is_secret(name: str) -> bool:
    """Whether a parameter or key of that name holds a credential."""
    return plain(name) in NAMES


def unfolded(text: str, rounds: int = ROUNDS) -> str:
    r"""The text, percent-decoded and with `\/` as `/`, repeatedly until nothing changes or ROUNDS are over."""
    for _ in range(rounds):
        further = unquote(_PERCENT.sub("%", text.replace("\\/", "/")))
        if further == text:
            break
        text = further
    return text


def given_secret(text: str, *, is_address: bool = False) -> str:
    """The name of a credential in this text, encoded or not, or `a share link`; "" if there is none.

    `is_address`: the text is taken for the address, path or id of an object.
    """
    decoded = unfolded(text)
    if unfolded(decoded, 1) != decoded:
        return "encoded too often to be read"
    if match := _PARAMETER.search(decoded):
        return match[match.lastindex or 0]
    if has_token(text, is_address=is_address):
        return "a share link"
    return ""
