"""The live display: some lines at the bottom of the terminal, above which the log goes on."""

from __future__ import annotations

import atexit
import logging
import sys
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from scrapy.utils.log import get_scrapy_root_handler

from sc_spiders.extensions import formatting as wording
from sc_spiders.extensions.snapshot import Snapshot

_NARROW = 60  # columns; below, labels are left out
_LOW = 12  # lines; below, what is being walked is left out
_BAR = 30  # columns


class Display:
    """Refreshed by its owner, without a thread of its own. NO_COLOR and the terminal's size are respected by rich."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        # The summary replaces it; stdout may hold records and is nobody's business.
        self._live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._handler = get_scrapy_root_handler()
        self._stream: TextIO | None = None
        self._live.start()
        atexit.register(self.end)  # a crawl that is forced to stop must not keep the cursor
        handler = self._handler
        if type(handler) is logging.StreamHandler:
            self._stream = handler.setStream(_Above(self.console, handler.stream))

    def show(self, standing: Snapshot) -> None:
        self._live.update(self._lines(standing), refresh=True)

    def end(self) -> None:
        """Give the terminal back. A second call does nothing."""
        if self._stream is not None and type(self._handler) is logging.StreamHandler:
            self._handler.setStream(self._stream)
            self._stream = None
        self._live.stop()
        atexit.unregister(self.end)

    def _lines(self, standing: Snapshot) -> RenderableType:
        narrow, low = self.console.width < _NARROW, self.console.height < _LOW
        rows = [
            ("records", wording.counts(standing.records) or "none yet"),
            ("listings", wording.listings(standing)),
            *(("walking", one) for one in (() if narrow or low else standing.walking)),
            ("waiting", wording.waits(standing)),
            ("blocked", ", ".join(standing.blocked)),
        ]
        table = Table.grid(padding=(0, 1))
        if not narrow:
            table.add_column(style="dim", no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        for label, text in rows:
            if text:
                style = "yellow" if label in {"waiting", "blocked"} else ""
                table.add_row(*([] if narrow else [label]), Text(text, style))
        return Group(self._head(standing), *self._bar(standing), table)

    def _head(self, standing: Snapshot) -> Text:
        head = Text(no_wrap=True, overflow="ellipsis")
        head.append(f"{standing.spider} {standing.subject}".strip(), "bold")
        head.append(f"  {wording.clock(standing.elapsed)}  {standing.rate:.1f} pages/s")
        if standing.closing:
            head.append("  ending: finishes what is under way; Ctrl-C once more stops at once", "yellow")
        return head

    def _bar(self, standing: Snapshot) -> list[RenderableType]:
        if standing.share is None or standing.closing:
            return []
        line = Table.grid(padding=(0, 1))
        line.add_column(width=min(_BAR, self.console.width // 3))
        line.add_column(no_wrap=True, overflow="ellipsis")
        line.add_row(ProgressBar(total=1, completed=standing.share), Text(wording.estimate(standing)))
        return [line]


class _Above:
    """A stream whose lines appear above the display."""

    def __init__(self, console: Console, stream: TextIO) -> None:
        self._console = console
        self._stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            # Whole, however long: the terminal folds it, and copying gives one line.
            self._console.print("\n".join(lines), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return True
