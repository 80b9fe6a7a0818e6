"""Compressed bodies are read whole or not at all."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from sc_spiders.downloader.compression import BROKEN, Broken, Compression, TooLarge, unpack
from sc_spiders.pages.listing import Listing

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half]) + gzip.compress(body[half:])


PACKERS: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "gzip": (b"gzip", gzip.compress),
    "x-gzip": (b"x-gzip", gzip.compress),
    "gzip of two members": (b"gzip", members),
    "deflate": (b"deflate", zlib.compress),
    "deflate without a header": (b"deflate", raw),
    "Brotli": (b"br", brotli.compress),
    "zstd": (b"zstd", zstd.compress),
}
BODIES = st.binary(min_size=1, max_size=300) | st.sampled_from([b"a" * 200_000, bytes(range(256)) * 300])


@pytest.mark.parametrize("name", PACKERS)
@given(BODIES)
def test_what_is_whole_is_had(name: str, body: bytes) -> None:
    encoding, pack = PACKERS[name]

    assert unpack(pack(body), encoding, 0) == body == unpack(pack(body), encoding, len(body))
    with pytest.raises(TooLarge):
        unpack(pack(body + b"x"), encoding, len(body))


@pytest.mark.parametrize("name", PACKERS)
@given(BODIES, st.data())
def test_what_is_cut_is_not(name: str, body: bytes, draw: st.DataObject) -> None:
    encoding, pack = PACKERS[name]
    packed = pack(body)
    first = len(gzip.compress(body[: len(body) // 2]))  # a body of two gzip members
    places = st.integers(1, len(packed) - 1).filter(lambda at: name != "gzip of two members" or at != first)

    with pytest.raises(Broken):
        unpack(packed[: draw.draw(places)], encoding, 0)


@pytest.mark.parametrize("name", ["gzip", "gzip of two members", "deflate"])
@given(st.binary(min_size=1, max_size=300), st.data())
def test_what_its_checksum_refuses_is_not(name: str, body: bytes, draw: st.DataObject) -> None:
    encoding, pack = PACKERS[name]
    packed = bytearray(pack(body))
    sums = 4 if encoding == b"deflate" else 8
    packed[-draw.draw(st.integers(1, sums))] ^= draw.draw(st.integers(1, 255))

    with pytest.raises(Broken):
        unpack(bytes(packed), encoding, 0)


def test_other_peoples_spiders_get_what_scrapy_gives_them() -> None:
    compression = Compression.from_crawler(get_crawler())
    body = gzip.compress(b"a" * 1000)[:-5]
    for meta, found, flags in (({}, b"a" * 1000, []), ({"listing": Listing("user", None, "/")}, b"", [BROKEN])):
        request = Request("https://example.com", meta=meta)
        response = Response(request.url, headers={"Content-Encoding": "gzip"}, body=body)
        read = compression.process_response(request, response)

        assert isinstance(read, Response)
        assert (read.body, read.flags) == (found, flags)
