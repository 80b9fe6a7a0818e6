"""The secrets of one crawl. They are hidden in its log, and those that it sends are cut out of the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sc_spiders.redaction import lines
from sc_spiders.redaction.names import HIDDEN, SHORTEST
from sc_spiders.redaction.values import replaced, strip

__all__ = ["Secrets"]

_RUN = re.compile(r"[A-Za-z0-9._~-]+")
# A character of `_RUN`, escaped as in JSON. No API writes it so, but every parser reads it.
_ESCAPED = re.compile(rb"\\u00(?:2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])")


class Secrets:
    """The secrets of one crawl. Values shorter than SHORTEST are ignored.

    `cover`: replaces names of people in log lines, if the crawl wants that. Texts of answers are then left out.
    """

    cover: Callable[[str], str] | None = None

    def __init__(self, *hidden: str) -> None:
        self._hidden: set[str] = set()
        self._pieces: dict[str, bytes] = {}
        self._pattern = _any_of(())
        self._sent = _any_of(())
        self.hide(*hidden)

    def hide(self, *values: str) -> None:
        """Hide these values in log lines."""
        self._hidden.update(value for value in values if len(value) >= SHORTEST)
        self._pattern = _any_of(map(re.escape, _longest_first(self._hidden)))

    def keep_out(self, *values: str) -> None:
        """Hide these values in log lines, and remove them from answers, so that they get into no record."""
        self.hide(*values)
        new = {value for value in values if len(value) >= SHORTEST} - self._pieces.keys()
        if new:
            # The longest part of each value that no encoding changes. `cut_out` searches it in the bytes of a page.
            self._pieces.update({value: max(_RUN.findall(value), key=len, default="").encode() for value in new})
            self._sent = _any_of(map(_encoded, _longest_first(self._pieces)))

    def hidden_in(self, text: str) -> str:
        """The text without these secrets."""
        hidden = self._pattern.sub(HIDDEN, text)
        if self.cover:
            return self.cover(hidden)
        return hidden

    def redact(self, text: str) -> str:
        """The text of an answer without these secrets, and without anything that looks like a secret."""
        if self.cover:
            return ""
        return self.hidden_in(lines.redact(self._sent.sub(HIDDEN, text)))

    def cut_out(self, data: Any, body: bytes) -> Any:
        """`data`, the JSON value of `body`, without the values of `keep_out`. Quick if `body` has none of them."""
        there = [piece for piece in self._pieces.values() if piece in body]
        is_escaped = bool(self._pieces) and _has_escapes(body)
        if not (there or is_escaped):
            return data
        if isinstance(data, dict) and isinstance(href := data.get("next_href"), str):
            # In some answers only next_href has the client id, at its usual place. Then the rows need no search.
            data["next_href"] = self._cut(strip(href))
            if not is_escaped and all(body.count(piece) == href.count(piece.decode()) for piece in there):
                return data
        return replaced(data, self._cut)

    def _cut(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return self._sent.sub(HIDDEN, value)


def _has_escapes(body: bytes) -> bool:
    """Whether a piece may be in this JSON with escapes for some of its characters."""
    # The search for one byte is fastest, and ends here for a text without a backslash.
    return b"\\" in body and b"\\u00" in body and _ESCAPED.search(body) is not None


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or "(?!)")


def _longest_first(values: Iterable[str]) -> list[str]:
    """In this order, a value that begins with another one is replaced as a whole."""
    return sorted(values, key=len, reverse=True)


def _encoded(secret: str) -> str:
    """A pattern of the secret: plain, percent-encoded any number of times, and escaped as in JSON."""
    return "".join(map(_encoded_character, secret))


def _encoded_character(character: str) -> str:
    escaped = re.escape(character)
    if _RUN.fullmatch(character):
        return escaped
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in character.encode())
    return rf"(?:\\*{escaped}|{percent})"
