"""The credentials that requests carry, and what signs an address, cut out of what a server sends back."""

from __future__ import annotations

import re
from typing import Any

from .signed import has_marks, unsigned
from .values import replaced, strip

__all__ = ["cut_out", "keep_out"]

HIDDEN = "[hidden]"
SHORTEST = 6  # characters; a shorter one would be found in half of what there is

_RUN = re.compile(r"[A-Za-z0-9._~-]+")
_known: dict[str, bytes] = {}
_values = re.compile("(?!)")


def keep_out(*secrets: str) -> None:
    """Remember values that no answer may bring into a record, for the life of the process."""
    global _values
    new = {secret for secret in secrets if len(secret) >= SHORTEST} - _known.keys()
    if new:
        # The longest piece of each that no encoding changes: what is looked for in the bytes of every page.
        _known.update({secret: max(_RUN.findall(secret), key=len, default="").encode() for secret in new})
        _values = re.compile("|".join(map(_encoded, sorted(_known, key=len, reverse=True))))


def cut_out(data: Any, body: bytes) -> Any:
    """The JSON value of `body` without these values. Of a page that has none this is a look, and no more."""
    if has_marks(body):
        data = _unsigned(data)
    there = [piece for piece in _known.values() if piece in body]
    if not there:
        return data
    if isinstance(data, dict) and isinstance(href := data.get("next_href"), str):
        # Some next pages have the client id, at its usual place. That is no reason to look through their rows.
        data["next_href"] = _cut(strip(href))
        if all(body.count(piece) == href.count(piece.decode()) for piece in there):
            return data
    return replaced(data, _cut)


def _unsigned(data: Any) -> Any:
    """`data` with no address signed but the next page's, which the crawl goes to and no record has."""
    cut = replaced(data, unsigned)
    if isinstance(data, dict) and "next_href" in data:
        cut["next_href"] = data["next_href"]
    return cut


def _cut(value: Any) -> Any:
    return _values.sub(HIDDEN, value) if isinstance(value, str) else value


def _encoded(secret: str) -> str:
    """A pattern of the secret as it is, percent-encoded however often, and escaped as in JSON text."""
    return "".join(
        re.escape(character)
        if _RUN.fullmatch(character)
        else rf"(?:\\*{re.escape(character)}|{''.join(f'%(?:25)*(?i:{byte:02x})' for byte in character.encode())})"
        for character in secret
    )
