"""Unpacks compressed bodies, whole or not at all.

Scrapy keeps what it can: the part before a cut, and data with a wrong checksum. That could look like a page with fewer
rows, or with wrong data. Here, a response that cannot be unpacked whole is flagged.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from gzip import GzipFile
from io import BytesIO
from typing import TYPE_CHECKING

import brotli  # brotli and zstd are installed, because Scrapy needs them
from scrapy.exceptions import IgnoreRequest

from sc_spiders.engine import CompressionMiddleware

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

__all__ = ["BROKEN", "TOO_LARGE", "Broken", "Compression", "TooLarge", "unpack"]

TOO_LARGE, BROKEN = "too_large", "broken"  # a response's flags

_CHUNK = 65_536  # bytes


class Broken(ValueError):
    """The data is cut short, has a wrong checksum, or is compressed in another way."""


class TooLarge(ValueError):
    """The unpacked data is larger than allowed."""


class Compression(CompressionMiddleware):
    """If unpacking fails, the body is empty, and the response has the flag `too_large` or `broken`."""

    _whole = False  # whether the present response must be unpacked whole or not at all

    def process_response(  # type: ignore[override]  # Scrapy's own takes the spider, too
        self, request: Request, response: Response
    ) -> Request | Response:
        self._whole = request.meta.get("listing") is not None
        try:
            return super().process_response(request, response)
        except (IgnoreRequest, TooLarge):
            return response.replace(body=b"", flags=[*response.flags, TOO_LARGE])
        except Exception:
            return response.replace(body=b"", flags=[*response.flags, BROKEN])

    def decode(self, body: bytes, encoding: bytes, max_size: int) -> bytes:
        if self._whole:
            return unpack(body, encoding, max_size)
        return super().decode(body, encoding, max_size)


def unpack(body: bytes, encoding: bytes, most: int) -> bytes:
    """Unpack a body of that content encoding. `most`: bytes that the result may have, 0 for any number.

    Raises Broken, TooLarge.
    """
    try:
        return _joined(_UNPACKERS[encoding](body), most)
    except TooLarge:
        raise
    except Exception as e:  # each library has its own exceptions
        raise Broken(f"{encoding.decode('latin-1')}: {e}") from None


def _joined(chunks: Iterable[bytes], most: int) -> bytes:
    found, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if most and size > most:
            raise TooLarge
        found.append(chunk)
    return b"".join(found)


def _gunzip(body: bytes) -> Iterator[bytes]:
    with GzipFile(fileobj=BytesIO(body)) as file:
        while chunk := file.read1(_CHUNK):
            yield chunk


def _inflate(body: bytes) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    try:
        chunk = inflater.decompress(body, _CHUNK)
    except zlib.error:  # some servers leave the header out
        inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        chunk = inflater.decompress(body, _CHUNK)
    while chunk:
        yield chunk
        chunk = inflater.decompress(inflater.unconsumed_tail, _CHUNK)
    if not inflater.eof:
        raise Broken("cut short")


def _unbrotli(body: bytes) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    chunk = decompressor.process(body, output_buffer_limit=_CHUNK)
    while chunk:
        yield chunk
        chunk = b"" if decompressor.is_finished() else decompressor.process(b"", output_buffer_limit=_CHUNK)
    if not decompressor.is_finished():
        raise Broken("cut short")


def _unzstd(body: bytes) -> Iterator[bytes]:
    with zstd.ZstdFile(BytesIO(body)) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


_UNPACKERS: dict[bytes, Callable[[bytes], Iterator[bytes]]] = {
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _inflate,
    b"br": _unbrotli,
    b"zstd": _unzstd,
}
