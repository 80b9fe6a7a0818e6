"""A server whose answers are scripted byte by byte, also invalid ones that no web framework would send."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from sc_spiders.sandbox import wire

from .answers import http, user

RESET, HANG = b"reset", b"hang"  # instead of an answer

# Returns the answer to the n-th request (from 1) for a path; None: the right answer.
Script = Callable[[str, int], bytes | None]


def formed(random: Random, accepted: str, answer: bytes) -> tuple[bytes, bytes]:
    """Head and body of an answer in a form that SoundCloud's servers may use: chunked, compressed, HTTP/1.0 …"""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return wire.message(int(status[9:12]), headers, body, replace(wire.draw(random, accepted), closes=True))


def _status(answer: bytes | None) -> int:
    """The status of a scripted answer; 0 if there is none, or no answer is sent."""
    status = (answer or b"")[9:12]
    return int(status) if status.isdigit() else 0


class Server:
    """Users of all numbers, each of whom follows two others and is followed by two, on two pages.

    `asked`: number of requests by path (with the cursor or the requested ids, without credentials). `times`: when each
    request came.
    """

    def __init__(self, script: Script | None = None, latency: float = 0) -> None:
        self.script = script
        self.latency = latency
        self.asked: Counter[str] = Counter()
        self.in_flight = 0  # requests that are not answered yet
        self.times: list[tuple[float, str, int]] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._socket.close()

    @property
    def settings(self) -> dict[str, str]:
        """Settings that send a crawl's requests here."""
        return {
            **{f"SC_{name}_URL": self.url for name in ("V2", "WEB", "GRAPHQL")},
            "SC_CLIENT_ID": "a" * 32,
        }

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                if not (more := connection.recv(65536)):
                    return
                request += more
            parts = urlsplit(request.split(b" ", 2)[1].decode())
            cursor = "#2" if "cursor=2" in parts.query else ""
            ids = parse_qs(parts.query).get("ids", [])
            path = f"{parts.path}?ids={ids[0]}" if ids else parts.path + cursor
            with self._lock:
                self.in_flight += 1
                self.asked[path] += 1
                answer = self.script(path, self.asked[path]) if self.script else None
                self.times.append((time.monotonic(), path, _status(answer)))
            time.sleep(self.latency)
            with self._lock:
                self.in_flight -= 1
            if answer == HANG:
                self._ended.wait(30)
            elif answer == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.sendall(self._usually(path, request) if answer is None else answer)

    def _usually(self, path: str, request: bytes) -> bytes:
        """The right answer, in a form that the path chooses."""
        accepted = re.search(rb"(?im)^accept-encoding: (.*)$", request)
        return b"".join(
            formed(Random(crc32(path.encode())), accepted[1].decode() if accepted else "", self.usual(path))
        )

    def usual(self, path: str) -> bytes:
        """The right answer: a user or a page of a list."""
        if not path.startswith("/users/"):
            return http(404, {})
        _, _, number, *rest = path.split("/")
        if not rest:
            return http(200, user(int(number)))
        second = rest[0].endswith("#2")
        name = rest[0].removesuffix("#2")
        rows = [user(10_000 + int(number) * 10 + second)]
        href = None if second else f"{self.url}/users/{number}/{name}?cursor=2"
        return http(200, {"collection": rows, "next_href": href})
