"""Who follows, likes and reposts whom."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders import records
from sc_spiders.base_spiders import sampling
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, choice, number, since_argument, subjects, words
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row

RELATIONS = ("followings", "followers", "likes", "reposts")
_UNUSED = {"bfs": ("seed", "p"), "random_walk": ("depth", "p"), "forest_fire": ("depth",)}
_NO_END = 2**31  # a level that none reaches


def _share(value: str) -> float:
    """A number from 0 to below 1."""
    try:
        number = float(value)
    except ValueError:
        number = 1.0
    if not 0 <= number < 1:
        raise ArgumentError(f"is {value!r}; it takes a number from 0 to below 1")
    return number


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
        "strategy": Argument(choice(*sampling.STRATEGIES), "bfs", "who is walked: bfs, random_walk or forest_fire"),
        "seed": Argument(number(), "1", "random_walk, forest_fire: what the choices are drawn from"),
        "p": Argument(_share, "0.7", "forest_fire: how likely a fire spreads on; below 1"),
    }

    def __init__(self, *args: Any, **kwargs: str) -> None:
        super().__init__(*args, **kwargs)
        self.strategy = self.args.get("strategy", "bfs")
        self.sequential = self.strategy != "bfs"
        # Whoever is found at a deeper level first would be walked at that level: levels wait for each other, but for
        # the last, whose finds are not walked any more. Of a sample no level is the last.
        self.unordered_from = _NO_END if self.sequential else self.args.get("depth", 1) - 1

    def check_offer(self) -> None:
        super().check_offer()
        if self.sequential:
            if not self.args["max_users"]:
                raise ArgumentError(f"{self.name}: strategy={self.strategy} needs max_users: how large the sample is")
            if not {"followings", "followers"} & set(self.args["relations"]):
                raise ArgumentError(f"{self.name}: strategy={self.strategy} needs relations that lead to users")
            if self.settings["SC_REDIS_URL"]:
                raise ArgumentError(f"{self.name}: strategy={self.strategy} is one worker's; unset SC_REDIS_URL")
        for name in _UNUSED[self.strategy]:
            if name in self.given:
                raise ArgumentError(f"{self.name}: strategy={self.strategy} takes no {name}")

    def identity(self) -> dict[str, Any]:
        identity = super().identity()
        for name in _UNUSED[self.strategy]:
            identity["arguments"].pop(name, None)
        return identity

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind != "user":
            return []
        users = [(key, object_) for object_, key in zip(objects, keys, strict=True) if isinstance(key, int)]
        if self.strategy == "bfs":
            return self._found(users, listing.level + 1)
        if listing.seed:
            return self._begin(*users[0])
        self._offer(listing, users)
        return []

    def after_page(self, page: Page) -> None:
        page.follow += self.fallback(page.listing)

    def fallback(self, listing: Listing) -> list[Listing]:
        """Where a sample goes on from a list that is through, or that could not be had."""
        if not listing.ended or listing.retried:
            return []
        match (listing.extra.pop("sample", None), self.strategy):
            case None, _:
                return []
            case sample, "random_walk":
                return self._step(listing, sample)
            case sample, _:
                return self._burn(listing, sample["drawn"])

    # -- breadth first

    def _found(self, users: list[tuple[int, Row]], level: int) -> list[Listing]:
        if level >= self.args["depth"]:
            return []
        walk = set(self._bounded(self.scheduler.job.seen.fresh("walked", [key for key, _ in users])))
        return [
            listing for key, object_ in users if key in walk for listing in self.expand("user", object_, key, level)
        ]

    def _bounded(self, keys: list[int]) -> list[int]:
        """As many of these as may still be walked, which they are from now on."""
        seen = self.scheduler.job.seen
        if self.args["max_users"]:
            keys = keys[: max(0, self.args["max_users"] - seen.count("walked"))]
        seen.add("walked", keys)
        return keys

    # -- samples

    def _begin(self, key: int, object_: Row) -> list[Listing]:
        """A seed's walk or fire. Of two names of one user the first counts."""
        if not self._bounded(self.scheduler.job.seen.fresh("walked", [key])):
            return []
        if self.strategy == "forest_fire":
            return self._burning(key, self._counts(object_), 0)
        seeds = self.args["user"]
        visits, more = divmod(self.args["max_users"], len(seeds))
        return self._visit(
            key, self._counts(object_), 0, key, visits + (self.scheduler.job.seen.count("walked") <= more)
        )

    def _offer(self, listing: Listing, users: list[tuple[int, Row]]) -> None:
        """Users of a page, of whom those of lowest rank are kept."""
        sample = listing.extra.get("sample")
        if sample is None or not sample["size"]:
            return
        if self.strategy == "forest_fire":
            fresh = set(self.scheduler.job.seen.fresh("walked", [key for key, _ in users]))
            users = [(key, object_) for key, object_ in users if key in fresh]
        offered = [(key, self._counts(object_)) for key, object_ in users]
        sample["drawn"] = sampling.draw(sample["drawn"], offered, sample["size"], self.args["seed"], sample["place"])

    def _visit(self, key: int, counts: Row, step: int, home: int, visits: int) -> list[Listing]:
        """A user on the way of a walk: one list after the other, of which one neighbour is drawn."""
        sample = {"home": home, "visits": visits, "place": f"{home}:{step}", "size": 1, "drawn": []}
        return self._next_list(self.expand("user", counts, key, step), sample)

    def _next_list(self, lists: list[Listing], sample: dict[str, Any]) -> list[Listing]:
        first, *rest = lists
        first.extra["sample"] = {**sample, "rest": [one.endpoint for one in rest]}
        return [first]

    def _step(self, listing: Listing, sample: dict[str, Any]) -> list[Listing]:
        key, step = int((listing.subject or "").rpartition(":")[2]), listing.level
        if sample["rest"]:
            lists = [one for one in self.expand("user", {}, key, step) if one.endpoint in sample["rest"]]
            return self._next_list(lists, sample)
        if step + 1 >= sample["visits"]:
            return []
        # Nobody there, or nobody to be seen: the walk begins again where it began.
        _, chosen, counts = sample["drawn"][0] if sample["drawn"] else (0, sample["home"], {})
        return self._visit(chosen, counts, step + 1, sample["home"], sample["visits"])

    def _burning(self, key: int, counts: Row, level: int) -> list[Listing]:
        """The lists of a user that burns, each with as many neighbours as will catch fire from it."""
        lists = self.expand("user", counts, key, level)
        for one in lists:
            place = f"{key}:{one.endpoint}"
            size = sampling.burning(self.args["p"], self.args["seed"], place)
            one.extra["sample"] = {"place": place, "size": size, "drawn": []}
        return lists

    def _burn(self, listing: Listing, drawn: sampling.Draw) -> list[Listing]:
        seen = self.scheduler.job.seen
        burnt = set(self._bounded(seen.fresh("walked", [key for _, key, _ in drawn])))
        return [
            one for _, key, counts in drawn if key in burnt for one in self._burning(key, counts, listing.level + 1)
        ]

    def _counts(self, object_: Row) -> Row:
        """As much of a user as its lists announce themselves by."""
        names = "+".join(endpoint.announced.get(self.api, "") for endpoint in self.plan()).split("+")
        counts = {name: records.fitting("listing", "announced", object_[name]) for name in names if name in object_}
        return {name: count for name, count in counts.items() if count is not None}
