"""What credentials are called and where they stand: among parameters, as keys of objects, in texts.

Names are the same in whichever case and with or without `_` and `-`: client_id, clientId, Client-ID.
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
"""What stands in the place of a secret."""

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
"""As `plain` has them."""

SPELLINGS = f"(?:{'|'.join(words.replace(' ', _SEPARATOR) for words in _WORDS)})"
"""A pattern of every way to write them, for expressions that ignore case."""

# What signs an address of a file (CloudFront, S3, Google, Akamai) for whoever has it. Such words are credentials among
# the parameters of an address only, and the first two only in this very case: a track has a `policy`, too.
SIGNED = (
    r"(?-i:Policy|Signature)|Key-Pair-Id|CloudFront-(?:Policy|Signature|Key-Pair-Id)|AWSAccessKeyId|GoogleAccessId"
    r"|X-(?:Amz|Goog)-[A-Za-z-]{2,40}|hdn(?:ts|ea|tl)|hmac"
)

# Percent-encoded however often, as in an address that is a parameter of another, and escaped as in JSON text.
SLASH = r"(?:\\*+/|%(?:25)*2f)++"
BEGIN = r"(?:[?#]|%(?:25)*(?:3f|23))"
AND = r"(?:&amp;|[&;]|%(?:25)*(?:26|3b)|(?<!\\)\\++u0026)"
IS = r"(?:=|%(?:25)*3d|\\++u003d)"
_SEGMENT = r"(?:[^\s/?#&%\"'<>\\]|%(?!(?:25)*(?:2f|3f|23|26)))++"

SHARE_TOKEN = r"(?-i:s)-[A-Za-z0-9_]{4,}+(?![\w-])"  # noqa: S105 - what tokens look like
"""A pattern of a share token. With a further hyphen it is a permalink like any other."""

SHARED = (
    rf"soundcloud\.com(?:(?::|%(?:25)*3a)\d*+)?{SLASH}{_SEGMENT}{SLASH}"
    rf"(?:sets{SLASH}{_SEGMENT}|(?!sets{SLASH}){_SEGMENT})"
)
"""A pattern of the address of a track or playlist. What follows it as a further part, `s-…`, is a share token; a
segment of that form in another place is a permalink like any other."""

# A name with a value; a `:` stands between them in JSON only, and elsewhere in what people search for. `token` and
# `authorization` say so little that they must stand where a parameter's name does.
_PARAMETER = re.compile(
    rf"""
    (?<! [a-z0-9] ) ( {SPELLINGS} ) (?: \s*+ = | ["'] \s*+ [=:] ) \s*+ \S
  | (?: ^ | [?&;\#=] ) ( token | authorization ) = \S
  | \b ( oauth ) \s++ (?= \S{{0,40}} \d ) \S{{12}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The third part of a path, or the fourth after `sets`. In another place `s-…` is a permalink like any other, and with a
# further hyphen as well.
_SHARE_LINK = re.compile(
    rf"""
    (?: ^ | [\s=,;"'<>|()&\#@] | (?<= :/ ) / [\w.:-]* / | (?<! [\w.-] ) [\w.-]+ (?: : \d* )? / ) /*
    (?<! [\w-] ) [\w-]++ /++ (?: sets /++ [^/\s]++ | (?! sets/ ) [^/\s]++ ) /++ {SHARE_TOKEN}
  | \d : {SHARE_TOKEN}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PERCENT = re.compile("%(?:25)+")
_ROUNDS = 50  # of unfolding; what is wrapped up more often was so to hide something


@lru_cache(1000)
def plain(name: str) -> str:
    """The name as it is compared."""
    return name.lower().replace("_", "").replace("-", "")


def is_secret(name: str) -> bool:
    """Whether a parameter or key of that name holds a credential."""
    return plain(name) in NAMES


def unfolded(text: str, rounds: int = _ROUNDS) -> str:
    r"""The text percent-decoded, and with `\/` as `/`, until it does not change, but no more often than that."""
    for _ in range(rounds):
        further = unquote(_PERCENT.sub("%", text.replace("\\/", "/")))
        if further == text:
            break
        text = further
    return text


def given_secret(text: str) -> str:
    """What credential somebody gave in that text, however encoded: its name, `a share link`; "" where there is none."""
    text = unfolded(text)
    if unfolded(text, 1) != text:
        return "encoded too often to be read"
    if match := _PARAMETER.search(text):
        return match[match.lastindex or 0]
    return "a share link" if _SHARE_LINK.search(text) else ""
