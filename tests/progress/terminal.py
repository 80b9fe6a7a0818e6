"""A terminal to run crawls in: a pseudo-terminal, and an emulator (pyte) that knows what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable

import pyte

from tests.support.patience import PATIENCE

Lines = list[str]


class Terminal:
    """Runs one command. `raw` is all that it wrote, `screen` what is to be seen now, `all` with what scrolled away."""

    def __init__(self, command: list[str], columns: int, rows: int, cwd: str, env: dict[str, str]) -> None:
        self.raw = b""
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.01)
        self._stream = pyte.ByteStream(self._screen)
        self._end, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=other, stdout=other, stderr=other, start_new_session=True
        )
        os.close(other)

    @property
    def screen(self) -> Lines:
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def cells(self) -> list[list[pyte.screens.Char]]:
        """The screen with its colours, without empty lines at its end."""
        rows = [[self._screen.buffer[y][x] for x in range(self._screen.columns)] for y in range(self._screen.lines)]
        while rows and not any(cell.data.strip() for cell in rows[-1]):
            rows.pop()
        return rows

    @property
    def all(self) -> Lines:
        above = ["".join(row[i].data for i in range(self._screen.columns)) for row in self._screen.history.top]
        return [line.rstrip() for line in above if line.strip()] + self.screen

    @property
    def cursor_is_hidden(self) -> bool:
        return self._screen.cursor.hidden

    def until(self, seen: Callable[[Lines], bool], seconds: float = PATIENCE) -> Lines:
        """The first screen of which that is true."""
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
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        """End the command, if it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(PATIENCE)
        os.close(self._end)

    def _read(self) -> bool:
        if not select.select([self._end], [], [], 0.5)[0]:
            return True
        try:
            data = os.read(self._end, 65536)
        except OSError:  # the other end is closed
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)
