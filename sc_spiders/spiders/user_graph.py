"""The graph of users: who follows, likes and reposts whom."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any, ClassVar

from sc_spiders.api import CATALOGUE, Endpoint
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import (
    Argument,
    choice,
    number,
    share,
    since_argument,
    subjects,
    until_argument,
    words,
)
from sc_spiders.base_spiders.id_set import IdSet
from sc_spiders.base_spiders.strategies import STRATEGIES, Strategy
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.listing import DIVIDED, Listing
from sc_spiders.pages.namespaces import Namespace, Purpose
from sc_spiders.pages.page import Page, Row

logger = logging.getLogger(__name__)

RELATIONS = ("followings", "followers", "likes", "reposts")
_IDS = CATALOGUE["following_ids"]
_PROFILES = CATALOGUE["followings"]


class UserGraphSpider(ApiSpider):
    """The graph around some users: their followings, followers, likes and reposts.

    `strategy` says which users are walked:

    - `bfs`: all users, breadth first, `depth` steps deep.
    - `random_walk`: from each seed to a random neighbour, from there to a random neighbour, and so on: `max_users`
      visits in all. In the long run, the visits of a user are in proportion to the number of neighbours. Estimates
      divide by that number (the re-weighted random walk: Gjoka, Kurant, Butts and Markopoulou, "Walking in Facebook",
      INFOCOM 2010).
    - `forest_fire`: each user sets a random number of neighbours on fire that have not burnt yet; the number is
      geometrically distributed with mean p / (1 - p). It ends when `max_users` have burnt or the fire is out (Leskovec
      and Faloutsos, "Sampling from Large Graphs", KDD 2006).

    With `nodes=ids`, followings are read as ids: 5,000 a request instead of 200 profiles. Edges are the same; users who
    are met only so have no record. v2 gives ids only to a signed-in user. Where it refuses those of other users, the
    profiles are read after all.

    The last two strategies walk one list at a time. With the same `seed` number they make the same choices, however
    often they are stopped. Walk followings and followers to take the graph as undirected.

    Yields user, and track or playlist if a relation leads there; edge; listing (one for each visit).
    """

    name = "user_graph"
    main_kind = "edge"
    subject = "user"
    selector = "relations"
    arguments: ClassVar = {
        "user": subjects("user", "the users to begin with: ids, URNs, permalinks, URLs, or @FILE"),
        "depth": Argument(number(1), "1", "bfs: 1: the seeds' own relations; 2: also those of the users found; ..."),
        "relations": Argument(words(RELATIONS), "followings,followers", "which lists are walked"),
        "max_users": Argument(number(), "0", "how many users are walked at most, seeds included; 0: no limit"),
        "nodes": Argument(choice("profiles", "ids"), "profiles", "ids: read followings as ids, without the profiles"),
        "since": since_argument("likes, reposts"),
        "until": until_argument("likes, reposts"),
        "strategy": Argument(choice(*STRATEGIES), "bfs", "which users are walked: bfs, random_walk or forest_fire"),
        "seed": Argument(number(), "1", "random_walk, forest_fire: the number from which all choices follow"),
        "p": Argument(share, "0.7", "forest_fire: the probability that a fire spreads on; below 1"),
    }

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self.strategy: Strategy = STRATEGIES[self.args.get("strategy", "bfs")](self)
        self.sequential = self.strategy.sequential
        self.unordered_from = self.strategy.unordered_from
        self.limit = self.args.get("max_users", 0)

    @cached_property
    def reads_ids(self) -> bool:
        return self.args.get("nodes") == "ids"

    @cached_property
    def plan(self) -> tuple[Endpoint, ...]:
        plan = super().plan
        if not self.reads_ids:
            return plan
        return tuple(_IDS if endpoint is _PROFILES else endpoint for endpoint in plan)

    def check(self) -> None:
        self.strategy.check()
        if self.reads_ids:
            self._check_ids()

    def _check_ids(self) -> None:
        if _IDS.path(self.api) is None:
            raise ArgumentError(f"{self.name}: the {self.api} API gives no ids; leave nodes=ids out, or use SC_API=v2")
        if _IDS not in self.plan:
            raise ArgumentError(f"{self.name}: nodes=ids is for relations=followings; the API gives no ids of others")
        logger.info("nodes=ids: users who are met only as ids have no record; sc-spiders hydrate brings them.")
        if others := [relation for relation in self.args["relations"] if relation != "followings"]:
            logger.info("nodes=ids: the API gives no ids of %s: these are read as ever.", ", ".join(others))

    def identity(self) -> dict[str, Any]:
        identity = super().identity()
        for name in self.strategy.unused:
            identity["arguments"].pop(name, None)
        return identity

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind != "user":
            return []
        users = [(key, object_) for key, object_ in zip(keys, objects, strict=True) if isinstance(key, int)]
        found = self.strategy.follow(listing, users)
        if self.reads_ids:
            return self._answerable(found)
        return found

    def after_page(self, page: Page) -> None:
        page.follow += self.fallback(page.listing)

    def fallback(self, listing: Listing) -> list[Listing]:
        if not listing.ended or listing.retried:
            return []
        if listing.spec is _IDS and listing.ended == "forbidden":
            if not self._refused:
                logger.info("nodes=ids: the API refuses ids of other users: their profiles are read instead.")
            self._refused.add([_IDS.name])
            listing.extra[DIVIDED] = True
            return self._answerable([listing])
        found = self.strategy.after_list(listing)
        if self.reads_ids:
            return self._answerable(found)
        return found

    def _answerable(self, listings: list[Listing]) -> list[Listing]:
        """The listings; those of ids with profiles instead, once the API has refused ids."""
        if not self._refused:
            return listings
        return [self._with_profiles(one) if one.spec is _IDS else one for one in listings]

    def _with_profiles(self, ids: Listing) -> Listing:
        subject = ids.subject or ""
        path = {"id": subject.rpartition(":")[2], "urn": subject}
        extra = {name: value for name, value in ids.extra.items() if name != DIVIDED}
        return self.listings.new(_PROFILES, path, level=ids.level, announced=ids.announced, extra=extra)

    @property
    def _refused(self) -> IdSet:
        return IdSet(self.seen, Namespace("ids are refused", Purpose.NODE))
