"""HTTP as SoundCloud's edge sends it: the same answer in one of many valid forms.

The edge hardly ever sends a Content-Length: answers are chunked, and compressed if the client accepts it. Proxies
speak HTTP/1.0, or end a body by closing the connection. `draw` chooses a form at random, `message` makes the bytes, and
`wired` writes them to the connection, since the web framework supports fewer forms.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http.client import responses
from random import Random
from zlib import crc32

import brotli
from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler, Middleware

Headers = Iterable[tuple[str, str]]

LENGTH, CHUNKED, UNTIL_CLOSED = "length", "chunked", "until closed"
MOST_CHUNKS = 64
CASES = (str, str.lower, str.title, str.upper)
COOKIES = ("sc_anonymous_id=1; path=/; domain=.sandbox.invalid", "datadome=sandbox; Max-Age=31536000; Path=/; Secure")
_FRAMED = frozenset({"content-length", "transfer-encoding", "content-encoding", "connection"})
_AS_IT_IS = frozenset({204, 206, 304})  # these statuses have no body, or a part of one


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of one answer.

    version: 1.0 or 1.1.
    framing: how the client finds the end of the body.
    encoding: gzip, br, or none.
    chunk: bytes of a chunk.
    case: the function that writes a header's name in some letter case.
    closes: whether the connection is closed afterwards, which the answer says.
    cookies: the number of Set-Cookie headers.
    """

    version: str = "1.1"
    framing: str = LENGTH
    encoding: str = ""
    chunk: int = 16384
    case: Callable[[str], str] = str
    closes: bool = False
    cookies: int = 0


class Cut(web.Response):
    """Ends inside its body, in any form."""


class Stale(web.Response):
    """Closes its connection without notice, so a client that reuses the connection fails."""


def draw(random: Random, accepted: str) -> Form:
    """Draw a form for a client that sends this Accept-Encoding."""
    framing = random.choices((CHUNKED, LENGTH, UNTIL_CLOSED), (6, 3, 1))[0]
    old = framing != CHUNKED and random.random() < 0.3
    known = [name for name in ("gzip", "br") if name in accepted]
    return Form(
        version="1.0" if old else "1.1",
        framing=framing,
        encoding=random.choice(["", *known]),
        chunk=random.choice((1, 10, 100, 1000, 16384)),
        case=random.choice(CASES),
        closes=framing == UNTIL_CLOSED or random.random() < 0.1,
        cookies=random.choice((0, 0, 1, 2)),
    )


def message(status: int, headers: Headers, body: bytes, form: Form) -> tuple[bytes, bytes]:
    """Return head and body as bytes for the wire."""
    packed = pack(body, form.encoding)
    told = [(name, value) for name, value in headers if name.lower() not in _FRAMED]
    told += [("Set-Cookie", cookie) for cookie in COOKIES[: form.cookies]]
    if form.encoding:
        told += [("Content-Encoding", form.encoding), ("Vary", "Accept-Encoding")]
    if form.framing == CHUNKED:
        told.append(("Transfer-Encoding", "chunked"))
        packed = chunks(packed, form.chunk)
    if form.framing == LENGTH:
        told.append(("Content-Length", str(len(packed))))
    if form.closes:
        told.append(("Connection", "close"))
    elif form.version == "1.0":
        told.append(("Connection", "keep-alive"))
    return _head(status, told, form), packed


def _head(status: int, headers: Headers, form: Form) -> bytes:
    lines = [f"HTTP/{form.version} {status} {_reason(status)}"]
    lines += [f"{form.case(name)}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode()


def pack(body: bytes, encoding: str) -> bytes:
    """Compress a body by gzip or br, or return it unchanged."""
    if encoding == "gzip":
        return gzip.compress(body, 1, mtime=0)
    if encoding == "br":
        return bytes(brotli.compress(body, quality=1))
    return body


def chunks(body: bytes, size: int) -> bytes:
    """Return a body in chunks of this size, or of a larger size if there would be too many."""
    size = max(size, len(body) // MOST_CHUNKS + 1)
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def _reason(status: int) -> str:
    return responses.get(status, "Whatever")


def wired(seed: int) -> Middleware:
    """Make a middleware that sends each answer in a random form. The same seed gives the same forms."""
    asked: Counter[str] = Counter()

    def chance(request: web.Request) -> Random:
        query = sorted((name, value) for name, value in request.query.items() if name != "client_id")
        key = f"{request.method} {request.path} {query}"
        asked[key] += 1
        return Random(crc32(f"{seed} {asked[key]} {key}".encode()))

    @web.middleware
    async def send(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if not isinstance(answer, web.Response) or not _may_be_drawn(request, answer):
            return answer
        return _drawn(request, answer, chance(request))

    return send


def _drawn(request: web.Request, answer: web.Response, random: Random) -> web.StreamResponse:
    form = draw(random, request.headers.get("Accept-Encoding", ""))
    headers = [*answer.headers.items()]
    if "Date" not in answer.headers:
        headers.append(("Date", formatdate(usegmt=True)))
    body = answer.body if isinstance(answer.body, bytes) else b""
    head, sent = message(answer.status, headers, body, form)
    if isinstance(answer, Cut):
        sent = sent[: random.randrange(len(sent))]
    at = random.randrange(len(sent) + 1)
    return _Written(answer.status, [head + sent[:at], sent[at:]], form.closes or isinstance(answer, Cut | Stale))


def _may_be_drawn(request: web.Request, answer: web.Response) -> bool:
    """Say whether an answer may get a random form: it is whole, for an HTTP/1.1 client, and not under `/-/`."""
    if answer.prepared or answer.status in _AS_IT_IS:
        return False
    if request.path.startswith("/-/") or request.method == "HEAD" or request.version != HttpVersion11:
        return False
    if not isinstance(answer.body, bytes | None):
        return False
    return request.transport is not None and not request.transport.is_closing()


class _Written(web.StreamResponse):
    """An answer that is written as parts of bytes."""

    def __init__(self, status: int, parts: list[bytes], ends: bool) -> None:
        super().__init__(status=status)
        self._parts = parts
        self._ends = ends

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open."""
        return not self._ends

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write it."""
        for part in self._parts:
            if request.transport is None or request.transport.is_closing():
                return
            request.transport.write(part)
            await asyncio.sleep(0)  # sends each part as its own segment

    async def write_eof(self, data: bytes = b"") -> None:
        """Write nothing more."""
