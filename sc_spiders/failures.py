"""What a download that failed says of itself: whether it may pass, and the word for it in a listing's record.

Whatever is no answer may pass, known or not: only what is on the list of final ones is not tried again.
"""

from __future__ import annotations

import errno

from scrapy.core.downloader.handlers.http11 import TunnelError
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

# Nobody was asked, or somebody else than meant, and asking again would be the same.
FINAL: tuple[type[Exception], ...] = (
    SpidersError,
    IgnoreRequest,
    DownloadCancelledError,
    NotSupported,
    UnsupportedURLSchemeError,
)

# This machine has too few of something, which comes back when others have ended: all are held back for it.
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
    (TunnelError, "proxy"),
    (DownloadFailedError, "connection"),
    (twisted.ConnectError, "connection"),
    (twisted.ConnectionClosed, "connection"),
    (OSError, "connection"),
)
_OTHER = "download"


def failure(error: BaseException) -> str | None:
    """The word for a failed download, one of `unanswered.WORDS`; None if it is final by its kind."""
    if isinstance(error, FINAL):
        return None
    if is_untrusted(error):
        return "certificate"
    number = getattr(error, "osError", None) or getattr(error, "errno", None)  # Twisted's name for it, and Python's
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    return next((word for kind, word in _BY_KIND if isinstance(error, kind)), _OTHER)


def is_odd(word: str) -> bool:
    """Whether it is none of the failures that are known: somebody should hear what it was."""
    return word == _OTHER


def is_untrusted(error: BaseException) -> bool:
    """Whether a download failed for the other side's TLS certificate: unknown, run out, or another host's."""
    return any(words in str(error) for words in ("certificate verify failed", "VerificationError"))
