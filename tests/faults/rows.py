"""The rows of the policy in docs/faults.md: an answer, and how a listing ends if its page always gets that answer."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from dataclasses import dataclass
from email.utils import formatdate

import brotli

from sc_spiders.sandbox.failures import CLOUDFRONT, REASONS
from tests.support.answers import http, user
from tests.support.server import HANG, RESET

ATTEMPTS = 3  # SC_ATTEMPTS of these tests; the default is 8
MAXSIZE = 200_000  # DOWNLOAD_MAXSIZE of these tests, in bytes
OFTEN = 0
_PAGE = json.dumps({"collection": [user(20_000)]}).encode()  # with an empty page, the list would be short


@dataclass(frozen=True)
class Row:
    """`requests`: number of requests for the page; OFTEN: as many as SC_ATTEMPTS.

    `further`: the error of a next page, if it differs from that of a first page. Next pages are tried again.
    """

    name: str
    answer: bytes
    ended: str
    error: str | None = None
    requests: int = 1
    further: str | None = None

    @property
    def is_answer(self) -> bool:
        """Whether the API answered well, judged before the page is read."""
        return self.requests == 1 and self.answer.startswith(b"HTTP/1.1 200") and self.error != "too_large"

    @property
    def passes(self) -> bool:
        """Whether the page is tried again."""
        return self.requests == OFTEN


def _cloudfront(status: int) -> bytes:
    return http(
        status, CLOUDFRONT.format(status=status, reason=REASONS.get(status, "")), "text/html", Server="CloudFront"
    )


def _next(href: object) -> bytes:
    return http(200, {"collection": [], "next_href": href})


_EMPTY = b'{"collection": [], "next_href": null}'
_PACKED = gzip.compress(_EMPTY)
_WRONG = _PACKED[:-8] + bytes([_PACKED[-8] ^ 1]) + _PACKED[-7:]
_TWICE = http(200, '{"collection": [{"kind": "user", "id": 5, "username": "x"}], "next_href": null, "collection": []}')
_BOMB = gzip.compress(b" " * 50 * MAXSIZE)
_LIMIT = {"rate_limit": {"bucket": "by-client", "max_nr_of_requests": 15000, "time_window": "PT24H", "name": "plays"}}
_RESET_TIME = time.strftime("%Y/%m/%d %H:%M:%S +0000", time.gmtime(time.time() - 5))

ROWS = (
    Row("400", http(400, {"errors": []}), "error", "http_400"),
    Row("403, JSON", http(403, {"code": 403, "message": ""}), "forbidden", further="http_403"),
    Row("403, empty", http(403), "forbidden", further="http_403"),
    Row("404", http(404, {}), "not_found", further="http_404"),
    Row("410", http(410, {}), "not_found", further="http_410"),
    Row("418 and other 4xx", http(418, {}), "error", "http_418"),
    Row("429, text", http(429, "Please slow down."), "error", "http_429", OFTEN),
    Row("429, gateway", http(429, {"error": "Rate Limit Exceeded"}), "error", "http_429", OFTEN),
    Row("429, as the token endpoint sends it", http(429, {"error": "rate_limit_exceeded"}), "error", "http_429", OFTEN),
    Row(
        "429, reset_time",
        http(429, {"errors": [{"meta": {**_LIMIT, "remaining_requests": 0, "reset_time": _RESET_TIME}}]}),
        "error",
        "http_429",
        OFTEN,
    ),
    Row("429, Retry-After in seconds", http(429, Retry_After="1"), "error", "http_429", OFTEN),
    Row("429, Retry-After a date", http(429, Retry_After=formatdate(time.time() - 5)), "error", "http_429", OFTEN),
    Row("500", http(500, {"code": 500}), "error", "http_500", OFTEN),
    Row("502", http(502), "error", "http_502", OFTEN),
    Row("503", _cloudfront(503), "error", "http_503", OFTEN),
    Row("504", _cloudfront(504), "error", "http_504", OFTEN),
    Row("408", http(408), "error", "http_408", OFTEN),
    Row("timeout", HANG, "error", "timeout", OFTEN),
    Row("reset", RESET, "error", "connection", OFTEN),
    Row("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n", "error", "connection", OFTEN),
    Row("cut body", http(200, {"collection": []}, Content_Length="5000"), "error", "cut", OFTEN),
    Row("HTML with 200", http(200, "<!DOCTYPE html><title>SoundCloud</title>", "text/html"), "error", "html", OFTEN),
    Row("200 with a body that is not JSON", http(200, "OK", "text/plain"), "error", "not_json", OFTEN),
    Row("empty with 200", http(200), "error", "not_json", OFTEN),
    Row("a body not compressed as declared", http(200, b"\x1f\x8bnot", Content_Encoding="gzip"), "error", "cut", OFTEN),
    Row("gzip with a wrong checksum", http(200, _WRONG, Content_Encoding="gzip"), "error", "cut", OFTEN),
    Row("gzip cut short", http(200, _PACKED[:-9], Content_Encoding="gzip"), "error", "cut", OFTEN),
    Row("deflate cut short", http(200, zlib.compress(_EMPTY)[:-1], Content_Encoding="deflate"), "error", "cut", OFTEN),
    Row("Brotli cut short", http(200, brotli.compress(_EMPTY)[:-1], Content_Encoding="br"), "error", "cut", OFTEN),
    Row("JSON of the wrong shape", http(200, {"collection": {"a": 1}}), "error", "malformed", OFTEN),
    Row("a bare [] instead of a page", http(200, []), "error", "malformed", OFTEN),
    Row("a key twice in the outermost object", _TWICE, "error", "malformed", OFTEN),
    Row("more than 10,000 rows", http(200, {"collection": [0] * 10_001}), "error", "malformed", OFTEN),
    Row("nesting that never closes", http(200, "[" * 90_000), "error", "not_json", OFTEN),
    Row(
        "an error message with 200",
        http(200, {"collection": [], "next_href": None, "errors": [{"error_message": "500"}]}),
        "error",
        "malformed",
        OFTEN,
    ),
    Row("body over DOWNLOAD_MAXSIZE", http(200, b" " * (MAXSIZE + 1)), "error", "too_large"),
    Row("gzip that unpacks beyond it", http(200, _BOMB, Content_Encoding="gzip"), "error", "too_large"),
    Row("500 with a body over it", http(500, b" " * (MAXSIZE + 1)), "error", "http_500", OFTEN),
    Row("500 with gzip beyond it", http(500, _BOMB, Content_Encoding="gzip"), "error", "http_500", OFTEN),
    Row("wrong content type", http(200, _PAGE, "application/octet-stream"), "end"),
    Row("a byte order mark", http(200, b"\xef\xbb\xbf" + _PAGE), "end"),
    Row("redirect to another host", http(302, Location="https://sandbox.invalid/users"), "error", "foreign_host"),
    Row("redirect without a Location", http(302), "error", "http_302"),
    Row("redirect, endless", http(302, Location="#again"), "error", "redirects", 6),
    Row("next_href on another host", _next("https://sandbox.invalid/"), "error", "foreign_host"),
    Row("redirect to another list", http(302, Location="/users/7000/followings"), "error", "foreign_path"),
    Row("redirect to /me/...", http(302, Location="/me/followings"), "error", "foreign_path"),
    Row("next_href of another list", _next("/users/7000/followings?cursor=3"), "error", "foreign_path"),
    Row("next_href of /me/...", _next("/me/followings?cursor=3"), "error", "foreign_path"),
    Row("next_href on another port", _next("http://127.0.0.1:1/"), "error", "foreign_host"),
    Row("next_href that is no URL", _next(["?"]), "error", "malformed"),
    Row("next_href that is not valid UTF-8", _next("?cursor=\ud800"), "error", "malformed"),
    Row("next_href 0, false, empty", _next(False), "error", "malformed"),
)  # fmt: skip
