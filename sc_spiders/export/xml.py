"""XML, written element by element: ten million of them should not each become an object first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from .columns import Type, json_text

TYPES: Mapping[Type, str] = {"integer": "long", "number": "double", "boolean": "boolean"}
"""What GraphML and GEXF call the types; anything else is a string."""

# XML cannot hold these characters in any form; people's names and descriptions do.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Line ends and tabs too: as they are, a reader would make spaces of them in an attribute.
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_SPECIAL = re.compile(f"[{''.join(_ESCAPED)}]")


def clean(text: str) -> str:
    """`text` with U+FFFD for what XML cannot hold."""
    return text if text.isprintable() else _FORBIDDEN.sub("\ufffd", text)


def escaped(value: Any) -> str:
    """A value as text of an element or attribute."""
    if isinstance(value, str):
        return _short(value) if len(value) < 100 else _text(value)
    if value is True or value is False:
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else _text(json_text(value) or "")


def _text(text: str) -> str:
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], clean(text))


# Edges have the same few relations and times, and one source for many in a row.
_short = lru_cache(1 << 13)(_text)


def element(tag: str, attributes: Mapping[str, Any], inner: Iterable[str] = ()) -> str:
    """An element on a line of its own; `inner` is XML."""
    pairs = "".join([f' {name}="{escaped(value)}"' for name, value in attributes.items()])
    return f"<{tag}{pairs}>{''.join(inner)}</{tag}>\n"


DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
