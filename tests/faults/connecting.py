"""Simulates faults of this machine in the crawl's process: connections fail before anything is sent."""

from __future__ import annotations

import errno
import resource
import socket
import time
from functools import partial
from pathlib import Path
from stat import S_ISSOCK
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, TunnelError
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import call_later


class Connecting(HTTP11DownloadHandler):
    """A download handler.

    `CONNECTING=ENETUNREACH,20,1.5`: after 20 answers, connecting fails with that error for 1.5 seconds.
    `CONNECTING=PROXY,20,1.5`: a proxy opens no tunnel for that time.
    `CONNECTING=EMFILE,20,1.5,2`: a limit on open files leaves room for only two connections.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        fault, after, seconds, *more = crawler.settings["CONNECTING"].split(",")
        self._number = getattr(errno, fault, 0)
        self._left = int(after)
        self._seconds = float(seconds)
        self._room = int(more[0]) if more else 0
        self._until = 0.0
        if self._number != errno.EMFILE:
            socket.socket.connect_ex = self._failing()  # type: ignore[method-assign]
        if not self._left:
            self._begin()

    async def download_request(self, request: Request) -> Response:
        if not self._number and time.monotonic() < self._until:
            raise TunnelError("Could not open CONNECT tunnel with proxy [503]")
        response = await super().download_request(request)
        self._left -= 1
        if self._left == 0:
            self._begin()
        return response

    def _begin(self) -> None:
        self._until = time.monotonic() + self._seconds
        if self._number == errno.EMFILE:
            self._limit()

    def _failing(self) -> Any:
        connect = socket.socket.connect_ex

        def connect_ex(sock: socket.socket, address: Any) -> int:
            if time.monotonic() < self._until:
                return int(self._number)
            return int(connect(sock, address))

        return connect_ex

    def _limit(self) -> None:
        """The limit concerns descriptor numbers, and the system always uses the lowest free one."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = {int(path.name) for path in Path("/proc/self/fd").iterdir() if not _is_connection(path)}
        free = [number for number in range(1000) if number not in taken]
        resource.setrlimit(resource.RLIMIT_NOFILE, (free[self._room], hard))
        end = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        call_later(self._seconds, end)


def _is_connection(path: Path) -> bool:
    """Whether it is one, or nothing by now: the folder that names the descriptors was open itself."""
    try:
        if not S_ISSOCK(path.stat().st_mode):
            return False
        with socket.fromfd(int(path.name), socket.AF_INET, socket.SOCK_STREAM) as found:
            return found.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN) == socket.AF_INET
    except OSError:
        return True
