"""The state last seen: what is left of the records of several crawls. The rule, in SQL.

1. A record of each thing is kept: the fuller one, else the later one, else the one that was read later. An edge was
   last seen when the latest of its records was fetched: that is its `fetched_at`.
2. A complete walk of a list vouches for it: what earlier crawls had of the list, and nobody has seen since that walk's
   crawl began, is gone. An edge may be in two lists, one at each of its ends, and a comment in its track's and its
   author's. A crawl writes an edge once, although it may meet it in both lists. That is why the time counts at which
   the crawl began, and not the walk.
3. One answer has all streams of a track: those that a later one has not are gone.
4. Walks that are bounded or incomplete vouch for nothing. Nodes stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sc_spiders.api import CATALOGUE
from sc_spiders.api.declare import APIS, Endpoint

from .columns import quoted
from .fields import NODES, key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FULLNESS = dict.fromkeys(NODES, "NOT coalesce(partial, false)") | {
    "edge": "(position IS NOT NULL)::INT + 2 * (created_at IS NOT NULL)::INT"  # a date says more than a place
    " + (caption IS NOT NULL)::INT + (score IS NOT NULL)::INT"
}
"""SQL for each kind, greater for the fuller of two records."""

_REPEATED = """
CREATE OR REPLACE TEMP TABLE repeated AS
SELECT hash({key}) AS hash FROM record.{kind} GROUP BY ALL HAVING count(*) > 1
"""
# Hashes take little memory, and most records are there once: only the others are compared.
_RANKED = """
CREATE OR REPLACE TEMP TABLE ranked AS
SELECT
    rowid AS number,
    fetched_at,
    max(fetched_at) OVER (PARTITION BY {key}) AS last_seen,
    row_number() OVER (PARTITION BY {key} ORDER BY {fullness} DESC, fetched_at DESC NULLS LAST, rowid DESC) AS place
FROM record.{kind}
WHERE hash({key}) IN (SELECT hash FROM repeated)
"""
_SEEN = """
UPDATE record.edge AS kept
SET
    fetched_at = last_seen,
    line = regexp_replace(
        line,
        '"fetched_at" *: *"[^"]*"',
        '"fetched_at":"' || replace(strftime(last_seen, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z') || '"'
    )
FROM ranked
WHERE kept.rowid = number AND place = 1 AND ranked.fetched_at < last_seen
"""
_KEPT = """
DELETE FROM record.{kind} WHERE rowid IN (SELECT number FROM ranked WHERE place > 1)
"""

# All streams of a track come in one answer, and have its time.
_LATER = """
DELETE FROM record.stream WHERE rowid IN (
    SELECT number FROM (
        SELECT rowid AS number, fetched_at, max(fetched_at) OVER (PARTITION BY track_urn, api) AS last
        FROM record.stream
    )
    WHERE fetched_at < last
)
"""

# What the lists of each endpoint have: records of a kind, and of a relation if they are edges. The subject is at the
# beginning of the edges (`forward`) or at their end, and at the other end are such objects (the word in a URN).
# `parts`: how many lists have them together; `part`: the name of this one. `vouches`: whether a walk of the list shows
# all of it.
_LISTS = """
CREATE TEMP TABLE lists (
    endpoint VARCHAR, api VARCHAR, kind VARCHAR, relation VARCHAR, forward BOOLEAN, objects VARCHAR, part VARCHAR,
    parts INTEGER, vouches BOOLEAN
)
"""
# When each crawl began and ended, as far as its records tell.
_CRAWLED = """
CREATE TABLE record.crawled AS
SELECT api, begun, max(ended) AS ended, coalesce(max(params), '') AS params
FROM (
    SELECT api, started_at AS begun, coalesce(finished_at, fetched_at) AS ended, arguments ->> 'params' AS params
    FROM record.crawl
    UNION ALL
    SELECT api, crawl_started_at, fetched_at, NULL FROM record.listing WHERE crawl_started_at IS NOT NULL
)
GROUP BY ALL
"""
# Each walk, complete or not. Older outputs do not tell which crawl walked a list: it is the one within whose time the
# walk lies.
_WALKED = """
CREATE TABLE record.walked AS
SELECT endpoint, subject, api, complete, fetched, coalesce(crawl_started_at, (
    SELECT min(begun) FROM record.crawled
    WHERE crawled.api = listing.api AND begun <= listing.started_at AND listing.fetched_at <= ended
)) AS begun
FROM record.listing
"""
# For each list, since when the newest complete walk vouches for it, and when the crawls before that one had ended.
# Where several lists together have the edges, all of them must be complete. A crawl with parameters of its own may
# have asked for a part of each list, and vouches only among crawls with the same.
_WHOLE = """
CREATE TEMP TABLE whole AS
WITH newest AS (
    SELECT
        kind, relation, forward, objects, part, parts, api, subject,
        max(begun) AS begun, arg_max(fetched, begun) AS fetched
    FROM record.walked JOIN lists USING (endpoint, api) JOIN record.crawled USING (api, begun)
    WHERE complete AND vouches AND (params = '' OR (SELECT count(DISTINCT params) FROM record.crawled) = 1)
    GROUP BY ALL
),
found AS (
    SELECT kind, relation, forward, objects, api, subject, min(begun) AS since, sum(fetched) AS fetched
    FROM newest GROUP BY ALL HAVING count(*) = any_value(parts)
)
SELECT found.*, (SELECT max(ended) FROM record.crawled WHERE begun < since) AS earlier
FROM found
"""
# A crawl may have left out the records of a list (SC_KINDS): what it fetched is not there, and nothing is gone.
_VOUCHED = """
SELECT whole.* EXCLUDE fetched
FROM whole LEFT JOIN (
    SELECT {relation} AS relation, {subject} AS subject, max(fetched_at) AS last
    FROM record.{kind} AS record
    GROUP BY ALL
) AS written USING (relation, subject)
WHERE kind = '{kind}' AND forward = {forward} AND (fetched = 0 OR last >= since)
"""
# Whether a record is of a list.
_IN_LIST = """
lists.kind = '{kind}' AND lists.forward = {forward} AND lists.relation = {relation}
AND lists.subject = record.{subject} AND lists.api = record.api
"""
_OF_SORT = " AND lists.objects = split_part(record.{object}, ':', 2)"
# A clock may be slow, so that a crawl has records from before its beginning: no earlier crawl ran then.
_GONE = """
DELETE FROM record.{kind} AS record USING (FROM record.vouched WHERE earlier IS NOT NULL) AS lists
WHERE {in_list} AND fetched_at < since AND fetched_at <= earlier
"""


# The ends of an edge, and of the nodes that are in lists of their own: relation, source, target.
_ENDS = {
    "edge": ("record.relation", "source", "target"),
    "comment": ("'comment'", "user_urn", "track_urn"),
    "web_profile": ("'web_profile'", "user_urn", "urn"),
}
_NODES = {
    "user_comments": ("comment", True),
    "track_comments": ("comment", False),
    "web_profiles": ("web_profile", True),
}
# These lists show a selection of what there is, or only the latest: nothing is gone that they do not show.
_SELECTIVE = frozenset({"user_top_tracks", "user_stream", "my_stream", "my_history"})
# Only all of these lists together have all edges.
_TOGETHER = (
    ("user_albums", "user_playlists"),
    ("my_albums", "my_playlists"),
    ("albums_with_track", "playlists_with_track"),
)


def distinct(connection: DuckDBPyConnection, kind: str) -> None:
    """Keeps one record of each thing of a kind, and of streams those of the latest answer: rules 1 and 3."""
    if kind == "stream":
        connection.execute(_LATER)
    words = {
        "kind": quoted(kind),
        "key": ", ".join(map(quoted, key(kind))),
        "fullness": FULLNESS.get(kind, "0"),
    }
    if not connection.execute(_REPEATED.format(**words)).fetchall()[0][0]:
        return
    connection.execute(_RANKED.format(**words))
    if kind == "edge":
        connection.execute(_SEEN)
    connection.execute(_KEPT.format(**words))


def drop_gone(connection: DuckDBPyConnection) -> int:
    """Takes out what complete walks no longer had: rule 2. Returns the number of records."""
    find_crawls(connection)
    if connection.execute("SELECT count(*) < 2 FROM record.crawled").fetchall()[0][0]:
        return 0
    find_vouched(connection)
    statements = [_GONE.format(kind=end.kind, in_list=end.in_list) for end in ends()]
    return sum(int(connection.execute(one).fetchall()[0][0]) for one in statements)


def find_crawls(connection: DuckDBPyConnection) -> None:
    """Makes the table `record.crawled`. Crawls that were killed have no record, but their lists tell of them."""
    connection.execute(_CRAWLED)


def find_vouched(connection: DuckDBPyConnection) -> None:
    """Finds the lists that are known completely (rules 2 and 4). Does nothing if `drop_gone` has done it.

    Fills tables for `End.in_list`: `record.vouched` with these lists; `since` is the start of the crawl that walked the
    list last. `record.walked`, joined with `lists`, has all lists that were walked, completely or not.
    """
    if connection.execute("SELECT getvariable('vouched')").fetchall()[0][0]:
        return
    connection.execute("SET VARIABLE vouched = true")
    connection.execute(_LISTS)
    columns = list(zip(*_lists(), strict=True))
    connection.execute(f"INSERT INTO lists SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
    connection.execute(_WALKED)
    connection.execute(_WHOLE)
    sure = [_VOUCHED.format(**end._asdict()) for end in ends()]
    connection.execute(f"CREATE TABLE record.vouched AS {' UNION ALL '.join(sure)}")


class End(NamedTuple):
    """An end of the edges and other records of lists: that of the list's subject. In SQL, for a row `record`."""

    kind: str
    relation: str
    forward: bool
    subject: str
    object: str

    @property
    def in_list(self) -> str:
        """The condition that `record` is of the list that the row `lists` is about."""
        condition = _IN_LIST
        if self.kind == "edge":
            condition += _OF_SORT
        return condition.format(**self._asdict())


def ends() -> Iterator[End]:
    """Both ends of the records of each kind."""
    for kind, (relation, source, target) in _ENDS.items():
        yield End(kind, relation, True, source, target)
        yield End(kind, relation, False, target, source)


def _lists() -> Iterator[tuple[str | int | None, ...]]:
    """A row for each endpoint, API and sort of records."""
    for endpoint in CATALOGUE.values():
        if endpoint.rows == "selection":
            continue
        vouches = endpoint.name not in _SELECTIVE
        parts = next((names for names in _TOGETHER if endpoint.name in names), (endpoint.name,))
        for api in APIS:
            if endpoint.path(api) is None:
                continue
            offered = [name for name in parts if CATALOGUE[name].path(api)]
            part = endpoint.name if len(offered) > 1 else ""
            for kind, relation, forward, objects in _contents(endpoint):
                yield endpoint.name, api, kind, relation, forward, objects, part, len(offered), vouches


def _contents(endpoint: Endpoint) -> Iterator[tuple[str, str, bool, str | None]]:
    """What a list has: edges of a relation, from its subject or to it, with objects of one sort; or nodes."""
    if endpoint.name in _NODES:
        kind, forward = _NODES[endpoint.name]
        yield kind, kind, forward, None
    elif endpoint.edge:
        edge = endpoint.edge
        kinds = ("track",) if endpoint.holds_tracks else endpoint.kinds
        for kind in kinds:
            objects = "system-playlists" if endpoint.name.endswith("_liked_stations") else f"{kind}s"
            yield "edge", edge.relation, not edge.reverse, objects
