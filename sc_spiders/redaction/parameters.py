"""Taking parameters out of the addresses in a text, however often they are encoded."""

from __future__ import annotations

import re

from sc_spiders.redaction.names import AND, BEGIN, IS

__all__ = ["named", "without"]

_VALUE = r"(?:[^\s&;#\"'<>%\\]|%(?!(?:25)*(?:26|23|3b|22)))*+"


def named(names: str) -> re.Pattern[str]:
    """A pattern of one parameter with such a name, and of the separators around it."""
    return re.compile(
        rf"(?P<before>(?P<begin>{BEGIN})|{AND})(?:{names}){IS}{_VALUE}(?P<after>{AND})?", re.ASCII | re.IGNORECASE
    )


def without(text: str, parameters: re.Pattern[str]) -> str:
    """The text without these parameters; several in a row share their separators."""
    while (further := parameters.sub(_join, text)) != text:
        text = further
    return text


def _join(match: re.Match[str]) -> str:
    begin, after = match["begin"] or "", match["after"] or ""
    # What follows in the outer URL is no part of the inner one, whose query has gone.
    outer = begin.startswith("%") and not after.startswith("%")
    return begin if begin and after and not outer else after
