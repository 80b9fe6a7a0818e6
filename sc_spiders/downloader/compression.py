"""Unpacks responses as Scrapy does. But if a body cannot be unpacked whole, the response is flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from sc_spiders.downloader.unpack import TooLarge, unpack
from sc_spiders.engine import CompressionMiddleware

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

TOO_LARGE, BROKEN = "too_large", "broken"  # a response's flags


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
