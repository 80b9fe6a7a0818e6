"""Unpacks answers as Scrapy does; what cannot be unpacked whole is a fault like others, and no exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest

from sc_spiders.downloader.unpack import TooLarge, unpack

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

TOO_LARGE, BROKEN = "too_large", "broken"  # a response's flags


class Compression(HttpCompressionMiddleware):
    """Leaves an empty body where unpacking fails: with the flag `too_large` where there is too much, else `broken`."""

    _whole = False  # whether what is in hand is good only as a whole

    def process_response(  # type: ignore[override]  # the spider is an argument of old
        self, request: Request, response: Response
    ) -> Request | Response:
        # Other people's spiders get what Scrapy gives them.
        self._whole = request.meta.get("listing") is not None
        try:
            return super().process_response(request, response)
        except (IgnoreRequest, TooLarge):
            return response.replace(body=b"", flags=[*response.flags, TOO_LARGE])
        except Exception:
            return response.replace(body=b"", flags=[*response.flags, BROKEN])

    def _decode(self, body: bytes, encoding: bytes, max_size: int) -> bytes:  # type: ignore[override]  # a static method
        return unpack(body, encoding, max_size) if self._whole else super()._decode(body, encoding, max_size)
