"""Reads the files of SC_PSEUDONYMS and SC_NEVER, and puts pseudonyms into the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sc_spiders.base_spiders.people import read_people
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError
from sc_spiders.records import OptOut, People, Pseudonyms
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


def set_up_privacy(crawler: Crawler, settings: BaseSettings) -> Iterator[str]:
    """Add the people and the pseudonyms of the settings to the crawl's context. Yields one line for each fault."""
    if path := settings["SC_NEVER"]:
        try:
            context(crawler).add(OptOut, OptOut(people_of(path)))
        except ArgumentError as e:
            yield f"SC_NEVER: {e}"
    if path := settings["SC_PSEUDONYMS"]:
        try:
            texts = settings.getbool("SC_PSEUDONYM_TEXTS")
            pseudonyms = Pseudonyms.from_file(Path(path).expanduser(), make=True, texts=texts)
        except ArgumentError as e:
            yield f"SC_PSEUDONYMS: {e}"
        else:
            context(crawler).add(Pseudonyms, pseudonyms)
            context(crawler).get_or_make(Secrets).cover = pseudonyms.line
    elif settings.getbool("SC_PSEUDONYM_TEXTS"):
        yield "SC_PSEUDONYM_TEXTS is for SC_PSEUDONYMS: without it, all texts are kept"


def people_of(path: str, key: str = "") -> People:
    """The people whom a file names. `key`: a file with the key of pseudonyms; if given, the people by pseudonym.

    Raises ArgumentError.
    """
    people = read_people(Path(path).expanduser())
    if not key:
        return people
    pseudonyms = Pseudonyms.from_file(Path(key).expanduser())
    if people.names:
        raise ArgumentError(f"{path}: an address has no pseudonym; name people by id or URN")
    return People(map(pseudonyms.id, people.urns), (), pseudonyms.fingerprint)
