"""System playlists (stations, charts, trends) have fewer lists than other playlists.

Their tracks come with the playlist itself. The APIs do not tell who likes or reposts them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from sc_spiders.api import Api, Endpoint
from sc_spiders.base_spiders.targets import Target
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.seeds import Words

__all__ = ["endpoints", "refuse"]

logger = logging.getLogger(__name__)

_TRACKS = "playlist_tracks"
_LONGEST = 200  # characters of a seed that are shown


def refuse(seeds: Words[Target], plan: Iterable[Endpoint], api: Api) -> None:
    """Raises ArgumentError if a seed is a system playlist, and the plan has a list that system playlists lack."""
    lists = [one.name for one in plan if _is_of_numbers(one, api) and one.name != _TRACKS]
    if not lists or ":system-playlists:" not in str(seeds):  # there may be a million seeds: do not parse each
        return
    for seed in seeds:
        if isinstance(seed.id, str):
            raise ArgumentError(
                f"{seed.text[:_LONGEST]} is a system playlist, of which the API has no {' and no '.join(lists)}: "
                "leave that out of include, or crawl system playlists by themselves"
            )


def endpoints(plan: Iterable[Endpoint], api: Api, key: int | str) -> Iterator[Endpoint]:
    """The endpoints of the plan that the API has for this object. The others are logged."""
    for endpoint in plan:
        if isinstance(key, int) or not _is_of_numbers(endpoint, api):
            yield endpoint
        elif endpoint.name != _TRACKS:
            logger.warning("%s of %s: not requested, because the API has none of system playlists", endpoint.name, key)


def _is_of_numbers(endpoint: Endpoint, api: Api) -> bool:
    return endpoint.shape == "list" and endpoint.is_under("playlist", api)
