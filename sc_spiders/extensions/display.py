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
from sc_spiders.frontier.troubles import NAMED
from sc_spiders.records.words import clock

_NARROW = 60  # columns; a narrower terminal gets no labels
_LOW = 12  # lines; a lower terminal gets no list of what is walked
_HIGH = 18  # lines; a lower terminal gets one line of what is walked, and one of what waits
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
        self._shown: object = None
        self._live.start()
        atexit.register(self.end)  # also after a forced stop the display must go
        handler = self._handler
        if type(handler) is logging.StreamHandler:
            self._above = _Above(self.console, handler.stream)
            handler.setStream(self._above)

    def show(self, snapshot: Snapshot) -> None:
        rows = self._rows(snapshot)
        # What stays the same is not drawn again: a slow terminal would flicker.
        shown = (self.console.size, self._head(snapshot), snapshot.share, formatting.estimate(snapshot), rows)
        if shown != self._shown:
            self._shown = shown
            self._live.update(self._drawn(snapshot, rows), refresh=True)

    def end(self) -> None:
        """Release the terminal. A second call does nothing."""
        if self._above is not None and type(self._handler) is logging.StreamHandler:
            _take_out(self._above, self._handler)
            self._above = None
        self._live.stop()
        atexit.unregister(self.end)

    @property
    def _is_narrow(self) -> bool:
        return self.console.width < _NARROW

    def _rows(self, snapshot: Snapshot) -> list[tuple[str, str]]:
        """Labels and texts."""
        rows = [
            ("records", formatting.records(snapshot) or "none yet"),
            ("listings", formatting.listings(snapshot)),
            ("doing", snapshot.doing),
        ]
        waiting = [formatting.waits(snapshot)]
        if not self._is_narrow and self.console.height >= _LOW:
            most = NAMED
            if self.console.height < _HIGH:
                most = 1
            rows += [("walking", one) for one in snapshot.walking[:most]]
            waiting = formatting.waiting(snapshot, most)
        rows += [("faults", formatting.endings(snapshot.faults))]
        rows += [("waiting", one) for one in waiting]
        rows += [("blocked", ", ".join(snapshot.blocked))]
        return [(label, text) for label, text in rows if text]

    def _drawn(self, snapshot: Snapshot, rows: list[tuple[str, str]]) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        room = self.console.width
        if not self._is_narrow:
            table.add_column(style="dim", no_wrap=True)
            room -= _LABEL + 1
        # With a bound: rich would cut the labels as well as a text that is too long.
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=room)
        before = ""
        for label, text in rows:
            first = label
            if label == before:
                first = ""
            cells: list[RenderableType] = [first, Text(text, _STYLES.get(label, ""))]
            table.add_row(*cells[self._is_narrow :])
            before = label
        return Group(self._head(snapshot), *self._bar(snapshot), table)

    def _head(self, snapshot: Snapshot) -> Text:
        about = f"{snapshot.spider} {snapshot.subject}".strip()
        head = Text(about, "bold", no_wrap=True, overflow="ellipsis")
        how = Text(f"  {clock(snapshot.elapsed)}  {snapshot.rate:.1f} pages/s")
        if snapshot.closing:
            how.append("  ending; Ctrl-C again stops at once", "yellow")
        # A long subject is cut, and not how the crawl stands.
        head.truncate(max(self.console.width - how.cell_len, len(snapshot.spider)), overflow="ellipsis")
        return head.append_text(how)

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
