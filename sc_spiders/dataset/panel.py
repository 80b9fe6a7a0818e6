"""A panel: the numbers of each account, track, playlist and list in each crawl of a data set."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sc_spiders.records.words import counted

from . import last_seen
from .atomic import replacing
from .columns import literal
from .dataset import Dataset
from .diff import COUNTS, NAMES
from .moments import check_history

KINDS = ("user", "track", "playlist")
"""The kinds of nodes in a panel."""

FIELDS = tuple(dict.fromkeys([*COUNTS["user"], *COUNTS["track"], *COUNTS["playlist"]]))
"""The numbers of nodes in a panel."""

_OF_LISTS = {"endpoint": "VARCHAR", "announced": "BIGINT", "fetched": "BIGINT", "complete": "BOOLEAN"}
_EMPTY = dict.fromkeys(FIELDS, "NULL::BIGINT") | {name: f"NULL::{type_}" for name, type_ in _OF_LISTS.items()}
_FORMATS = {
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
    ".csv": "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
}
SUFFIXES = tuple(_FORMATS)
"""The suffixes of files that a panel can be written to."""

# Workers of one crawl, and runs that went on with it, wrote some things twice.
_OF_KIND = """
SELECT '{kind}' AS kind, {subject} AS urn, {name} AS name, begun AS crawl_started_at, fetched_at, {columns}
FROM record.{kind} AS record
ASOF LEFT JOIN record.crawled ON record.api = crawled.api AND begun <= record.fetched_at
QUALIFY row_number() OVER (
    PARTITION BY {key}, begun ORDER BY {fullness} DESC, fetched_at DESC, record.rowid DESC
) = 1
"""
_ROWS = "SELECT * FROM panel ORDER BY kind, urn, endpoint, crawl_started_at"


def make(data: Dataset) -> None:
    """Makes the table `panel` in the connection of a data set that was opened with all records.

    Raises InputError if these are not all, because several crawls were merged.
    """
    if len(data.crawls) > 1:
        check_history(data.connection, "by these crawls")
    last_seen.find_crawls(data.connection)
    every = " UNION ALL ".join([*map(_of_nodes, KINDS), _of_listings()])
    data.connection.execute(f"CREATE TEMP TABLE panel AS {every}")


def write(data: Dataset, path: Path) -> str:
    """Writes the panel as Parquet or CSV, as the suffix says. Returns what is in it, for people.

    Raises InputError, OutputRefused, OSError.
    """
    query = _ROWS
    if path.suffix == ".parquet":
        zoned = ", ".join(f"{name} AT TIME ZONE 'UTC' AS {name}" for name in ("crawl_started_at", "fetched_at"))
        query = f"SELECT * REPLACE ({zoned}) FROM ({_ROWS})"
    with replacing(path) as new:
        make(data)
        data.connection.execute(f"COPY ({query}) TO {literal(str(new))} ({_FORMATS[path.suffix]})")
    rows = dict(data.connection.execute("SELECT kind, count(*) FROM panel GROUP BY ALL ORDER BY ALL").fetchall())
    told = ", ".join(f"{count:,} of {kind}s" for kind, count in rows.items())
    return f"{counted(sum(rows.values()), 'row')} ({told or 'nothing'}) of {counted(len(data.crawls), 'crawl')}"


def grown(data: Dataset, kind: str, field: str, most: int) -> list[tuple[str, list[tuple[datetime, int]]]]:
    """The nodes of which a number changed most from the first crawl that met them to the last, of those that were met
    more than once: their name, and the number at each crawl, with the time at which it was fetched."""
    query = f"""
    SELECT arg_max(name, fetched_at), list((fetched_at, {field}) ORDER BY fetched_at)
    FROM panel WHERE kind = '{kind}' AND {field} IS NOT NULL
    GROUP BY urn HAVING min({field}) < max({field})
    ORDER BY abs(arg_max({field}, fetched_at) - arg_min({field}, fetched_at)) DESC, urn LIMIT {most}
    """
    return data.connection.execute(query).fetchall()


def _of_nodes(kind: str) -> str:
    values = dict(_EMPTY) | {name: name for name in COUNTS[kind]}
    columns = ", ".join(f"{value} AS {name}" for name, value in values.items())
    words = {"subject": "urn", "name": NAMES[kind], "key": "urn", "fullness": last_seen.FULLNESS[kind]}
    return _OF_KIND.format(kind=kind, columns=columns, **words)


def _of_listings() -> str:
    values = dict(_EMPTY) | {name: name for name in _OF_LISTS}
    columns = ", ".join(f"{value} AS {name}" for name, value in values.items())
    words = {"subject": "subject", "name": "NULL", "key": "endpoint, subject", "fullness": "complete::INT"}
    return _OF_KIND.format(kind="listing", columns=columns, **words)
