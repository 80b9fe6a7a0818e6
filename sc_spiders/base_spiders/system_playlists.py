"""System playlists (stations, charts, trends) and the lists that only playlists with a number have.

The APIs have their tracks in their own answer, and nothing of who likes or reposts them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from sc_spiders.api import Api, Endpoint
from sc_spiders.base_spiders.arguments import Target
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.seeds import Words

__all__ = ["offered", "refuse"]

logger = logging.getLogger(__name__)

_TRACKS = "playlist_tracks"
_TOLD = 200  # characters of a seed


def refuse(seeds: Words[Target], plan: Iterable[Endpoint], api: Api) -> None:
    """Raises ArgumentError where a seed is the URN of a system playlist, and the plan has a list that it has not."""
    lists = [one.name for one in plan if _is_of_numbers(one, api) and one.name != _TRACKS]
    if not lists or ":system-playlists:" not in str(seeds):  # a million others are not looked at one by one
        return
    for seed in seeds:
        if isinstance(seed.id, str):
            raise ArgumentError(
                f"{seed.text[:_TOLD]} is a system playlist, of which the API has no {' and no '.join(lists)}: "
                "leave that out of include, or crawl system playlists by themselves"
            )


def offered(plan: Iterable[Endpoint], api: Api, key: int | str) -> Iterator[Endpoint]:
    """Those endpoints that the API has for the object with that id. Of a system playlist, the log tells the others."""
    for endpoint in plan:
        if isinstance(key, int) or not _is_of_numbers(endpoint, api):
            yield endpoint
        elif endpoint.name != _TRACKS:
            logger.warning("%s of %s: not asked for, the API has none of system playlists", endpoint.name, key)


def _is_of_numbers(endpoint: Endpoint, api: Api) -> bool:
    return endpoint.shape == "list" and (endpoint.path(api) or "").startswith("/playlists/{")
