"""What must stay the same when a crawl is resumed, besides spider and arguments, so that its output has one form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from sc_spiders.api.hosts import answerer, is_loopback
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seeds import Seeds

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def chosen_kinds(settings: BaseSettings) -> list[str]:
    """The kinds of records that `SC_KINDS` names, sorted. Empty if it names none: then all are written."""
    return sorted({kind.strip() for kind in settings.getlist("SC_KINDS") if kind.strip()})


def fingerprint(settings: BaseSettings) -> dict[str, str]:
    """The server and the output settings. If they changed, pages that are already written would lack records."""
    return {
        "server": _server(settings),
        "SC_KINDS": ",".join(chosen_kinds(settings)) or "all",
        "SC_FORMAT": str(settings["SC_FORMAT"]),
        "SC_RAW": str(int(settings.getbool("SC_RAW"))),
        "SC_CSV_SAFE": str(int(settings.getbool("SC_CSV_SAFE"))),
    }


def _server(settings: BaseSettings) -> str:
    other = answerer(settings, cast("Literal['v2', 'public']", settings["SC_API"])) or "SoundCloud"
    host = urlsplit(other).hostname or ""
    return host if is_loopback(host) else other  # a local server may get another port each time


def digest(seeds: Sequence[Listing]) -> str:
    """A digest of the seeds in their order. The argument is not enough: it may name a file, and files change."""
    if isinstance(seeds, Seeds):
        return seeds.digest
    names = (f"{seed.endpoint} {seed.subject} {seed.seed}" for seed in seeds)
    return hashlib.blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
