"""What changed between two data sets, by the rule of the state last seen (see `last_seen`).

What is in one data set and not in the other was gained or lost only if a list that was walked completely says so: a
list of the data set that does not have it. Else it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS

from .columns import literal
from .dataset import RELATIONS, SCRATCH, Dataset
from .fields import NODES, key
from .last_seen import ends, find_vouched
from .libraries import translated
from .origin import check_together

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]

COUNTS = {kind: tuple(name for name in FIELDS[kind] if name.endswith("_count")) for kind in NODES}
"""The fields of each kind of node that count something."""

NAMES = {
    "user": "coalesce(nullif(permalink, ''), nullif(username, ''), urn)",
    "track": "coalesce(user_permalink || '/' || permalink, nullif(title, ''), urn)",
    "playlist": "coalesce(user_permalink || '/sets/' || permalink, nullif(title, ''), urn)",
    "comment": "urn",
    "selection": "coalesce(nullif(title, ''), urn)",
}
"""SQL for the name of a node of each kind: as in its address, if that is known."""

_LINKS = dict.fromkeys(("user", "track", "playlist"), "permalink_url")
_FORMER = "former"  # the database with the records of the earlier data set
_STATES = (_FORMER, "record")
_NEEDED = frozenset(
    {"urn", "fetched_at", "api", "permalink", "permalink_url", "username", "title", "user_permalink"}
    | {"user_urn", "track_urn"}  # the lists of a comment
)
_WHOLE_TABLES = ("crawl", "listing", "edge", "gone")

# When the API said last that something is gone: by name, or because a list of it was not found.
_TOLD_GONE = """
CREATE TABLE {state}.told AS
SELECT urn, max(fetched_at) AS told FROM (
    SELECT urn, fetched_at FROM {state}.gone
    UNION ALL
    SELECT subject, fetched_at FROM {state}.listing WHERE ended = 'not_found'
)
GROUP BY urn
"""
_PRESENT = """
SELECT * FROM {state}.{kind} AS record
WHERE NOT EXISTS (FROM {state}.told AS told WHERE told.urn = record.urn AND told >= record.fetched_at)
"""
# What one data set has and the other has not. `sure`: the other data set is known not to have it.
_ONLY = """
SELECT '{state}' AS state, '{kind}' AS kind, {columns}, record.fetched_at, record.api, false AS sure
FROM ({mine}) AS record ANTI JOIN ({others}) AS other USING ({key})
"""
_COLUMNS = ("relation", "source", "target", "urn", "user_urn", "track_urn")
# Only in the earlier data set: lost if it was fetched before the later one walked its list.
# Only in the later data set: gained if it was fetched after the earlier one walked its list.
_SURE = """
UPDATE {table} AS record SET sure = true FROM {other}.vouched AS lists
WHERE record.state = '{state}' AND {in_list} AND fetched_at {when} since
"""
# Crawls with parameters of their own may have asked for a part of each list.
_ALIKE = """
SELECT count(DISTINCT params) = 1
FROM (SELECT params FROM record.crawled UNION ALL SELECT params FROM former.crawled)
"""
_SURELY_GONE = """
UPDATE only_node AS record SET sure = true
FROM {other}.told AS told
WHERE record.state = '{state}' AND told.urn = record.urn
"""
# The edges by which a data set found a node, in lists of other subjects. `sure`: the other data set is known not to
# have the edge.
_FOUND = """
SELECT '{state}' AS state, record.{object} AS urn, coalesce(only_edge.sure, false) AS sure
FROM {state}.edge AS record
SEMI JOIN only_node ON only_node.state = '{state}' AND only_node.urn = record.{object}
JOIN (FROM {state}.walked JOIN lists USING (endpoint, api)) AS lists ON {in_list}
LEFT JOIN only_edge ON only_edge.state = '{state}' AND only_edge.relation = record.relation
    AND only_edge.source = record.source AND only_edge.target = record.target
"""
_NODES_BY_LISTS = """
UPDATE only_node AS record SET sure = true
FROM (SELECT state, urn FROM ({found}) GROUP BY ALL HAVING bool_and(sure)) AS every
WHERE record.state = every.state AND record.urn = every.urn
"""
_GREW = """
SELECT '{kind}' AS kind, urn, unnest([{pairs}], recursive := true)
FROM {state}.{kind} AS earlier JOIN record.{kind} AS later USING (urn)
"""
_SIDES = """
SELECT {group}, count(*) FILTER (sure AND state = 'record'), count(*) FILTER (sure AND state = 'former'),
    count(*) FILTER (NOT sure)
FROM {table} GROUP BY ALL ORDER BY ALL
"""
_CHANGES = """
SELECT
    CASE WHEN NOT sure THEN 'unknown' WHEN state = 'record' THEN 'gained' ELSE 'lost' END AS change,
    kind, relation, source, target, urn, NULL AS field,
    CASE WHEN state = 'former' THEN 1 WHEN sure THEN 0 END AS before,
    CASE WHEN state = 'record' THEN 1 WHEN sure THEN 0 END AS after
FROM (SELECT {columns} FROM only_edge UNION ALL SELECT {columns} FROM only_node)
UNION ALL
SELECT CASE WHEN after > before THEN 'risen' ELSE 'fallen' END, kind, NULL, NULL, NULL, urn, field, before, after
FROM grew
"""
_ACCOUNTS = """
WITH ends AS (
    SELECT source AS urn, CASE relation WHEN 'follows' THEN 'followings' ELSE relation END AS list, state, sure
    FROM only_edge WHERE starts_with(source, 'soundcloud:users:')
    UNION ALL
    SELECT target, CASE relation WHEN 'follows' THEN 'followers' ELSE relation || ' of it' END, state, sure
    FROM only_edge WHERE starts_with(target, 'soundcloud:users:')
)
SELECT coalesce(name, urn), link, list, gained, lost
FROM (
    SELECT
        urn, list, count(*) FILTER (sure AND state = 'record') AS gained,
        count(*) FILTER (sure AND state = 'former') AS lost
    FROM ends GROUP BY ALL
) LEFT JOIN called USING (urn)
WHERE gained + lost > 0 AND urn IN (SELECT subject FROM record.walked UNION ALL SELECT subject FROM former.walked)
ORDER BY gained + lost DESC, urn, list LIMIT $most
"""


class Diff:
    """What changed between two data sets; made by `compare`. `before`, `after`: the data sets."""

    def __init__(self, before: Dataset, after: Dataset) -> None:
        self.before, self.after = before, after
        zero = {"gained": 0, "lost": 0, "unknown": 0}
        self.edges: dict[str, dict[str, int]] = {relation: dict(zero) for relation in RELATIONS}
        """By relation: how many edges were gained, were lost, are unknown."""
        self.nodes: dict[str, dict[str, int]] = {kind: dict(zero) for kind in NODES}
        """By kind: the same of nodes."""
        self.counts: dict[str, dict[str, dict[str, int]]] = {}
        """By kind and field, of nodes that both data sets have: how many have a greater number now, how many a smaller
        one, and by how much all numbers together have changed."""
        self.gone: dict[str, int] = {}
        """By kind: how many nodes of the earlier data set the API has no more, as it has said to the later one."""

    def as_json(self) -> Row:
        """All numbers."""
        return {"edges": self.edges, "nodes": self.nodes, "counts": self.counts, "gone": self.gone}

    def accounts(self, most: int) -> list[tuple[str, str | None, str, int, int]]:
        """The lists of walked accounts that changed most: name, link, list, edges gained, edges lost."""
        return self._rows(_ACCOUNTS, most)

    def grown(self, kind: str, field: str, most: int) -> list[tuple[str, str | None, int, int]]:
        """The nodes of which a number changed most: name, link, number before, number after."""
        query = f"""
        SELECT coalesce(name, urn), link, before, after FROM grew LEFT JOIN called USING (urn)
        WHERE kind = {literal(kind)} AND field = {literal(field)}
        ORDER BY abs(after - before) DESC, urn LIMIT $most
        """
        return self._rows(query, most)

    def came_and_went(self, kind: str, change: str, most: int) -> list[tuple[str, str | None]]:
        """Nodes that were gained, were lost or are unknown: name, link."""
        condition = {"gained": "sure AND state = 'record'", "lost": "sure AND state = 'former'", "unknown": "NOT sure"}
        query = f"""
        SELECT coalesce(name, urn), link FROM only_node LEFT JOIN called USING (urn)
        WHERE kind = {literal(kind)} AND {condition[change]} ORDER BY ALL LIMIT $most
        """
        return self._rows(query, most)

    def write_changes(self, path: Path) -> None:
        """Writes all changes one by one, as JSON Lines; as CSV if the name ends so.

        `before` and `after` are numbers; of an edge or node 1 if it was there, 0 if not, null if that is unknown.
        """
        columns = "state, kind, sure, relation, source, target, urn"
        query = f"""
        SELECT change, changes.kind, relation, source, target, changes.urn, field, before, after,
            coalesce(of_node.name, of_source.name) AS name, of_target.name AS target_name
        FROM ({_CHANGES.format(columns=columns)}) AS changes
        LEFT JOIN called AS of_node ON changes.urn = of_node.urn
        LEFT JOIN called AS of_source ON source = of_source.urn
        LEFT JOIN called AS of_target ON target = of_target.urn
        ORDER BY ALL
        """
        form = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT json"
        self.after.connection.execute(f"COPY ({query}) TO {literal(str(path))} ({form})")

    def _rows(self, query: str, most: int) -> list[tuple[Any, ...]]:
        return self.after.connection.execute(query, {"most": most}).fetchall()


@contextmanager
def compare(before: Dataset, after: Dataset, scratch: Path | None = None) -> Iterator[Diff]:
    """What changed between two data sets that are not open yet. It can be asked within the block.

    `scratch`: a folder for temporary files. Raises InputError if the two are of different servers, or of pseudonyms by
    different keys, or in the wrong order; and what `Dataset.open` raises.
    """
    with TemporaryDirectory(prefix=SCRATCH, dir=scratch) as folder:
        file = Path(folder, "former.duckdb")
        with before, translated():
            _keep(before, file)
        with after, translated():
            _check(before, after)
            after.connection.execute(f"ATTACH {literal(str(file))} AS {_FORMER}")
            diff = Diff(before, after)
            _find(diff, after.connection)
            yield diff


def _keep(data: Dataset, file: Path) -> None:
    """Writes to a database what is needed of the earlier data set: two are too large to be open at the same time."""
    db = data.connection
    db.execute(f"ATTACH {literal(str(file))} AS {_FORMER}")
    for kind in _WHOLE_TABLES:
        db.execute(f"CREATE TABLE {_FORMER}.{kind} AS SELECT * EXCLUDE line FROM record.{kind}")
    for kind in NODES:
        columns = ", ".join(name for name in FIELDS[kind] if name in _NEEDED or name in COUNTS[kind])
        db.execute(f"CREATE TABLE {_FORMER}.{kind} AS SELECT {columns} FROM record.{kind}")
    find_vouched(db)
    for table in ("crawled", "walked", "vouched"):
        db.execute(f"CREATE TABLE {_FORMER}.{table} AS FROM record.{table}")
    db.execute(f"DETACH {_FORMER}")


def _check(before: Dataset, after: Dataset) -> None:
    """Raises InputError if the two cannot be compared."""
    check_together([*before.crawls, *after.crawls], "be compared")
    first, last = (max((crawl["started_at"] for crawl in data.crawls), default="") for data in (before, after))
    if last and last < first:
        raise InputError(f"the second was crawled before the first ({last}, {first}): name the earlier one first")


def _find(diff: Diff, db: DuckDBPyConnection) -> None:
    """Finds all changes."""
    find_vouched(db)
    if not db.execute(_ALIKE).fetchall()[0][0]:
        for state in _STATES:
            db.execute(f"DELETE FROM {state}.vouched WHERE (SELECT min(params) <> '' FROM {state}.crawled)")
    for state in _STATES:
        db.execute(_TOLD_GONE.format(state=state))
    kinds = [kind for kind in NODES if kind in diff.before.counts or kind in diff.after.counts]
    _find_edges(db)
    _find_nodes(db, kinds)
    for table, group, found in (("only_edge", "relation", diff.edges), ("only_node", "kind", diff.nodes)):
        for name, *numbers in db.execute(_SIDES.format(table=table, group=group)).fetchall():
            found[name] = dict(zip(("gained", "lost", "unknown"), numbers, strict=True))
    _find_names(db)
    _count(diff, db, kinds)


def _only(kind: str, form: str) -> str:
    """SQL for what only one of the data sets has. `form`: SQL for the records of a state."""
    columns = ", ".join(f"record.{name}" if name in FIELDS[kind] else f"NULL::VARCHAR AS {name}" for name in _COLUMNS)
    former, later = (form.format(state=state, kind=kind) for state in _STATES)
    words = {"kind": kind, "columns": columns, "key": ", ".join(key(kind))}
    return " UNION ALL ".join(
        _ONLY.format(state=state, mine=mine, others=others, **words)
        for state, mine, others in ((_FORMER, former, later), ("record", later, former))
    )


def _find_edges(db: DuckDBPyConnection) -> None:
    db.execute(f"CREATE TEMP TABLE only_edge AS {_only('edge', 'FROM {state}.{kind}')}")
    for end in ends():
        if end.kind == "edge":
            _ask_lists(db, "only_edge", end.in_list)


def _ask_lists(db: DuckDBPyConnection, table: str, in_list: str) -> None:
    """Notes what is sure, because the other data set has a whole list without it."""
    for state, other, when in ((_FORMER, "record", "<="), ("record", _FORMER, ">=")):
        db.execute(_SURE.format(table=table, state=state, other=other, in_list=in_list, when=when))


def _find_nodes(db: DuckDBPyConnection, kinds: Sequence[str]) -> None:
    db.execute("CREATE TEMP TABLE only_node AS FROM only_edge LIMIT 0")
    for kind in kinds:
        db.execute(f"INSERT INTO only_node {_only(kind, _PRESENT)}")
    found = []
    for end in ends():
        if end.kind == "edge":  # users, tracks and playlists are found in lists by edges
            found += [_FOUND.format(state=state, object=end.object, in_list=end.in_list) for state in _STATES]
        elif end.kind in kinds:  # comments are in lists themselves
            _ask_lists(db, "only_node", f"record.kind = '{end.kind}' AND {end.in_list}")
    db.execute(_NODES_BY_LISTS.format(found=" UNION ALL ".join(found)))
    for state, other in (_STATES, _STATES[::-1]):
        db.execute(_SURELY_GONE.format(state=state, other=other))


def _find_names(db: DuckDBPyConnection) -> None:
    """The name and link of each node, the newer ones of two; of users without a record, as their tracks name them."""
    parts = []
    for state in _STATES:
        for kind in NODES:
            link = _LINKS.get(kind, "NULL")
            parts.append(f"SELECT urn, {NAMES[kind]} AS name, {link} AS link, fetched_at FROM {state}.{kind}")
        for kind in ("track", "playlist"):
            parts.append(
                f"SELECT user_urn, user_permalink, NULL, TIMESTAMP '0001-01-01' FROM {state}.{kind} "
                "WHERE user_urn IS NOT NULL AND user_permalink IS NOT NULL"
            )
    every = " UNION ALL ".join(parts)
    newest = "arg_max(name, fetched_at) AS name, arg_max(link, fetched_at) AS link"
    db.execute(f"CREATE TEMP TABLE called AS SELECT urn, {newest} FROM ({every}) GROUP BY urn")


def _count(diff: Diff, db: DuckDBPyConnection, kinds: Sequence[str]) -> None:
    """Finds numbers that changed, and counts what is gone."""
    db.execute("CREATE TEMP TABLE grew (kind VARCHAR, urn VARCHAR, field VARCHAR, before BIGINT, after BIGINT)")
    for kind in kinds:
        pairs = ", ".join(f"{{field: '{name}', before: earlier.{name}, after: later.{name}}}" for name in COUNTS[kind])
        if pairs:
            grew = _GREW.format(state=_FORMER, kind=kind, pairs=pairs)
            db.execute(f"INSERT INTO grew SELECT * FROM ({grew}) WHERE before <> after")
    query = """
    SELECT kind, field, count(*) FILTER (after > before), count(*) FILTER (after < before), sum(after - before)::BIGINT
    FROM grew GROUP BY ALL ORDER BY ALL
    """
    for kind, field, risen, fallen, change in db.execute(query).fetchall():
        diff.counts.setdefault(kind, {})[field] = {"risen": risen, "fallen": fallen, "change": change}
    query = "SELECT kind, count(*) FROM only_node SEMI JOIN record.told USING (urn) WHERE state = 'former' GROUP BY ALL"
    diff.gone = dict(db.execute(query).fetchall())
