"""Sends requests that write: each once, on a connection of its own. Files are streamed, after their length was sent.

Scrapy's own handlers hold a whole body in memory and limit the time of a whole upload. And Twisted repeats a DELETE by
itself if a kept connection breaks.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import socket
import time
import unicodedata
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from sc_spiders import engine
from sc_spiders.api.writes import Form
from sc_spiders.failures import failure
from sc_spiders.records.words import clock

if TYPE_CHECKING:
    import aiohttp
    from scrapy.crawler import Crawler

WRITE = "write"
"""Meta of requests that write: their `Transfer`."""

logger = logging.getLogger(__name__)

_MEGA = 1_000_000  # bytes
# The present rate is that of the last marks. The first seconds tell nothing: buffers take what is not sent yet.
_MARK = 1.0  # seconds between two marks
_MARKS = 20
_CHUNK = 256 * 1024  # bytes
_LARGEST = 1_000_000  # bytes of an answer that are read
_LOOK = 1.0  # seconds between two checks whether an upload still moves
_PROCESSING = 300.0  # seconds that the API may take to answer to a file
_TYPES = {
    **{".mp3": "audio/mpeg", ".mp2": "audio/mpeg", ".wav": "audio/wav", ".wave": "audio/wav", ".flac": "audio/flac"},
    **{".ogg": "audio/ogg", ".aif": "audio/aiff", ".aiff": "audio/aiff", ".aac": "audio/aac", ".m4a": "audio/mp4"},
    **{".amr": "audio/amr", ".wma": "audio/x-ms-wma", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"},
}


class Transfer:
    """A write under way. `form`: what is sent instead of the request's body, or None. `name`: for messages.

    `size`, `sent`: bytes of the whole form, and bytes that were sent. `sha256`: the audio file's, once all of it was
    sent.
    """

    def __init__(self, form: Form | None = None, name: str = "") -> None:
        self.form = form
        self.name = name
        self.size = 0
        self.sent = 0
        self.audio = 0
        self.sha256: str | None = None
        self.begun_at = self.moved_at = time.monotonic()
        self.is_sent = form is None
        self._marks: deque[tuple[float, int]] = deque(maxlen=_MARKS)  # times, and bytes that were sent by then
        self.is_answered = False
        self.is_told = False

    @property
    def is_under_way(self) -> bool:
        """Whether a file was begun, and no answer has come."""
        return bool(self.form and self.size and not self.is_answered)

    @property
    def left(self) -> float:
        """Seconds until all of it is sent at the present rate; 0 if nobody can tell yet."""
        if not self._marks or self.sent == self._marks[0][1]:
            return 0.0
        at, sent = self._marks[0]
        return (self.size - self.sent) * (time.monotonic() - at) / (self.sent - sent)

    @property
    def told(self) -> tuple[str, str]:
        """Its name, and how far it is."""
        how_far = f"{self.sent / _MEGA:,.1f} of {self.size / _MEGA:,.1f} MB"
        if self.is_sent:
            return self.name, f"{how_far}, waiting for the answer"
        if left := self.left:
            how_far += f", about {clock(left)} left"
        return self.name, how_far

    def move(self, size: int) -> None:
        """Note that `size` more bytes were sent."""
        self.sent += size
        self.moved_at = time.monotonic()
        last = self.begun_at
        if self._marks:
            last = self._marks[-1][0]
        if self.moved_at >= last + _MARK:
            self._marks.append((self.moved_at, self.sent))


class WriteHandler(BaseDownloadHandler):
    """Ends a request if nothing moves for `DOWNLOAD_TIMEOUT` seconds. A body that moves may take any time.

    Raises DownloadConnectionRefusedError or CannotResolveHostError only if nothing was sent.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._socket: socket.socket | None = None
        self._idle = crawler.settings.getfloat("DOWNLOAD_TIMEOUT") or 60.0

    async def download_request(self, request: Request) -> Response:
        transfer: Transfer = request.meta[WRITE]
        sending = asyncio.ensure_future(self._send(request, transfer))
        try:
            while not sending.done():
                await asyncio.wait([sending], timeout=min(_LOOK, self._idle / 4))
                self._tell_of_end(transfer)
                if not sending.done() and self._is_stuck(transfer):
                    raise DownloadTimeoutError(f"nothing moved for {self._limit(transfer):.0f} s")
            return sending.result()
        finally:
            if not sending.done():
                self._hang_up()
            sending.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await sending

    def _tell_of_end(self, transfer: Transfer) -> None:
        """Say once, if the crawl is ending, what it still waits for."""
        if transfer.name and not transfer.is_told and engine.is_closing(self.crawler):
            transfer.is_told = True
            logger.info(
                "The upload of %s is finished first (%s). Ctrl-C again stops at once and leaves it in doubt: the same "
                "command looks for it.",
                *transfer.told,
            )

    def _hang_up(self) -> None:
        """Shut the connection down. Closing it would wait for a server that may never read the rest."""
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _is_stuck(self, transfer: Transfer) -> bool:
        return time.monotonic() - transfer.moved_at > self._limit(transfer)

    def _limit(self, transfer: Transfer) -> float:
        """Seconds in which something must move."""
        if transfer.form and transfer.is_sent:
            return max(self._idle, _PROCESSING)
        return self._idle

    async def _send(self, request: Request, transfer: Transfer) -> Response:
        import aiohttp  # takes long, and most crawls write nothing

        body: Any = request.body or None
        headers = {name.decode("latin-1"): values[-1].decode("latin-1") for name, values in request.headers.items()}
        try:
            if transfer.form:
                multipart = Multipart(transfer.form, transfer)
                headers |= {"Content-Type": multipart.content_type, "Content-Length": str(multipart.length)}
                body = multipart.chunks()
            transfer.begun_at = transfer.moved_at = time.monotonic()
            async with self._session.request(
                request.method, request.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                transfer.is_sent = transfer.is_answered = True
                transfer.moved_at = time.monotonic()
                found = _grouped(answer.headers.items())
                return Response(request.url, answer.status, found, await _read(answer.content), request=request)
        except aiohttp.ClientConnectorDNSError as e:
            raise CannotResolveHostError(str(e)) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as e:
            raise DownloadConnectionRefusedError(str(e)) from None
        except aiohttp.ClientPayloadError as e:
            raise ResponseDataLossError(str(e)) from None
        except (aiohttp.ClientError, OSError) as e:
            raise DownloadFailedError(f"{type(e).__name__}: {e}") from None

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        import aiohttp

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=1, socket_factory=self._open),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type"),
        )

    def _open(self, address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)
        return self._socket

    async def close(self) -> None:
        if "_session" in vars(self):
            await self._session.close()


class Multipart:
    """A multipart body whose length is known before it is sent. Raises OSError if a file cannot be read."""

    def __init__(self, form: Form, transfer: Transfer) -> None:
        self._transfer = transfer
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._fields = b"".join(_part(boundary, name) + value.encode() + b"\r\n" for name, value in form.fields.items())
        self._files = [
            (_part(boundary, name, Path(path)), Path(path), Path(path).stat().st_size)
            for name, path in form.files.items()
        ]
        self._end = f"--{boundary}--\r\n".encode()
        self.length = len(self._fields) + len(self._end)
        self.length += sum(len(head) + size + 2 for head, _, size in self._files)
        transfer.size = self.length
        transfer.sent = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body. A chunk of a file counts as sent when the next chunk is requested."""
        yield self._fields
        for number, (head, path, size) in enumerate(self._files):
            yield head
            digest = hashlib.sha256()
            with path.open("rb") as file:
                left = size
                while left:
                    chunk = await asyncio.to_thread(_take, file, min(_CHUNK, left), digest)
                    if not chunk:
                        raise OSError(f"{path} became shorter while it was sent")
                    left -= len(chunk)
                    yield chunk
                    self._transfer.move(len(chunk))
            if not number:
                self._transfer.audio, self._transfer.sha256 = size, digest.hexdigest()
            yield b"\r\n"
        yield self._end
        self._transfer.move(self.length - self._transfer.sent)
        self._transfer.is_sent = True


def _take(file: BinaryIO, size: int, digest: Any) -> bytes:
    chunk = file.read(size)
    digest.update(chunk)
    return chunk


def _part(boundary: str, name: str, path: Path | None = None) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if path is None:
        return f"{head}\r\n\r\n".encode()
    kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    return f'{head}; filename="{ascii_name(path)}"\r\nContent-Type: {kind}\r\n\r\n'.encode()


def ascii_name(path: Path) -> str:
    """A file name that SoundCloud accepts: ASCII, and at most 255 characters (api#392, api#409)."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    kept = "".join(char for char in plain if char.isalnum() or char in " ._-()")
    return f"{kept.strip()[:200] or 'audio'}{path.suffix.lower()}"


def _grouped(headers: Iterable[tuple[str, str]]) -> dict[bytes, list[bytes]]:
    """Headers as they were on the wire, where they may hold any bytes."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name.encode(), []).append(value.encode("utf-8", "surrogateescape"))
    return found


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The first megabyte of a body: no answer to a write is longer."""
    body = b""
    while len(body) < _LARGEST and (chunk := await content.read(_LARGEST - len(body))):
        body += chunk
    return body


def failed(error: Exception) -> str:
    """The error code of a failed write (`failures`), or the name of its exception."""
    return failure(error) or type(error).__name__
