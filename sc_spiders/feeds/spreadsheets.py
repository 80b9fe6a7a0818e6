"""CSV for spreadsheets, which run any cell that looks like a formula."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

__all__ = ["MARK", "harmless", "tell_of_formulas"]

logger = logging.getLogger(__name__)

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


def tell_of_formulas(feeds: Iterable[dict[str, Any]]) -> None:
    """Say in the log what spreadsheets do with CSV, where a feed is CSV. `feeds`: their options."""
    safe = {options["item_export_kwargs"]["safe"] for options in feeds if options["format"] == "csv"}
    if safe == {True}:
        logger.info(
            "CSV with SC_CSV_SAFE=1: texts that a spreadsheet would take for a formula begin with an apostrophe, which "
            "is not the API's."
        )
    elif safe:
        logger.info(
            "CSV: spreadsheets run cells that begin with =, +, - or @, and anybody on SoundCloud can write such a "
            "text. SC_CSV_SAFE=1 makes them harmless; without it, open the files with a program that runs none."
        )
