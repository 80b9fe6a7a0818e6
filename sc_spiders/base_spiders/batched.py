"""Seeds of which many are requested at once, in batches of ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

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
    """Seeds that request objects of known ids fifty at a time, if the API has batches of their kind.

    All else is requested one by one, also tracks with a share token. `target` makes a target from its text.
    """
    endpoints = {one.kinds[0]: one.name for one in CATALOGUE.values() if one.shape == "batch" and one.path(spider.api)}
    alone = parse_share_tokens(spider.settings["SC_SECRET_TOKENS"])

    def listing(word: str) -> Listing:
        if word.startswith(_IDS):
            _, kind, ids = word.split(":")
            numbers = [int(id) for id in ids.split(",")]
            return spider.listings.look_up_batch(endpoints[kind], numbers, spider.seed_extra(kind))
        named = target(word)
        return spider.listings.look_up(named, spider.seed_extra(named.kind))

    return Seeds(Words(_words(targets, endpoints, alone), str, str), listing)


def _words(targets: Iterable[Target], endpoints: Mapping[str, str], alone: Collection[str]) -> Iterator[str]:
    """The texts of targets, but one word for each batch."""
    batches: dict[str, dict[int, str]] = {kind: {} for kind in endpoints}
    for one in targets:
        if one.kind not in batches or not isinstance(one.id, int) or f"{one.kind}s:{one.id}" in alone:
            yield one.text
            continue
        batch = batches[one.kind]
        batch[one.id] = one.text
        if len(batch) == SIZE:
            yield _word(one.kind, batch)
            batch.clear()
    for kind, batch in batches.items():
        if batch:
            yield _word(kind, batch)


def _word(kind: str, batch: dict[int, str]) -> str:
    if len(batch) == 1:  # the answer to a single request tells more
        return next(iter(batch.values()))
    ids = ",".join(map(str, batch))
    return f"{_IDS}{kind}:{ids}"
