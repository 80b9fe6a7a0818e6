"""Removes parameters from the addresses in a text, however often these are percent-encoded."""

from __future__ import annotations

import re

from sc_spiders.redaction.names import AND, BEGIN, IS
from sc_spiders.redaction.possessive import ONCE

__all__ = ["alone", "named", "without"]

_VALUE = rf"(?:[^\s&;#\"'<>%\\]|%(?!(?:25)*(?:26|23|3b|22))|\\+(?:/|u003d))*{ONCE}"


def named(names: str) -> re.Pattern[str]:
    """A pattern of a parameter with one of these names, and of the separators around it."""
    return re.compile(
        rf"(?P<before>(?P<begin>{BEGIN})|{AND})(?:{names}){IS}{_VALUE}(?P<after>{AND})?", re.ASCII | re.IGNORECASE
    )


def alone(names: str) -> re.Pattern[str]:
    """A pattern of a value after one of these names, also where no address is around it. The group comes before it."""
    return re.compile(rf"((?<![a-z0-9])(?:{names}){IS}(?:\\*+[\"'])?){_VALUE}", re.ASCII | re.IGNORECASE)


def without(text: str, parameters: re.Pattern[str]) -> str:
    """The text without these parameters. One round is not enough, because parameters in a row share a separator."""
    while (further := parameters.sub(_join, text)) != text:
        text = further
    return text


def _join(match: re.Match[str]) -> str:
    begin, after = match["begin"] or "", match["after"] or ""
    # After the only parameter of an inner, encoded URL comes a parameter of the outer URL.
    outer = begin.startswith("%") and not after.startswith("%")
    if begin and after and not outer:
        return begin
    return after
