"""What must stay the same while a crawl goes on, beside its spider and arguments: a data set is made one way."""

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


def fingerprint(settings: BaseSettings) -> dict[str, str]:
    """What of each page is written, how, and who answers: with another answer, what was left out would never come."""
    kinds = sorted({kind.strip() for kind in settings.getlist("SC_KINDS") if kind.strip()})
    return {
        "server": _server(settings),
        "SC_KINDS": ",".join(kinds) or "all",
        "SC_FORMAT": str(settings["SC_FORMAT"]),
        "SC_RAW": str(int(settings.getbool("SC_RAW"))),
        "SC_CSV_SAFE": str(int(settings.getbool("SC_CSV_SAFE"))),
    }


def _server(settings: BaseSettings) -> str:
    other = answerer(settings, cast("Literal['v2', 'public']", settings["SC_API"])) or "SoundCloud"
    host = urlsplit(other).hostname or ""
    return host if is_loopback(host) else other  # a server of one's own may have another port each time


def digest(seeds: Sequence[Listing]) -> str:
    """The same for the same seeds in the same order; those of a file may change, and its name stays."""
    if isinstance(seeds, Seeds):
        return seeds.digest
    names = (f"{seed.endpoint} {seed.subject} {seed.seed}" for seed in seeds)
    return hashlib.blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
