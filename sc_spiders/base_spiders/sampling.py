"""Samples of a graph that is too large to walk: a random walk, a forest fire. Knows nothing of Scrapy.

Every choice is made by ranks: a number drawn for each candidate from the seed number, the place of the choice and the
candidate, and nothing else. So it does not matter in which order answers come, or how often a run was killed between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from math import floor, log
from typing import Any

Draw = list[list[Any]]
"""What is drawn so far: rank, id and whatever goes with it, lowest rank first. JSON keeps it."""


def rank(seed: int, place: str, candidate: int | str = "") -> int:
    """A number of 63 bits that is as good as random, and the same whenever it is asked for."""
    digest = hashlib.blake2b(f"{seed}|{place}|{candidate}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def draw(before: Draw, offered: Iterable[tuple[int, Any]], size: int, seed: int, place: str) -> Draw:
    """The `size` candidates of lowest rank among those drawn before and those offered: each set of that size is as
    likely. A candidate that is offered twice counts once.
    """
    known = {one[1]: one for one in before}
    for candidate, more in offered:
        known.setdefault(candidate, [rank(seed, place, candidate), candidate, more])
    return sorted(known.values(), key=lambda one: (one[0], one[1]))[:size]


def burning(p: float, seed: int, place: str) -> int:
    """How many neighbours catch fire: geometric, P(k) = (1 - p) p^k, with mean p / (1 - p)."""
    if p <= 0:
        return 0
    share = (rank(seed, place) + 1) / 2**63  # over 0, up to 1
    return floor(log(share) / log(p))
