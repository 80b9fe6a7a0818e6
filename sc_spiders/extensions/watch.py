"""Shows how crawls stand, again and again, until all of them have ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

Show = Callable[[list[str]], None]


@contextmanager
def screen() -> Iterator[Show]:
    """A function that shows lines in the place of those before. Without a terminal, it prints them below those."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "").lower() in {"", "dumb", "unknown"}:
        yield _print
        return
    from rich.console import Console, Group  # takes long
    from rich.live import Live
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:

        def show(lines: list[str]) -> None:
            cut = [Text(line, no_wrap=True, overflow="ellipsis") for line in lines]
            live.update(Group(*cut), refresh=True)

        yield show


def _print(lines: Iterable[str]) -> None:
    print("\n".join(lines), flush=True)
