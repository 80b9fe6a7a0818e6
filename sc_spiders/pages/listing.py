"""A listing: one list of the API that is walked page by page, and all that is known of it so far.

It is the frontier's unit: plain data, without origin and without credential, that holds the next page to ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from sc_spiders import records
from sc_spiders.api import CATALOGUE, PAGING, Endpoint
from sc_spiders.api.unanswered import is_unanswered
from sc_spiders.pages.announced import is_short
from sc_spiders.redaction.names import is_secret
from sc_spiders.redaction.printable import shown

# Endings that a later run of the same job tries again, as it does errors that no answer came (`Listing.retried`).
RETRIED = frozenset({"blocked", "credentials", "interrupted"})
# Endings after which the data set is not what was asked for (exit code 1).
BAD = frozenset({"loop", "blocked", "error", "credentials"})
# Deaths of a process with a listing, from which on it is handed out alone: it may be what kills them.
SUSPICIOUS = 2
# In a batch's extra, once it has ended: whether others take its place.
DIVIDED = "divided"
# In a crawl record's counts: the lists that all workers together have walked. So it is seen where some are missing.
LISTED = "listing_of_all_workers"
# And there too: the listings that are known, were never asked for, and have no record.
UNASKED = "listing_not_asked"


@dataclass(slots=True)
class Listing:
    """State of one listing. `url` is path and query of the next page; `subject` a URN or the query as records name it.

    `params` are the parameters put back into next pages. `seed` is the user's own word for what is looked up.
    `rows` counts the rows of the list, whatever is in them; `extra` is what a kind of listing needs besides.
    `attempts`: how often the present page was asked for, over all runs, but for what a process did not live to hear
    while others were out too. `losses`: how often a process died while it was out. `error`: until it has ended, the
    last failure. `tried`: a former run asked for the present page in vain, and put the listing aside.
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

    @property
    def spec(self) -> Endpoint:
        return CATALOGUE[self.endpoint]

    @property
    def is_list(self) -> bool:
        """Whether it is a list that was asked for. What is none has a record only where it failed."""
        return self.spec.shape in ("list", "any") or "tracks" in self.extra

    @property
    def waiting(self) -> bool:
        """Whether its own answer is read, and tracks that it names by id only are still to come."""
        return self.spec.shape == "one" and self.pages > 0 and not self.ended

    @property
    def begun(self) -> bool:
        """Whether it goes on from what is there already. A batch belongs to lists that have begun."""
        return self.pages > 0 or self.spec.shape == "batch"

    @property
    def turn(self) -> int:
        """Who goes first: 1 begun listings, 0 new ones, -1 those that a former run has tried in vain.

        Else a few that are refused each time would keep all others from being asked for. Before all others go parts of
        a batch that failed, the smaller ones first: so it is found out how many ids are too many before more are sent.
        """
        if self.tried:
            return -1
        part: int = self.extra.get("part", 0)
        return int(self.begun) + part

    def reopen(self) -> None:
        """Have it tried again: as if it had never ended, but after all that were not asked for in vain."""
        self.tried = self.tried or self.attempts > 0
        self.ended = self.error = None
        self.attempts = self.losses = 0

    @property
    def retried(self) -> bool:
        """Whether it ended so that a later run tries it again."""
        if self.ended != "error":
            return self.ended in RETRIED
        # Reactions are not kept for later: comments that are there wait for them.
        kept = self.spec.shape != "reactions" and not self.extra.get(DIVIDED)
        return kept and is_unanswered(self.error)

    @property
    def complete(self) -> bool:
        at_end = self.ended == "end" or (self.ended == "empty_pages" and "finds" in (self.relation or ""))
        return at_end and not (self.rejected or self.missing or self.short)

    @property
    def short(self) -> bool:
        """Whether it gave too few rows for what is announced, if this is all of it."""
        exact = "tracks" in self.extra or self.endpoint == "playlist_tracks"
        return is_short(self.announced, self.rows, exact=exact)

    @property
    def relation(self) -> str | None:
        return self.spec.edge.relation if self.spec.edge else None

    @property
    def name(self) -> str:
        """How messages call it. On one line, whatever its subject is."""
        return f"{self.endpoint} of {shown(subject)}" if (subject := self.seed or self.subject) else self.endpoint

    def end(self, ended: str, error: str | None = None) -> Listing:
        self.ended, self.error = ended, error
        return self

    def record(self, api: str, now: str) -> dict[str, Any]:
        """The `listing` record."""
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
            "fetched_at": now,
            "api": api,
        }

    def dumps(self) -> bytes:
        """JSON, whatever strings and numbers the API has put into it: a listing can always be kept."""
        try:
            return orjson.dumps(self)
        except TypeError:
            return records.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def loads(cls, data: bytes) -> Listing:
        """Raises ValueError, TypeError for what `dumps` has not made."""
        return cls(**records.decode(data))


def is_listed(endpoint: str, pages: int) -> bool:
    """Whether the record of such a listing, if it has one, is one of LISTED: others may come more than once."""
    return pages > 0 or endpoint not in CATALOGUE or CATALOGUE[endpoint].shape in ("list", "any")


def first_page(
    endpoint: Endpoint,
    api: str,
    size: int | None = None,
    query: dict[str, str] | None = None,
    **arguments: str | int,
) -> tuple[str, dict[str, str]]:
    """Path and query of the first page, and the parameters to put back into the next ones.

    Raises KeyError where the path asks for an argument that is not given.
    """
    template = endpoint.path(api)
    if template is None:
        raise KeyError(f"{endpoint.name} is not offered by the {api} API")
    # Of a path that the user gave, the slashes are meant.
    path = template.format(
        **{name: quote(str(a), safe=":/%" if name == "path" else ":") for name, a in arguments.items()}
    )
    params = dict(endpoint.params.get(api, {}))
    if endpoint.shape in ("list", "any"):
        params["linked_partitioning"] = "1" if api == "v2" else "true"
        largest = endpoint.size[api]
        # What has one page only is asked for whole.
        params["limit"] = str(min(size, largest) if size and api in endpoint.follow else largest)
    params.update(query or {})
    kept = {name: value for name, value in params.items() if name not in PAGING}
    return (f"{path}?{urlencode(params)}" if params else path), kept


def put_back(query: str, params: dict[str, str]) -> str:
    """A next page's query without credentials and with the endpoint's own parameters.

    Credentials never belong into it: client_id comes back in some next pages, and is added anew on the wire.
    """
    pairs = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not is_secret(name)]
    there = {name for name, _ in pairs}
    pairs += [(name, value) for name, value in params.items() if name not in there]
    return urlencode(pairs)
