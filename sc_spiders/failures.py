"""Classifies failed downloads: whether a retry may help, and the word for the listing's record.

All failures are retried, known or unknown, except those on the list of final ones.
"""

from __future__ import annotations

import errno

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet import error as twisted

from sc_spiders.errors import SpidersError

# No server or the wrong server was reached, and a retry would not change that.
FINAL: tuple[type[Exception], ...] = (
    SpidersError,
    IgnoreRequest,
    DownloadCancelledError,
    NotSupported,
    UnsupportedURLSchemeError,
)

# This machine lacks a resource, which is free again when other requests have ended. All requests wait for that.
SCARCE = frozenset({"no_port", "no_descriptors"})

_BY_NUMBER = {
    errno.ENETUNREACH: "no_route",
    errno.EHOSTUNREACH: "no_route",
    errno.ENETDOWN: "no_route",
    errno.EHOSTDOWN: "no_route",
    errno.EADDRNOTAVAIL: "no_port",
    errno.EADDRINUSE: "no_port",
    errno.EMFILE: "no_descriptors",
    errno.ENFILE: "no_descriptors",
    errno.ENOBUFS: "no_descriptors",
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
}
_BY_KIND: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (twisted.TCPTimedOutError, "timeout"),
    (TimeoutError, "timeout"),
    (ResponseDataLossError, "cut"),
    (CannotResolveHostError, "no_host"),
    (twisted.DNSLookupError, "no_host"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadFailedError, "connection"),
    (twisted.ConnectError, "connection"),
    (twisted.ConnectionClosed, "connection"),
    (OSError, "connection"),
)
_OTHER = "download"


def failure(error: BaseException) -> str | None:
    """The error code of a failed download, one of `unanswered.WORDS`; None if a retry cannot help."""
    if isinstance(error, FINAL):
        return None
    if is_untrusted(error):
        return "certificate"
    if type(error).__name__ == "TunnelError":  # Scrapy's; its module takes long to import
        return "proxy"
    number = getattr(error, "osError", None) or getattr(error, "errno", None)  # Twisted's name for it, and Python's
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    return next((word for kind, word in _BY_KIND if isinstance(error, kind)), _OTHER)


def is_odd(word: str) -> bool:
    """Whether this code stands for all unknown failures. Such a failure is logged."""
    return word == _OTHER


def is_untrusted(error: BaseException) -> bool:
    """Whether a download failed because of the server's TLS certificate: unknown, expired, or another host's."""
    return any(words in str(error) for words in ("certificate verify failed", "VerificationError"))
