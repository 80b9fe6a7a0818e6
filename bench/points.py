"""Listens to the named points of a crawl, to kill it there, look at its disk or have it fail.

The names are told in `sc_spiders.frontier`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_PREFIX = "sc_spiders."

# Gets the point's name, and its listing if it has one.
Listener = Callable[[str, Any], None]


def listen(listener: Listener) -> None:
    """Have that called at each point that this process passes, until it ends. What it raises is raised there."""

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith(_PREFIX):
            return
        listing = arguments[0] if arguments else None
        listener(event.removeprefix(_PREFIX), listing)

    sys.addaudithook(heard)


def around(*steps: str) -> frozenset[str]:
    """The points before and after these steps."""
    return frozenset(f"{step}.before" for step in steps) | {f"{step}.after" for step in steps}
