"""The graph of users: who follows, likes and reposts whom."""

from __future__ import annotations

from typing import Any, ClassVar

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
from sc_spiders.base_spiders.strategies import STRATEGIES, Strategy
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row

RELATIONS = ("followings", "followers", "likes", "reposts")


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

    The last two walk one list at a time. With the same `seed` number they make the same choices, however often they
    are stopped. Walk followings and followers to take the graph as undirected.

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

    def check(self) -> None:
        self.strategy.check()

    def identity(self) -> dict[str, Any]:
        identity = super().identity()
        for name in self.strategy.unused:
            identity["arguments"].pop(name, None)
        return identity

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind != "user":
            return []
        users = [(key, object_) for key, object_ in zip(keys, objects, strict=True) if isinstance(key, int)]
        return self.strategy.follow(listing, users)

    def after_page(self, page: Page) -> None:
        page.follow += self.fallback(page.listing)

    def fallback(self, listing: Listing) -> list[Listing]:
        if not listing.ended or listing.retried:
            return []
        return self.strategy.after_list(listing)
