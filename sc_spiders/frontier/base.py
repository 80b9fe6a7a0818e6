"""What the frontier is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sc_spiders.pages.listing import Listing


@dataclass(frozen=True, slots=True)
class CrawlSpec:
    """What a spider asks of a frontier, once: nobody asks the spider again.

    `identity` tells a crawl from another: spider, arguments, api. `defaults`: of the arguments, by name. `fingerprint`:
    what else must stay the same when a crawl goes on. `seeds`: the first listings, all of one level.
    `unordered_from`: the level from which on no listing waits for the level before. `sequential`: one listing at a
    time. `limit`: users that may be walked, 0 for any number. `bidirectional`: edges may be met from both ends.
    """

    identity: dict[str, Any]
    defaults: dict[str, str] = field(default_factory=dict)
    fingerprint: dict[str, str] = field(default_factory=dict)
    seeds: Sequence[Listing] = ()
    unordered_from: int = 0
    sequential: bool = False
    limit: int = 0
    bidirectional: bool = False
