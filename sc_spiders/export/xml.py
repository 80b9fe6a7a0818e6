"""Text in XML."""

from __future__ import annotations

import re
from typing import Any

from .columns import json_text

# XML cannot hold these characters in any form; people's names and descriptions do.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """`text` with U+FFFD for what XML cannot hold."""
    return text if text.isprintable() else _FORBIDDEN.sub("\ufffd", text)


def value(item: Any) -> str:
    """A value as XML text."""
    if isinstance(item, str):
        return clean(item)
    if item is True or item is False:
        return "true" if item else "false"
    if isinstance(item, int | float):
        return repr(item)
    return clean(json_text(item) or "")
