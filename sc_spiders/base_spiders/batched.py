"""Seeds of which tracks are requested in batches of ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.base_spiders.targets import Target
from sc_spiders.credentials import parse_share_tokens
from sc_spiders.pages.batches import SIZE
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seeds import Seeds, Words

__all__ = ["batched"]

_IDS = "ids:"  # how a word begins that stands for a batch; no target's does


def batched(spider: SpiderHooks, targets: Iterable[Target], target: Callable[[str], Target]) -> Seeds:
    """Seeds that request tracks of known ids fifty at a time, if the API has such batches, and all else one by one.

    `target` makes a target from its text. Tracks with a share token are requested one by one.
    """
    size = 1
    if CATALOGUE["track_batch"].path(spider.api):
        size = SIZE
    alone = parse_share_tokens(spider.settings["SC_SECRET_TOKENS"])

    def listing(word: str) -> Listing:
        if word.startswith(_IDS):
            ids = [int(id) for id in word.removeprefix(_IDS).split(",")]
            return spider.listings.look_up_tracks(ids, spider.seed_extra("track"))
        named = target(word)
        return spider.listings.look_up(named, spider.seed_extra(named.kind))

    return Seeds(Words(_words(targets, size, alone), str, str), listing)


def _words(targets: Iterable[Target], size: int, alone: Collection[str]) -> Iterator[str]:
    """The texts of targets, but one word for each batch of tracks."""
    batch: dict[int, str] = {}
    for one in targets:
        if one.kind == "track" and isinstance(one.id, int) and f"tracks:{one.id}" not in alone:
            batch[one.id] = one.text
        else:
            yield one.text
        if len(batch) == size:
            yield _batch(batch)
            batch.clear()
    if batch:
        yield _batch(batch)


def _batch(batch: dict[int, str]) -> str:
    if len(batch) == 1:  # the answer to a single track tells more
        return next(iter(batch.values()))
    return _IDS + ",".join(map(str, batch))
