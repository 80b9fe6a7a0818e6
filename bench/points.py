"""Listens to the named points of a crawl, to kill it there, look at its files or make it fail.

`sc_spiders.frontier` lists the names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_PREFIX = "sc_spiders."

# Gets the point's name, and its listing if it has one.
Listener = Callable[[str, Any], None]


def listen(listener: Listener) -> None:
    """Call the listener at each point that this process passes. Its exceptions are raised there."""

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith(_PREFIX):
            return
        listing = arguments[0] if arguments else None
        listener(event.removeprefix(_PREFIX), listing)

    sys.addaudithook(heard)


def around(*steps: str) -> frozenset[str]:
    """The names of the points before and after these steps."""
    return frozenset(f"{step}.before" for step in steps) | {f"{step}.after" for step in steps}
