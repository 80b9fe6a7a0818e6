"""Finds the tokens of private share links in texts. All uses ask here, so each finds the same links.

A text is searched with its percent-encoding decoded, once or many times over, in whole or in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sc_spiders.redaction.possessive import ONCE

__all__ = ["ESCAPED_SIGN", "ROUNDS", "SHARE_TOKEN", "SIGNS", "has_token", "hidden", "path_has_token", "removed"]

ROUNDS = 50
"""How often a text is decoded at most. Nobody encodes a text more often by accident."""

SHARE_TOKEN = r"(?-i:s-[A-Za-z0-9_]{4,}+)"  # noqa: S105 - what tokens look like
"""A pattern of a share token. Any other character ends it, also a hyphen or an é."""

# A character that the grammar names, encoded. White space, quotes, `<` and `>` would end a segment, so they stay as
# they are: `%20`. So do characters outside ASCII.
_ESCAPE = re.compile(
    r"%(?:25)*(2[35689c-f]|3[0-9abdf]|4[0-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9ac])", re.ASCII | re.IGNORECASE
)

_SLASH = r"[\\/]++(?<=/)"  # several, each perhaps escaped as in JSON
_SEGMENT = r"[^\s/?#&\"'<>\\]++"
_TITLE = rf"{_SLASH}(?:sets{_SLASH}{_SEGMENT}|(?!sets{_SLASH}){_SEGMENT})"
_USER = rf"(?:[\w-]|%[89a-f][0-9a-f])+{ONCE}"
_BEFORE_PATH = r"(?:^|[\s=,;\"'<>|()&#@]|%(?:0[9ad]|2[027]|3[ce]))"
# Without the site's name it may be other text: "bus/tram/s-bahn". So what follows must not be a word or number.
_NO_WORD = r"(?!(?-i:s-(?:[A-Za-z]?[a-z]*+|[0-9]++)(?![A-Za-z0-9_])))"
_GAP = r"(?:[\s+\"'\\]|%2[027]|&quot;)*"  # between a name and its value, also in JSON


def _links(no_word: str) -> re.Pattern[str]:
    """The grammar: a share token after the address, path or id of a track or playlist, or after its own name.

    Elsewhere `s-…` is a permalink. Addresses of other sites have no share tokens.
    Groups 1 and 2: what comes before the token. Group 3: the token, further ones, and the rest of each one's word.
    """
    shared = (
        rf"soundcloud\.com(?::\d*+)?{_SLASH}{_SEGMENT}{_TITLE}"
        rf"|{_BEFORE_PATH}(?:{_SLASH})?{_USER}{_TITLE}(?={_SLASH}{no_word})"
        rf"|\d(?=:{no_word})"
    )
    # Without case, the sign for kelvins is a k. Texts are searched for `token` at first.
    named = rf"secret[_-]?to(?-i:[kK])en{_GAP}(?:[=:]|u003[ad]){_GAP}"
    joint = rf"(?:{_SLASH}|:)"
    token = rf"{SHARE_TOKEN}[A-Za-z0-9_-]*+"
    return re.compile(rf"(?:({shared}){joint}|({named}))({token}(?:{joint}{token})*)", re.IGNORECASE)


_LINK = _links(_NO_WORD)
_LINK_IN_ADDRESS = _links("")
_TOKEN_IN_PATH = re.compile(rf"(?:/|\d:){SHARE_TOKEN}")
SIGNS = (b"/s-", b":s-", b"token")
"""A text with a token has `s-` and one of these, or ESCAPED_SIGN. Both are for text in lower case."""

# Not any escape: most are of other characters.
ESCAPED_SIGN = re.compile(rb"%(?:25)*(?:2d|3[0-9]|[4-7][0-9a-f]|(?:2f|3a)s-)")


def path_has_token(path: str) -> bool:
    """Whether a path of the API has a share token. Such paths have ids, and no permalinks."""
    return _TOKEN_IN_PATH.search(_decoded(path)[0]) is not None


def has_token(text: str, *, is_address: bool = False) -> bool:
    """Whether the text has a share token.

    In a text, `dj/set/s-bahn` has none: it may be about other things. In what is taken for an address, it has one.
    """
    grammar = _LINK_IN_ADDRESS if is_address else _LINK
    return grammar.search(_decoded(text)[0]) is not None


def removed(text: str) -> str:
    """The text without share tokens, and without what joins them to an address.

    The rest of a token's word goes, too: left behind, it would change the permalink.
    """
    return "".join(text[begin:end] for begin, end, _ in _between(text))


def hidden(text: str, instead: str) -> str:
    """The text with `instead` in place of share tokens."""
    *others, (begin, end, _) = _between(text)
    return "".join(f"{text[begin:joint]}{instead}" for begin, _, joint in others) + text[begin:end]


def _between(text: str) -> Iterator[tuple[int, int, int]]:
    """The parts of the text between tokens: begin, end, and the end with what joins the part to the token after it."""
    plain, begins = _decoded(text)
    at = 0
    for match in _LINK.finditer(plain):
        before = max(match.end(1), match.end(2))
        yield at, begins[before], begins[match.start(3)]
        at = begins[match.end()]
    yield at, len(text), len(text)


def _decoded(text: str) -> tuple[str, Sequence[int]]:
    """The text, decoded; and for each of its characters, and its end, where that begins in the given text."""
    begins: Sequence[int] = range(len(text) + 1)
    for _ in range(ROUNDS):
        pieces: list[str] = []
        places: list[int] = []
        at = 0
        for match in _ESCAPE.finditer(text):
            begin, end = match.span()
            pieces += text[at:begin], chr(int(match[1], 16))
            places += begins[at : begin + 1]
            at = end
        if not pieces:
            break
        text = "".join(pieces) + text[at:]
        begins = [*places, *begins[at:]]
    return text, begins
