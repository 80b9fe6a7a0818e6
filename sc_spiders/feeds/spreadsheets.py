"""CSV for spreadsheets, which run any cell that looks like a formula."""

from __future__ import annotations

from typing import Any

__all__ = ["MARK", "harmless", "notice"]

MARK = "'"
"""A cell that begins with it is text."""

# The beginnings of formulas in Excel, LibreOffice, Google Sheets and Numbers: also after a tab or a line end, and in
# full-width characters.
_BEGINS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def harmless(value: Any) -> Any:
    """The value of a cell, with an apostrophe in front if it is text that a spreadsheet may run."""
    if isinstance(value, str) and value.startswith(_BEGINS):
        return f"{MARK}{value}"
    return value


def notice(*, safe: bool) -> str:
    """The message at the start of a crawl that writes CSV."""
    if safe:
        return (
            "CSV with SC_CSV_SAFE=1: texts that a spreadsheet would take for a formula begin with an apostrophe, which "
            "is not the API's."
        )
    return (
        "CSV: spreadsheets run cells that begin with =, +, - or @, and anybody on SoundCloud can write such a text. "
        "SC_CSV_SAFE=1 makes them harmless; without it, open the files with a program that runs none."
    )
