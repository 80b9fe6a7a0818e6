"""Reads the files of SC_PSEUDONYMS and SC_NEVER, and covers the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sc_spiders.base_spiders.opt_outs import opt_out
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError
from sc_spiders.records import OptOut, Pseudonyms
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


def set_up_privacy(crawler: Crawler, settings: BaseSettings) -> Iterator[str]:
    """Put what the settings name into the crawl's context. One line for each fault."""
    if path := settings["SC_NEVER"]:
        try:
            context(crawler).add(OptOut, opt_out(Path(path).expanduser()))
        except ArgumentError as e:
            yield f"SC_NEVER: {e}"
    if path := settings["SC_PSEUDONYMS"]:
        try:
            pseudonyms = Pseudonyms.from_file(Path(path).expanduser(), make=True)
        except ArgumentError as e:
            yield f"SC_PSEUDONYMS: {e}"
        else:
            context(crawler).add(Pseudonyms, pseudonyms)
            context(crawler).get_or_make(Secrets).cover = pseudonyms.line
