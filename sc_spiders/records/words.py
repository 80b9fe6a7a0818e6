"""Numbers of things, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["counted", "listed"]

_PLURALS = {"activity": "activities", "gone": "gone"}


def counted(number: int, noun: str) -> str:
    """`1 listing`, `2,000 listings`. A kind of records is a noun, too."""
    words = noun.replace("_", " ")
    if number == 1:
        return f"1 {words}"
    return f"{number:,} {_PLURALS.get(noun, f'{words}s')}"


def listed(numbers: Mapping[str, int]) -> str:
    """`39 edges, 1 user`."""
    return ", ".join(counted(number, noun) for noun, number in numbers.items())
