"""A terminal to run crawls in: a pseudo-terminal, and an emulator (pyte) that knows what a user would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pyte

from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE

Lines = list[str]


class Terminal:
    """Runs a crawl. `raw`: its whole output. `screen`: the visible lines. `all`: also the lines that scrolled away.

    It takes the arguments of `Crawls.start`. `command`: the name of another command to run.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        crawls: Crawls,
        *words: str,
        settings: dict[str, str] | None = None,
        command: str = "",
        **given: Any,
    ) -> None:
        self.raw = b""
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.01)
        self._stream = pyte.ByteStream(self._screen)
        self._end, self._other = pty.openpty()
        fcntl.ioctl(self._other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        # The test runner's environment describes another terminal.
        own: dict[str, Any] = {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(rows), "NO_COLOR": ""}
        seat = partial(_sit_at, os.ttyname(self._other))
        own |= settings or {}
        if command:
            self._process = crawls.begin(command, *words, inside=seat, **own)
        else:
            self._process = crawls.start(*words, inside=seat, settings=own, **given)

    @property
    def screen(self) -> Lines:
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def cells(self) -> list[list[pyte.screens.Char]]:
        """The screen with its colours, without empty lines at the end."""
        rows = [[self._screen.buffer[y][x] for x in range(self._screen.columns)] for y in range(self._screen.lines)]
        while rows and not any(cell.data.strip() for cell in rows[-1]):
            rows.pop()
        return rows

    @property
    def all(self) -> Lines:
        above = ["".join(row[i].data for i in range(self._screen.columns)) for row in self._screen.history.top]
        return [line.rstrip() for line in above if line.strip()] + self.screen

    def until(self, seen: Callable[[Lines], bool], seconds: float = PATIENCE) -> Lines:
        """Wait for a screen that passes the test, and return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if seen(self.screen):
                return self.screen
            if not self._read():
                break
        raise AssertionError(f"never seen; the last screen was {self.screen}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def finish(self, seconds: float = PATIENCE) -> int:
        """The exit code, once the command has ended."""
        end = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < end, self.screen
        return self._process.wait()

    def close(self) -> None:
        """End the command, if it has not ended."""
        self._process.kill()
        os.close(self._other)
        os.close(self._end)

    def _read(self) -> bool:
        """Read the command's output. Returns False if the command has ended and all was read."""
        has_ended = self._process.code is not None
        if not select.select([self._end], [], [], 0.1)[0]:
            return not has_ended
        data = os.read(self._end, 65536)
        self.raw += data
        self._stream.feed(data)
        return True


def _sit_at(terminal: str) -> None:
    """Make this the controlling terminal of the process."""
    os.setsid()
    file = os.open(terminal, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(file, standard)
