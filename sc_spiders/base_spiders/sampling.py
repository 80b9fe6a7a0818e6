"""Random choices in a graph that is too large to walk. Knows nothing of Scrapy.

Every choice goes by ranks. The rank of a candidate follows from the seed number, the place of the choice and the
candidate, and from nothing else. So the order of the answers does not matter, nor how often the crawl is stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from math import floor, log
from typing import Any

Draw = list[list[Any]]
"""The candidates drawn so far, lowest rank first: rank, id and further data. It can be stored as JSON."""


def rank(seed: int, place: str, candidate: int | str = "") -> int:
    """A pseudo-random number of 63 bits, always the same for the same arguments."""
    digest = hashlib.blake2b(f"{seed}|{place}|{candidate}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def draw(before: Draw, candidates: Iterable[tuple[int, Any]], size: int, seed: int, place: str) -> Draw:
    """The `size` candidates of lowest rank among those drawn before and `candidates`.

    Every set of candidates is equally likely. A candidate that comes twice counts once.
    """
    known = {one[1]: one for one in before}
    for candidate, more in candidates:
        known.setdefault(candidate, [rank(seed, place, candidate), candidate, more])
    return sorted(known.values(), key=lambda one: (one[0], one[1]))[:size]


def burning(p: float, seed: int, place: str) -> int:
    """How many neighbours catch fire. Geometrically distributed: P(k) = (1 - p) p^k, with mean p / (1 - p)."""
    if p <= 0:
        return 0
    share = (rank(seed, place) + 1) / 2**63  # over 0, up to 1
    return floor(log(share) / log(p))
