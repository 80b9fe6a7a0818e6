"""Who follows, likes and reposts whom."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders.arguments import Argument, number, targets, words
from sc_spiders.listing import Listing
from sc_spiders.spider import ApiSpider
from sc_spiders.walk import Row

RELATIONS = ("followings", "followers", "likes", "reposts")


class UserGraphSpider(ApiSpider):
    """The graph around some users: their followings, followers, likes and reposts, breadth first.

    Yields user (and track, playlist where a relation leads there), edge, listing.
    """

    name = "user_graph"
    subject = "user"
    chooses = "relations"
    arguments: ClassVar = {
        "user": Argument(targets("user"), None, "whom to begin with: ids, URNs, permalinks, URLs, or @FILE"),
        "depth": Argument(number(1), "1", "1: the seeds' own relations; 2: also those of the users found; ..."),
        "relations": Argument(words(RELATIONS), "followings,followers", "which lists are walked"),
        "max_users": Argument(number(), "0", "walk at most so many users, seeds included; 0: no bound"),
    }

    def __init__(self, *args: Any, **kwargs: str) -> None:
        super().__init__(*args, **kwargs)
        # Whoever is found at a deeper level first would be walked at that level: levels wait for each other, but for
        # the last, whose finds are not walked any more.
        self.free_from = self.args.get("depth", 1) - 1

    def discovered(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        level = listing.level + 1
        if kind != "user" or level >= self.args["depth"]:
            return []
        seen = self.scheduler.job.seen
        new = seen.fresh("walked", [key for key in keys if isinstance(key, int)])
        if self.args["max_users"]:
            new = new[: max(0, self.args["max_users"] - seen.count("walked"))]
        seen.add("walked", new)
        walk = set(new)
        return [
            listing
            for object_, key in zip(objects, keys, strict=True)
            if key in walk
            for listing in self.expand(kind, object_, key, level)
        ]
