"""A listing: one list of the API that is read page by page, and its state so far.

The frontier stores listings: plain data without origin and credentials. A listing tells which page to request next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from sc_spiders import records
from sc_spiders.api import CATALOGUE, PAGING, Endpoint
from sc_spiders.api.unanswered import is_unanswered
from sc_spiders.pages.announced import is_short
from sc_spiders.redaction.printable import printable

# A later run of the same job retries listings with these endings, and listings that got no answer (`retried`).
NEW, TRIED = 0, -1  # turns: never requested; tried by an earlier run without success
RETRIED = frozenset({"blocked", "credentials", "interrupted"})
# Endings that make the data set incomplete (exit code 1).
BAD = frozenset({"loop", "blocked", "error", "credentials"})
# After this many processes died with a request in flight, it is sent alone: it may be the cause.
SUSPICIOUS = 2
# In an ended batch's extra: whether smaller batches replace it.
DIVIDED = "divided"
# In extra: an object that the API does not have becomes a `gone` record, and is no failure.
TELLS_GONE = "tells_gone"
# In extra: the subject's name, for messages.
NAME = "name"
# In a crawl record's counts: how many lists all workers together have read, so that missing outputs are noticed.
LISTED = "listing_of_all_workers"
# There, too: how many listings were found but never requested. They have no record.
UNASKED = "listing_not_asked"

_LINKED = {"v2": "1", "public": "true"}  # linked_partitioning, by API


class _Spec:
    """The endpoint's declaration, looked up once. It is not a field of a listing, so it is not stored."""

    __slots__ = ("spec",)
    spec: Endpoint

    def _look_up(self, endpoint: str) -> None:
        self.spec = CATALOGUE[endpoint]


@dataclass(slots=True)
class Listing(_Spec):
    """State of one listing. `url`: path and query of the next page. `subject`: a URN or a query, as in the records.

    `params`: parameters to add to each next page. `seed`: the user's own word for a seed. `rows`: the number of rows so
    far, good or bad. `extra`: further state of some kinds of listings. `attempts`: how often the present page was
    requested, in all runs; if the process died, a request counts only if it was alone in flight. `losses`: how often a
    process died with the request in flight. `error`: the reason of the end; before it, the last failure. `tried`: an
    earlier run requested the present page without success, and postponed the listing.
    """

    endpoint: str
    subject: str | None
    url: str
    params: dict[str, str] = field(default_factory=dict)
    id: int = 0
    seed: str | None = None
    level: int = 0
    announced: int | None = None
    fetched: int = 0
    rejected: int = 0
    missing: list[str] = field(default_factory=list)
    pages: int = 0
    rows: int = 0
    empty: int = 0
    limit: int = 0
    ended: str | None = None
    error: str | None = None
    query_urn: str | None = None
    last_updated: str | None = None
    started_at: str | None = None
    known_until: str | None = None
    attempts: int = 0
    losses: int = 0
    tried: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.endpoint in CATALOGUE:  # the listing of closing records has no endpoint
            self._look_up(self.endpoint)

    def become(self, endpoint: str) -> None:
        """Change the endpoint, because the answer told which object this is."""
        self.endpoint = endpoint
        self._look_up(endpoint)

    @property
    def is_list(self) -> bool:
        """Whether it is a list. Other listings have a `listing` record only if they failed."""
        return self.spec.shape in ("list", "any") or "tracks" in self.extra

    @property
    def waiting(self) -> bool:
        """Whether its answer was read, but it still waits for tracks that the answer named by id only."""
        return self.spec.shape == "one" and self.pages > 0 and not self.ended

    @property
    def begun(self) -> bool:
        """Whether it has had a page. A batch counts as begun, because the playlists that wait for it have begun."""
        return self.pages > 0 or self.spec.shape == "batch"

    @property
    def turn(self) -> int:
        """The order of listings, highest first: 1 begun, 0 new, -1 those that an earlier run tried without success.

        Without -1, a few listings that always fail would keep all others waiting. Parts of a failed batch come before
        all others, the smallest first: they show how many ids the server takes, before more batches are sent.
        """
        if self.tried:
            return TRIED
        if self.spec.shape == "batch":
            part: int = self.extra.get("part", 0)
            return part + (not self.seed)
        return int(self.pages > 0)

    def reopen(self) -> None:
        """Reset an ended listing, so that it is tried again after those that were never tried."""
        self.tried = self.tried or self.attempts > 0
        self.ended = self.error = None
        self.attempts = self.losses = 0

    @property
    def sendings(self) -> int:
        """How often its present page was requested, including requests that were lost because a process died."""
        return self.attempts + max(0, self.losses - SUSPICIOUS)

    @property
    def retried(self) -> bool:
        """Whether a later run retries it."""
        if self.ended != "error":
            return self.ended in RETRIED
        # Reactions are not tried later, because comments that were fetched wait for them.
        kept = self.spec.shape != "reactions" and not self.extra.get(DIVIDED)
        return kept and is_unanswered(self.error)

    @property
    def complete(self) -> bool:
        at_end = self.ended == "end" or (self.ended == "empty_pages" and "finds" in (self.relation or ""))
        return at_end and not (self.rejected or self.missing or self.short)

    @property
    def short(self) -> bool:
        """Whether it gave fewer rows than announced, if it is at its end."""
        exact = "tracks" in self.extra or self.endpoint == "playlist_tracks"
        return is_short(self.announced, self.rows, exact=exact)

    @property
    def relation(self) -> str | None:
        edge = self.spec.edge
        if edge is None:
            return None
        return edge.relation

    @property
    def name(self) -> str:
        """Its name in messages, on one line: by the subject's name or the user's own word, if one is known."""
        subject = self.extra.get(NAME) or self.seed or self.subject
        if not subject:
            return self.endpoint
        return f"{self.endpoint} of {printable(subject)}"

    def end(self, ended: str, error: str | None = None) -> Listing:
        self.ended, self.error = ended, error
        return self

    def record(self, api: str, now: str, begun: str | None = None) -> dict[str, Any]:
        """The `listing` record. `begun`: when the crawl began."""
        return {
            "kind": "listing",
            "endpoint": self.endpoint,
            "subject": self.subject or self.seed,
            "announced": self.announced,
            "fetched": self.fetched,
            "rejected": self.rejected,
            "missing": self.missing,
            "pages": self.pages,
            "complete": self.complete,
            "ended": self.ended,
            "error": self.error,
            "query_urn": self.query_urn,
            "last_updated": self.last_updated,
            "started_at": self.started_at,
            "known_until": self.known_until,
            "finished_at": now,
            "crawl_started_at": begun,
            "fetched_at": now,
            "api": api,
        }

    def dumps(self) -> bytes:
        """The listing as JSON, with any strings and numbers of the API."""
        try:
            return orjson.dumps(self)
        except TypeError:
            return records.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def loads(cls, data: bytes) -> Listing:
        """The listing of a string that `dumps` made. Raises ValueError, TypeError for any other."""
        try:
            fields = orjson.loads(data)
        except orjson.JSONDecodeError:  # a string or number of the API that only `records` can write
            fields = records.decode(data)
        return cls(**fields)


def is_listed(endpoint: str, pages: int) -> bool:
    """Whether LISTED counts this listing's record. It counts only listings with exactly one record."""
    return pages > 0 or endpoint not in CATALOGUE or CATALOGUE[endpoint].shape in ("list", "any")


def first_page(
    endpoint: Endpoint,
    api: str,
    size: int | None = None,
    query: dict[str, str] | None = None,
    **arguments: str | int,
) -> tuple[str, dict[str, str]]:
    """Path and query of the first page, and the parameters to put back into the next ones.

    Raises KeyError if the path needs an argument that is not given.
    """
    template = endpoint.path(api)
    if template is None:
        raise KeyError(f"{endpoint.name} is not offered by the {api} API")
    path = template.format(**{name: _quoted(name, value) for name, value in arguments.items()})
    params = dict(endpoint.params.get(api, {}))
    if endpoint.shape in ("list", "any"):
        params |= _paging(endpoint, api, size)
    params.update(query or {})
    kept = {name: value for name, value in params.items() if name not in PAGING}
    if not params:
        return path, kept
    return f"{path}?{urlencode(params)}", kept


def _quoted(name: str, value: str | int) -> str:
    safe = ":"
    if name == "path":  # the user gave a whole path
        safe = ":/%"
    return quote(str(value), safe=safe)


def _paging(endpoint: Endpoint, api: str, size: int | None) -> dict[str, str]:
    limit = endpoint.size[api]
    if size and api in endpoint.follow:  # a list with only one page is requested whole
        limit = min(size, limit)
    return {"linked_partitioning": _LINKED[api], "limit": str(limit)}
