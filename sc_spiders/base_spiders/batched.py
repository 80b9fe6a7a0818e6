"""Seeds that are requested in batches of ids, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.base_spiders.targets import Target
from sc_spiders.context import context
from sc_spiders.credentials import parse_share_tokens
from sc_spiders.pages.batches import SIZE, chunks, urn_of
from sc_spiders.pages.known import Known, names_of
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seeds import Seeds, Words
from sc_spiders.records import OptOut

__all__ = ["arranged", "batched"]

_IDS = "ids:"  # a word that stands for a batch begins with this; no target's word does


def batched(spider: SpiderHooks, targets: Iterable[Target], target: Callable[[str], Target]) -> Seeds:
    """Seeds that request objects of known ids fifty at a time, if the API has batches of their kind.

    All others are requested one by one, also tracks with a share token. `target` makes a target from its text.

    No batch asks for objects on the list of SC_NEVER. They are left out when the batch is made from its word. The words
    are the same without the list: it may change while the crawl is stopped, and a resumed crawl must have equal words.
    """
    endpoints = {one.kinds[0]: one.name for one in CATALOGUE.values() if one.shape == "batch" and one.path(spider.api)}
    shared = parse_share_tokens(spider.settings["SC_SECRET_TOKENS"])
    opt_out = context(spider.crawler).find(OptOut)

    def is_alone(kind: str, id: int) -> bool:
        return f"{kind}s:{id}" in shared

    def is_opted_out(kind: str, id: int) -> bool:
        return bool(opt_out and opt_out.people.has_urn(urn_of(kind, id)))

    def listing(word: str) -> Listing:
        if word.startswith(_IDS):
            _, kind, ids = word.split(":")
            numbers = [int(id) for id in ids.split(",")]
            wanted = [id for id in numbers if not is_opted_out(kind, id)]
            return _batch(spider, endpoints[kind], wanted or numbers[:1])  # the ledger refuses a single one
        named = target(word)
        return spider.listings.look_up(named, spider.seed_extra(named.kind))

    return Seeds(Words(_words(targets, endpoints, is_alone), str, str), listing)


def arranged(spider: SpiderHooks, seeds: list[Listing]) -> list[Listing]:
    """The seeds, but with batches of which either all objects are known or none is, so that less is requested."""
    known = context(spider.crawler).find(Known)
    if known is None:
        return seeds
    found: list[Listing] = []
    ids: dict[tuple[str, bool], list[int]] = {}
    for seed in seeds:
        names = names_of(seed)
        if seed.spec.shape != "batch" or not names:
            found.append(seed)
            continue
        for id, name in zip(seed.extra["ids"], names, strict=True):
            ids.setdefault((seed.endpoint, known.has(name)), []).append(id)
    for (endpoint, _), some in ids.items():
        found += [_batch(spider, endpoint, part) for part in chunks(some, SIZE)]
    return found


def _batch(spider: SpiderHooks, endpoint: str, ids: list[int]) -> Listing:
    kind = CATALOGUE[endpoint].kinds[0]
    extra = spider.seed_extra(kind)
    if len(ids) == 1:  # see `_word`
        urn = urn_of(kind, ids[0])
        return spider.listings.look_up(Target(kind, urn, id=ids[0]), extra)
    return spider.listings.look_up_batch(endpoint, ids, extra)


def _words(
    targets: Iterable[Target], endpoints: Mapping[str, str], is_alone: Callable[[str, int], bool]
) -> Iterator[str]:
    """The texts of targets, but one word for each batch."""
    batches: dict[str, dict[int, str]] = {kind: {} for kind in endpoints}
    for one in targets:
        if one.kind not in batches or not isinstance(one.id, int) or is_alone(one.kind, one.id):
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
    if len(batch) == 1:  # requested alone, the object has an answer that tells more than a batch's
        return next(iter(batch.values()))
    ids = ",".join(map(str, batch))
    return f"{_IDS}{kind}:{ids}"
