"""CSV that is opened in a spreadsheet, which runs what looks like a formula, whoever wrote it."""

from __future__ import annotations

from typing import Any

__all__ = ["MARK", "harmless", "notice"]

MARK = "'"
"""In front of a cell: it is text, whatever follows."""

# What a formula begins with in Excel, LibreOffice, Google's and Apple's: also after a tab or a line end, and in the
# wide letters of East Asia.
_BEGINS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def harmless(value: Any) -> Any:
    """The value of a cell. A text that a spreadsheet may run gets an apostrophe in front; all else stays as it is."""
    return f"{MARK}{value}" if isinstance(value, str) and value.startswith(_BEGINS) else value


def notice(*, safe: bool) -> str:
    """What the log says first of a crawl that writes CSV."""
    if safe:
        return (
            "CSV with SC_CSV_SAFE=1: texts that a spreadsheet would take for a formula begin with an apostrophe, which "
            "is not the API's."
        )
    return (
        "CSV: spreadsheets run cells that begin with =, +, - or @, and anybody on SoundCloud can write such a text. "
        "SC_CSV_SAFE=1 makes them harmless; without it, open the files with a program that runs none."
    )
