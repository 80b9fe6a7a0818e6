"""Counts, times and texts in the form for messages."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

__all__ = ["clock", "counted", "listed", "wrapped"]

_PLURALS = {"activity": "activities", "entry": "entries", "gone": "gone"}


def clock(seconds: float) -> str:
    """`0:04:10`, or `2 d 3:04:10`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    time = f"{hour}:{minute:02}:{second:02}"
    if days:
        return f"{days} d {time}"
    return time


def counted(number: int, noun: str) -> str:
    """`1 listing`, `2,000 listings`. A kind of records is a noun, too."""
    words = noun.replace("_", " ")
    if number == 1:
        return f"1 {words}"
    return f"{number:,} {_PLURALS.get(noun, f'{words}s')}"


def listed(numbers: Mapping[str, int]) -> str:
    """`39 edges, 1 user`."""
    return ", ".join(counted(number, noun) for noun, number in numbers.items())


def wrapped(text: str, width: int, indent: str = "") -> str:
    """A text in lines of that width, each paragraph by itself. Indented paragraphs stay; no word is broken."""
    return "\n\n".join(_paragraph(one, width, indent) for one in text.split("\n\n"))


def _paragraph(text: str, width: int, indent: str) -> str:
    if text.startswith(" "):
        return textwrap.indent(text, indent)
    one_line = " ".join(text.split())
    return textwrap.fill(
        one_line, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
