"""Chooses the users to walk in a graph of users: all of them, or a sample."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

from sc_spiders import records
from sc_spiders.base_spiders import sampling
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.base_spiders.listings import name_of
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.listing import NAME, Listing
from sc_spiders.pages.page import Row

__all__ = ["STRATEGIES", "Strategy"]

User = tuple[int, Row]
"""A user's id, and what is known of the user."""

_NO_LEVEL = 2**31  # higher than any level


class Strategy(ABC):
    """`unused`: arguments that the strategy does not take. `sequential`: see `SpiderHooks`."""

    name: ClassVar[str]
    unused: ClassVar[tuple[str, ...]]
    sequential: ClassVar[bool]

    def __init__(self, spider: SpiderHooks) -> None:
        self.spider = spider

    @property
    @abstractmethod
    def unordered_from(self) -> int:
        """The level from which on no listing waits for the level before."""

    def check(self) -> None:
        """Raises ArgumentError if the arguments do not fit this strategy."""
        for name in self.unused:
            if name in self.spider.given:
                raise ArgumentError(f"{self.spider.name}: strategy={self.name} takes no {name}")

    @abstractmethod
    def follow(self, listing: Listing, users: list[User]) -> list[Listing]:
        """Listings that follow from the users of a page."""

    def after_list(self, listing: Listing) -> list[Listing]:
        """Listings that follow from a list that has ended for good."""
        return []

    def take(self, keys: list[int]) -> list[int]:
        """Mark users as followed whose lists are not requested yet, as many as `max_users` allows. Returns them."""
        followed = self.spider.followed()
        new = followed.new(keys)
        most = self.spider.args["max_users"]
        if most:
            new = new[: max(0, most - len(followed))]
        followed.add(new)
        return new


class BreadthFirst(Strategy):
    """Walks everybody, up to `depth` steps from the seeds."""

    name = "bfs"
    unused = ("seed", "p")
    sequential = False

    @property
    def unordered_from(self) -> int:
        # A user who is found at a deeper level first would be walked at that level. So each level waits for the one
        # before, except the last: users who are found there are not walked.
        depth: int = self.spider.args.get("depth", 1)
        return depth - 1

    def follow(self, listing: Listing, users: list[User]) -> list[Listing]:
        level = listing.level + 1
        if level >= self.spider.args["depth"]:
            return []
        found = dict(users)
        listings = []
        for key in self.take(list(found)):
            listings += self.spider.listings.expand("user", found[key], key, level)
        return listings


class Sample(Strategy):
    """Walks users drawn at random. A listing keeps its own draw as `extra["sample"]`.

    `size`: how many users are drawn from the list. `drawn`: those of lowest rank so far. `place`: the choice's name.
    """

    sequential = True
    unordered_from = _NO_LEVEL

    def check(self) -> None:
        spider, asked = self.spider, f"{self.spider.name}: strategy={self.name}"
        if not spider.args["max_users"]:
            raise ArgumentError(f"{asked} needs max_users: how large the sample is")
        if not {"followings", "followers"} & set(spider.args["relations"]):
            raise ArgumentError(f"{asked} needs relations that lead to users")
        if spider.settings["SC_REDIS_URL"]:
            raise ArgumentError(f"{asked} works with one worker only; unset SC_REDIS_URL")
        super().check()

    def follow(self, listing: Listing, users: list[User]) -> list[Listing]:
        if not listing.seed:
            self._draw(listing, users)
            return []
        key, object_ = users[0]
        if not self.take([key]):  # the same user as another seed, under another name
            return []
        return self.begin(key, self._counts(object_))

    def after_list(self, listing: Listing) -> list[Listing]:
        sample = listing.extra.pop("sample", None)
        if sample is None:
            return []
        return self.go_on(listing, sample)

    @abstractmethod
    def begin(self, key: int, counts: Row) -> list[Listing]:
        """The first lists of a seed."""

    @abstractmethod
    def go_on(self, listing: Listing, sample: dict[str, Any]) -> list[Listing]:
        """The lists that follow when this list has ended. `sample`: its draw."""

    def candidates(self, users: list[User]) -> list[User]:
        """The users that may be drawn."""
        return users

    def _draw(self, listing: Listing, users: list[User]) -> None:
        sample = listing.extra.get("sample")
        if not sample or not sample["size"]:
            return
        candidates = [(key, self._counts(object_)) for key, object_ in self.candidates(users)]
        seed = self.spider.args["seed"]
        sample["drawn"] = sampling.draw(sample["drawn"], candidates, sample["size"], seed, sample["place"])

    def _counts(self, object_: Row) -> Row:
        """A user's name, and the counts that announce how long the user's lists are."""
        counts: Row = {}
        if name := name_of("user", object_):
            counts["permalink"] = name
        for name in self._names_of_counts:
            count = records.fitting("listing", "announced", object_.get(name))
            if count is not None:
                counts[name] = count
        return counts

    @cached_property
    def _names_of_counts(self) -> list[str]:
        announced = [endpoint.announced.get(self.spider.api, "") for endpoint in self.spider.plan]
        return "+".join(announced).split("+")


class RandomWalk(Sample):
    """Goes from each user to one neighbour. It walks the user's lists one after the other, and draws from all of them.

    A list's sample also has `home`: the seed; `visits`: how many users are visited from that seed; `rest`: the user's
    lists that are still to be walked.
    """

    name = "random_walk"
    unused = ("depth", "p")

    def begin(self, key: int, counts: Row) -> list[Listing]:
        visits, more = divmod(self.spider.args["max_users"], len(self.spider.args["user"]))
        if len(self.spider.followed()) <= more:  # the first seeds get one more visit
            visits += 1
        return self._visit(key, counts, 0, key, visits)

    def go_on(self, listing: Listing, sample: dict[str, Any]) -> list[Listing]:
        key, step = int((listing.subject or "").rpartition(":")[2]), listing.level
        if sample["rest"]:
            lists = self.spider.listings.expand("user", {"permalink": listing.extra.get(NAME)}, key, step)
            return self._first([one for one in lists if one.endpoint in sample["rest"]], sample)
        if step + 1 >= sample["visits"]:
            return []
        home, visits = sample["home"], sample["visits"]
        if not sample["drawn"]:  # no neighbours, or none that can be seen: the walk begins again at its seed
            return self._visit(home, {}, step + 1, home, visits)
        _, chosen, counts = sample["drawn"][0]
        return self._visit(chosen, counts, step + 1, home, visits)

    def _visit(self, key: int, counts: Row, step: int, home: int, visits: int) -> list[Listing]:
        sample = {"home": home, "visits": visits, "place": f"{home}:{step}", "size": 1, "drawn": []}
        return self._first(self.spider.listings.expand("user", counts, key, step), sample)

    def _first(self, lists: list[Listing], sample: dict[str, Any]) -> list[Listing]:
        """The first of a user's lists, with that sample."""
        first, *rest = lists
        first.extra["sample"] = {**sample, "rest": [one.endpoint for one in rest]}
        return [first]


class ForestFire(Sample):
    """Each list of a burning user sets fire to some neighbours that have not burnt yet."""

    name = "forest_fire"
    unused = ("depth",)

    def begin(self, key: int, counts: Row) -> list[Listing]:
        return self._burn(key, counts, 0)

    def go_on(self, listing: Listing, sample: dict[str, Any]) -> list[Listing]:
        counts = {key: counts for _, key, counts in sample["drawn"]}
        listings = []
        for key in self.take(list(counts)):
            listings += self._burn(key, counts[key], listing.level + 1)
        return listings

    def candidates(self, users: list[User]) -> list[User]:
        new = set(self.spider.followed().new(key for key, _ in users))
        return [(key, object_) for key, object_ in users if key in new]

    def _burn(self, key: int, counts: Row, level: int) -> list[Listing]:
        lists = self.spider.listings.expand("user", counts, key, level)
        for one in lists:
            place = f"{key}:{one.endpoint}"
            size = sampling.burning(self.spider.args["p"], self.spider.args["seed"], place)
            one.extra["sample"] = {"place": place, "size": size, "drawn": []}
        return lists


STRATEGIES: Mapping[str, type[Strategy]] = MappingProxyType(
    {strategy.name: strategy for strategy in (BreadthFirst, RandomWalk, ForestFire)}
)
