"""What kept an answer away, in words: a listing that ended `error` with one of them is tried again by a later run.

No answer of the API came, whole and to be read: so nothing is known of the list, and it was this machine, the network,
a proxy or a moment that was at fault. All that asks whether somebody answered asks here.
"""

from __future__ import annotations

from urllib.parse import urlsplit

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
"""By the word in a listing's `error`, what it means."""

TRIES = 3
"""How often a crawl that never had an answer asks before it tells a person."""


def is_unanswered(error: str | None) -> bool:
    """Whether that error of a listing says that no answer came, to it or to the batch it waited for."""
    return (error or "").removeprefix("track_batch: ") in WORDS  # not in a refusal's own words


def unreached(url: str, word: str, tries: int) -> str:
    """One line for a person: who is at that address gave no answer at all."""
    parts = urlsplit(url)
    return (
        f"{parts.scheme}://{parts.netloc} gives no answer: {WORDS[word]} ({word}, asked {tries} times). "
        "Look at the network and at the proxy of this machine; `scrapy doctor --online` tells more. "
        "Then start the same command again."
    )
