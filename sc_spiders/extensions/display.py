"""The live display: a few lines at the bottom of the terminal, below the log."""

from __future__ import annotations

import atexit
import logging
import sys
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from scrapy.utils.log import get_scrapy_root_handler

from sc_spiders.extensions import formatting
from sc_spiders.extensions.snapshot import Snapshot

_NARROW = 60  # columns; a narrower terminal gets no labels
_LOW = 12  # lines; a lower terminal gets no list of what is walked
_BAR = 30  # columns
_LABEL = 8  # columns
_STYLES = {"waiting": "yellow", "blocked": "yellow"}


class _Console(Console):
    """A console that leaves the cursor visible: a process that is killed could not bring it back."""

    def show_cursor(self, show: bool = True) -> bool:
        return False


class Display:
    """The display. Its owner refreshes it; it has no thread. rich respects NO_COLOR and the size of the terminal."""

    def __init__(self) -> None:
        self.console: Console = _Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        # Transient: the summary replaces it. stdout is not redirected, because it may have records.
        self._live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._handler = get_scrapy_root_handler()
        self._above: _Above | None = None
        self._live.start()
        atexit.register(self.end)  # also after a forced stop the display must go
        handler = self._handler
        if type(handler) is logging.StreamHandler:
            self._above = _Above(self.console, handler.stream)
            handler.setStream(self._above)

    def show(self, snapshot: Snapshot) -> None:
        self._live.update(self._lines(snapshot), refresh=True)

    def end(self) -> None:
        """Release the terminal. A second call does nothing."""
        if self._above is not None and type(self._handler) is logging.StreamHandler:
            _take_out(self._above, self._handler)
            self._above = None
        self._live.stop()
        atexit.unregister(self.end)

    def _lines(self, snapshot: Snapshot) -> RenderableType:
        narrow, low = self.console.width < _NARROW, self.console.height < _LOW
        rows = [
            ("records", formatting.records(snapshot) or "none yet"),
            ("listings", formatting.listings(snapshot)),
            ("doing", snapshot.doing),
        ]
        if not (narrow or low):
            rows += [("walking", one) for one in snapshot.walking]
        rows += [("waiting", formatting.waits(snapshot)), ("blocked", ", ".join(snapshot.blocked))]
        table = Table.grid(padding=(0, 1))
        room = self.console.width
        if not narrow:
            table.add_column(style="dim", no_wrap=True)
            room -= _LABEL + 1
        # With a bound: rich would cut the labels as well as a text that is too long.
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=room)
        for label, text in rows:
            if text:
                cells: list[RenderableType] = [label, Text(text, _STYLES.get(label, ""))]
                table.add_row(*cells[narrow:])
        return Group(self._head(snapshot), *self._bar(snapshot), table)

    def _head(self, snapshot: Snapshot) -> Text:
        head = Text(no_wrap=True, overflow="ellipsis")
        head.append(f"{snapshot.spider} {snapshot.subject}".strip(), "bold")
        head.append(f"  {formatting.clock(snapshot.elapsed)}  {snapshot.rate:.1f} pages/s")
        if snapshot.closing:
            head.append("  ending; Ctrl-C again stops at once", "yellow")
        return head

    def _bar(self, snapshot: Snapshot) -> list[RenderableType]:
        if snapshot.share is None or snapshot.closing:
            return []
        line = Table.grid(padding=(0, 1))
        line.add_column(width=min(_BAR, self.console.width // 3))
        line.add_column(no_wrap=True, overflow="ellipsis")
        line.add_row(ProgressBar(total=1, completed=snapshot.share), Text(formatting.estimate(snapshot)))
        return [line]


class _Above:
    """A stream that prints its lines above the display."""

    def __init__(self, console: Console, stream: TextIO) -> None:
        self._console = console
        self.stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            # Not wrapped by rich: the terminal wraps a long line, and copying gives one line.
            self._console.print("\n".join(lines), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return True


def _take_out(above: _Above, handler: logging.StreamHandler[Any]) -> None:
    """Let the log pass by a display that has ended. Another crawl's display may have begun since, and lies over it."""
    over: logging.StreamHandler[Any] | _Above = handler
    while isinstance(over.stream, _Above) and over.stream is not above:
        over = over.stream
    if over.stream is above:
        over.stream = above.stream
