"""CSV for spreadsheets, which run any cell that looks like a formula."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

__all__ = ["MARK", "harmless", "tell_of_formulas"]

logger = logging.getLogger(__name__)

MARK = "'"
"""Spreadsheets treat a cell that begins with this as text."""

# How formulas begin in Excel, LibreOffice, Google Sheets and Numbers; tabs, line ends and full-width characters count.
_BEGINS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def harmless(value: Any) -> Any:
    """The value of a cell. Text that a spreadsheet may run gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(_BEGINS):
        return f"{MARK}{value}"
    return value


def tell_of_formulas(feeds: Iterable[dict[str, Any]], *, safe: bool) -> None:
    """If a feed is CSV, log what spreadsheets do with it. `feeds`: their options; `safe`: SC_CSV_SAFE."""
    if all(options["format"] != "csv" for options in feeds):
        return
    if safe:
        logger.info(
            "CSV with SC_CSV_SAFE=1: text that a spreadsheet would take for a formula gets an apostrophe in front, "
            "which is not from the API."
        )
    else:
        logger.info(
            "CSV: spreadsheets run cells that begin with =, +, - or @, and anybody on SoundCloud can write such text. "
            "SC_CSV_SAFE=1 makes them harmless. Without it, open the files with a program that runs no formulas."
        )
