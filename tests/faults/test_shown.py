"""Other people's text in our log: it cannot forge a line, control a terminal or fill the log."""

from __future__ import annotations

import logging

import pytest

from sc_spiders.dataset.completeness import describe
from sc_spiders.pages.listing import Listing
from sc_spiders.redaction.logs import RedactedRecord
from sc_spiders.redaction.printable import LONGEST, printable

LIE = "x\n2026-11-25 00:00:00 ERROR: \x1b[31m\u202ea lie\ud800"


@pytest.mark.parametrize("text", ["", "forss", "Träume & mehr", "\N{GRINNING FACE}", r"a\b"])
def test_what_can_be_shown_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_what_cannot_is_told_by_its_escape() -> None:
    assert printable(LIE) == r"x\n2026-11-25 00:00:00 ERROR: \x1b[31m\u202ea lie\ud800"
    assert len(printable("x" * 10**6)) == LONGEST + 1


def test_a_listing_is_called_on_one_line() -> None:
    listing = Listing("playlist", f"soundcloud:system-playlists:{LIE}", "", pages=1)
    assert listing.name == f"playlist of soundcloud:system-playlists:{printable(LIE)}"
    row = listing.end("error", "http_500").record("v2", "2026-11-25T00:00:00Z")
    assert printable(LIE) in describe(row)
    assert describe(row).isprintable()


def test_a_log_line_holds_nothing_but_text() -> None:
    """This holds for any logger. Scrapy's own messages of several lines keep them."""
    record = RedactedRecord("x", logging.INFO, "", 0, "Stats:\n%s", ("\x1b[2Ja\ud800\r",), None)
    assert record.getMessage() == "Stats:\n" + r"\x1b[2Ja\ud800\r"
    record.exc_text = "Traceback\n  ValueError: \x07"
    assert record.exc_text == "Traceback\n" + r"  ValueError: \x07"
