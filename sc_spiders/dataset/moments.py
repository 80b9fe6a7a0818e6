"""Shows a data set as it was at an earlier time."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from sc_spiders.errors import InputError

from .columns import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LISTINGS = """
SELECT (SELECT sum((counts ->> 'listing')::BIGINT) FROM record.crawl), (SELECT count(*) FROM record.listing)
"""


def moment(text: str) -> datetime:
    """The time that a text means, in UTC: the end of a day (2026-03-01), or a time (2026-03-01T12:00:00Z).

    Raises InputError.
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo:
            found = found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):  # OverflowError: in UTC, the year is before 1 or after 9999
        raise InputError(f"{text}: no date; write a day like 2026-03-01, or a time like 2026-03-01T12:00:00Z") from None
    if "T" not in text and " " not in text:
        return datetime.combine(found, time.max)
    return found


def go_back(connection: DuckDBPyConnection, kinds: list[str], until: datetime) -> dict[str, int]:
    """Takes out what was fetched after that time. Returns the number of records of each kind that are left.

    Raises InputError if the records do not tell what was there then.
    """
    for kind in kinds:
        connection.execute(f"DELETE FROM record.{quoted(kind)} WHERE fetched_at > $until", {"until": until})
    check_history(connection, f"until {until:%Y-%m-%d %H:%M}")
    counted = {kind: connection.execute(f"SELECT count(*) FROM record.{quoted(kind)}").fetchall() for kind in kinds}
    counts = {kind: rows for kind, ((rows,),) in counted.items() if rows}
    if not counts:
        raise InputError(f"nothing was fetched until {until:%Y-%m-%d %H:%M}: name a later date")
    return counts


def check_history(connection: DuckDBPyConnection, when: str) -> None:
    """Raises InputError if lists that were walked are not there. `when`: which of them, for the message."""
    written, left = connection.execute(_LISTINGS).fetchall()[0]
    if written and left < written:
        raise InputError(
            f"of {written:,} lists that were walked {when}, {left:,} are here: a merged file shows only the state last "
            "seen; name the outputs that it was merged from"
        )
