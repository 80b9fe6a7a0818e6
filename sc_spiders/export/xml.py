"""SQL for lines of XML, which DuckDB writes: ten million elements need not fit into memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from sc_spiders.dataset.columns import Column, Type, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TYPES: Mapping[Type, str] = {"integer": "long", "number": "double", "boolean": "boolean"}
"""The names of types in GraphML and GEXF. Any other type is a string."""

# Characters that XML cannot hold in any form. They occur in names and descriptions.
_FORBIDDEN = r"[^\t\n\r\x20-\x{d7ff}\x{e000}-\x{fffd}\x{10000}-\x{10ffff}]"
# In an attribute, a parser would make spaces of tabs and line ends.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_PLAIN = r"[ !#-%''-;=?-~]*"  # most texts have nothing to escape, and are found four times as fast


def write(db: DuckDBPyConnection, path: Path, parts: list[str]) -> None:
    """Writes the rows of queries with one column, one after the other, as lines. The macro `escape` makes a text fit
    for XML, with U+FFFD for each character that XML cannot hold. Raises duckdb.Error."""
    escaped = f"regexp_replace(t, '{_FORBIDDEN}', '\ufffd', 'g')"
    for character, entity in _ESCAPES.items():
        escaped = f"replace({escaped}, '{character}', '{entity}')"
    db.execute(f"CREATE TEMP MACRO escape(t) AS CASE WHEN regexp_full_match(t, '{_PLAIN}') THEN t ELSE {escaped} END")
    # CSV with one column and without quotes is plain lines.
    form = "FORMAT csv, HEADER false, DELIMITER '', QUOTE '', ESCAPE ''"
    db.execute("SET threads = 1")  # several threads would hold lines in memory, to write them in order
    db.execute(f"COPY ({' UNION ALL '.join(parts)}) TO {literal(str(path))} ({form})")


def lines(*them: str) -> str:
    """The query for these lines."""
    return f"SELECT unnest([{', '.join(map(literal, them))}])"


def start(name: str, attributes: Mapping[str, str], end: str = ">") -> str:
    """A start tag, or with `/>` an empty element."""
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in attributes.items())}{end}"


def around(before: str, value: str, after: str) -> str:
    """SQL for a value between two texts. It is null where the value is."""
    return f"{literal(before)} || {value} || {literal(after)}"


def value(column: Column) -> str:
    """SQL for a value in XML."""
    if column.type in ("string", "strings", "json"):
        return f"escape({column.as_text})"
    return f"({column.as_text})"
