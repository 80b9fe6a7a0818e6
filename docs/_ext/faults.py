"""Makes the tables of what a crawl does about each answer. It asks the policy's code about an example of each.

tests/faults/test_policy.py sends the same examples to a crawl over HTTP.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.parser import BytesParser

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, NotSupported
from scrapy.settings import Settings

from sc_spiders.api import CATALOGUE
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import FIRST_WAIT, LONGEST_WAIT, REDIRECTS, Action, Resolution
from sc_spiders.downloader.compression import Broken, TooLarge, unpack
from sc_spiders.downloader.redirect import follow
from sc_spiders.downloader.retry import resolution_on
from sc_spiders.pages.answer import decode_page, resolve
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.pages.paginator import Paginator
from sc_spiders.pages.seen import Seen
from sc_spiders.settings import DEFAULTS
from tests.faults.rows import MAXSIZE, ROWS
from tests.support.server import HANG, RESET

_NOW = datetime(2000, 1, 1, tzinfo=UTC)  # so that the dates of all examples are in the future
_V2 = "https://api-v2.soundcloud.com"
HELD, RETRIED, LAST, KEPT, FINE = "held", "retried", "last", "kept", "fine"

ANSWERS = {row.name: row.answer for row in ROWS if row.answer not in (HANG, RESET)}


class TunnelError(Exception):
    """As Scrapy's, which a proxy causes."""


FAILURES: Mapping[str, Exception] = {
    "timeout": TimeoutError(),
    "reset": ConnectionResetError(),
    "nothing listens there": DownloadConnectionRefusedError(),
    "no such host": CannotResolveHostError(),
    "no route to the host (ENETUNREACH, EHOSTUNREACH …)": OSError(errno.ENETUNREACH, ""),
    "no local port left (EADDRNOTAVAIL)": OSError(errno.EADDRNOTAVAIL, ""),
    "no file descriptor left (EMFILE)": OSError(errno.EMFILE, ""),
    "a proxy that refuses the tunnel": TunnelError(),
    "a certificate that is not trusted": OSError("certificate verify failed"),
    "any other failed download": RuntimeError(),
    "an address without a download handler; a request that a middleware drops": NotSupported(),
}
# Faults that are more than one answer to one request. Each has a test of its own in tests/faults.
OTHERS = (
    (
        "another object than the id or URN that was asked for; reactions to other comments",
        RETRIED,
        "`error`, `malformed`",
    ),
    ("a playlist without the tracks that were asked for", KEPT, "`error`, `no_tracks`"),
    ("a bare list as long as was asked for", KEPT, "`error`, `no_next_page`"),
    ("a bug of this project", LAST, "`error`, `internal`"),
)
REASONS = {
    "403, 404 or 410 for a next page": "the list exists, so this answer is not believed",
    "no local port left (EADDRNOTAVAIL)": "nothing was sent, so no attempt counts",
    "no file descriptor left (EMFILE)": "nothing was sent, so no attempt counts",
    "gzip with a wrong checksum": "no part of the body is used",
    "a key twice in the outermost object": "of two `collection`, say, a JSON parser keeps only the last",
    "more than 10,000 rows": "this is fifty times the largest page",
    "500 with a body over it": "the status is enough to decide",
    "500 with gzip beyond it": "the status is enough to decide",
    "any other failed download": "the log names the first of its kind",
    "body over DOWNLOAD_MAXSIZE": "the rest is not read",
    "gzip that unpacks beyond it": "the rest is not unpacked",
    "a bug of this project": "the log has the traceback",
    "wrong content type": "only the body counts",
    "next_href 0, false, empty": "the end is null, or no next_href",
    "a bare list as long as was asked for": "the list probably goes on, but gives no next page",
    "redirect, endless": f"followed on its own host, {REDIRECTS} times at most",
    "a certificate that is not trusted": "nothing is sent there",
}


@dataclass(frozen=True)
class Told:
    """`says`: what the listing's record says if the answer stays the same. `group`: what is done about it."""

    name: str
    group: str
    says: str
    names_pause: bool = False


def told() -> Iterator[Told]:
    """What the policy makes of each answer and failure."""
    for name, answer in ANSWERS.items():
        yield of_answer(name, answer)
    yield replace(of_answer("404", ANSWERS["404"], begun=True), name="403, 404 or 410 for a next page")
    for name, failure in FAILURES.items():
        resolution = resolution_on(failure)
        if resolution:
            yield _told(name, resolution)
        else:
            yield Told(name, LAST, "`error`, the exception's name")
    for one in OTHERS:
        yield Told(*one)


def of_answer(name: str, answer: bytes, *, begun: bool = False) -> Told:
    """What the policy makes of an answer on the wire to a request for followers. `begun`: for a next page."""
    hosts = Hosts.from_settings(Settings())
    url, kept = first_page(CATALOGUE["followers"], "v2", id="7")
    listing = Listing("followers", "soundcloud:users:7", url, kept, pages=int(begun))
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, lines = head.partition(b"\r\n")
    if not status.startswith(b"HTTP/"):
        return _told(name, resolution_on(ConnectionError()))
    headers = {key.lower(): value for key, value in BytesParser().parsebytes(lines + b"\r\n\r\n").items()}
    code = int(status.split()[1])
    if len(body) < int(headers["content-length"]):
        return _told(name, Resolution(Action.RETRY, error="cut"))
    if code == 200:
        packed = headers.get("content-encoding", "")
        try:
            body = unpack(body, packed.encode(), MAXSIZE) if packed else body
        except Broken:
            return _told(name, Resolution(Action.RETRY, error="cut"))
        except TooLarge:
            return _told(name, Resolution(Action.FAIL, error="too_large"))
        if len(body) > MAXSIZE:
            return _told(name, Resolution(Action.FAIL, error="too_large"))
    resolution = resolve(listing, code, headers, body, _NOW)
    if resolution.action is Action.FOLLOW:
        resolution = _followed(hosts, listing, resolution.location or "")
    if resolution.action is not Action.ACCEPT:
        return _told(name, resolution)
    listing.pages = 1
    Paginator("v2", hosts, Seen(), max_empty=5).go_on(listing, decode_page(listing, body), cut=False, through=False)
    group = FINE if listing.ended == "end" else KEPT
    return Told(name, group, _says(listing.ended, listing.error))


def _followed(hosts: Hosts, listing: Listing, location: str) -> Resolution:
    """What ends a chain of redirects that all lead there."""
    request = Request(_V2 + listing.url)
    while True:
        further = follow(hosts, request, listing, location)
        if isinstance(further, Resolution):
            return further
        request = further


def _told(name: str, resolution: Resolution | None) -> Told:
    assert resolution
    group = {Action.RETRY: RETRIED, Action.RATE_LIMITED: HELD, Action.FAIL: LAST}[resolution.action]
    return Told(name, group, _says(resolution.ended, resolution.error), names_pause=bool(resolution.wait))


def _says(ended: str | None, error: str | None) -> str:
    return ", ".join(f"`{word}`" for word in (ended, error) if word)


TITLES = {
    RETRIED: (
        "Asked for again",
        "This request is sent again, `SC_ATTEMPTS` times in all ({attempts} by default). The pauses are {first:.0f}, "
        "{second:.0f}, {third:.0f} … {longest:.0f} seconds, each varied by up to a quarter, or as long as the answer "
        "asks. The listing says this after the last attempt.",
    ),
    HELD: (
        "All requests wait",
        "All requests are held back, then one is sent alone, and the others once it is answered. It counts as an "
        "attempt, and its pauses are those above, unless the answer asks for others.",
    ),
    LAST: (
        "The list ends",
        "A second request would bring the same answer. After 403, 404 and 410 only a list ends of which this is the "
        "first page.",
    ),
    KEPT: ("The page is kept, and the list ends", "The rows are good. What would come next cannot be had."),
    FINE: ("No fault", "It looks like one, and is read like any page."),
}


def answers() -> Iterator[str]:
    """A section for each group: what is done, and its answers with what the listing says in the end."""
    found = list(told())
    numbers = {
        "attempts": DEFAULTS["SC_ATTEMPTS"],
        "first": FIRST_WAIT,
        "second": 2 * FIRST_WAIT,
        "third": 4 * FIRST_WAIT,
        "longest": LONGEST_WAIT,
    }
    for group, (title, words) in TITLES.items():
        yield f"### {title}"
        yield ""
        yield words.format(**numbers)
        yield ""
        yield "| answer | the listing says | why, or what else |"
        yield "|---|---|---|"
        for one in found:
            if one.group == group:
                why = REASONS.get(one.name, "it names the pause" if one.names_pause else "")
                yield f"| {one.name} | {one.says} | {why} |"
        yield ""
