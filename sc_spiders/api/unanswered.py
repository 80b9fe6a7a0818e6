"""The error codes for a missing answer. A later run retries listings that have one of them as their `error`.

No whole answer of the API was received, so nothing is known of the list. The fault was this machine's, the network's or
a proxy's, and it may pass.
"""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

WORDS = {
    "timeout": "no answer comes in time",
    "cut": "the answer breaks off",
    "no_host": "its name is not found",
    "refused": "nothing listens there",
    "no_route": "there is no way to it",
    "no_port": "this machine has no port left to ask from",
    "no_descriptors": "this process may open no more connections (ulimit -n)",
    "proxy": "the proxy lets nothing through",
    "connection": "the connection breaks",
    "certificate": "its certificate is not trusted",
    "download": "it cannot be asked",
}
"""The code in a listing's `error` -> its meaning, for messages."""

OFFLINE = frozenset(WORDS) - {"cut", "connection"}
"""Those codes that mean that no server was reached. If a connection breaks, one was reached."""

TRIES = 3
"""Attempts of a crawl that has had no answer at all, before it gives up."""


def is_unanswered(error: str | None) -> bool:
    """Whether a listing's error means that no answer came, either to its request or to the batch it waited for."""
    return (error or "").removeprefix("track_batch: ") in WORDS  # a message of the API is never one of them


def unreached(url: str, word: str, tries: int) -> str:
    """The message about a host that never answered."""
    parts = urlsplit(url)
    through = ""
    if parts.scheme == "https" and parts.scheme in getproxies() and not proxy_bypass(parts.hostname or ""):
        through = ", asked through the proxy of https_proxy,"
    return (
        f"{parts.scheme}://{parts.netloc}{through} gives no answer: {WORDS[word]} ({word}, asked {tries} times). "
        "Look at the network and at the proxy of this machine; `sc-spiders doctor --online` tells more. "
        "Then start the same command again."
    )
