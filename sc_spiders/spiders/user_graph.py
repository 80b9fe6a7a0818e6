"""Who follows, likes and reposts whom."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, choice, number, share, since_argument, subjects, words
from sc_spiders.base_spiders.strategies import STRATEGIES, Strategy
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row

RELATIONS = ("followings", "followers", "likes", "reposts")


class UserGraphSpider(ApiSpider):
    """The graph around some users: their followings, followers, likes and reposts.

    `strategy` says who is walked:

    - `bfs`: everybody, breadth first, `depth` steps deep.
    - `random_walk`: from each seed on to a neighbour drawn at random, and so on, `max_users` visits in all. In the long
      run each user is visited in proportion to the number of neighbours, which estimates divide out again (Gjoka,
      Kurant, Butts and Markopoulou, "Walking in Facebook", INFOCOM 2010: the re-weighted random walk).
    - `forest_fire`: at each user a geometric number of neighbours not burnt yet, p / (1 - p) in the mean, catch fire,
      until `max_users` burnt or the fire is out (Leskovec and Faloutsos, "Sampling from Large Graphs", KDD 2006).

    The last two walk one list at a time, and choose the same for the same `seed` number, however often they are
    stopped. A relation that is walked both ways (followings, followers) makes the graph an undirected one.

    Yields user (and track, playlist where a relation leads there), edge, listing (one a visit).
    """

    name = "user_graph"
    subject = "user"
    selector = "relations"
    arguments: ClassVar = {
        "user": subjects("user", "whom to begin with: ids, URNs, permalinks, URLs, or @FILE"),
        "depth": Argument(number(1), "1", "bfs: 1: the seeds' own relations; 2: also those of the users found; ..."),
        "relations": Argument(words(RELATIONS), "followings,followers", "which lists are walked"),
        "max_users": Argument(number(), "0", "walk at most so many users, seeds included; 0: no bound"),
        "since": since_argument("likes, reposts"),
        "strategy": Argument(choice(*STRATEGIES), "bfs", "who is walked: bfs, random_walk or forest_fire"),
        "seed": Argument(number(), "1", "random_walk, forest_fire: what the choices are drawn from"),
        "p": Argument(share, "0.7", "forest_fire: how likely a fire spreads on; below 1"),
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
