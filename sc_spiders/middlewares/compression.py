"""Unpacks answers as Scrapy does; what cannot be unpacked is a fault like others, and no exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

TOO_LARGE = "too_large"  # a response's flag


class Compression(HttpCompressionMiddleware):
    """Leaves an empty body where unpacking fails, with the flag `too_large` where there would be too much."""

    def process_response(  # type: ignore[override]  # the spider is an argument of old
        self, request: Request, response: Response
    ) -> Request | Response:
        try:
            return super().process_response(request, response)
        except IgnoreRequest:
            return response.replace(body=b"", flags=[*response.flags, TOO_LARGE])
        except Exception:
            return response.replace(body=b"")
