"""Full records of what a file of ids names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, choice, named_in_file, written
from sc_spiders.base_spiders.batched import batched
from sc_spiders.base_spiders.targets import Target, any_target
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.listing import TELLS_GONE, Listing
from sc_spiders.pages.seeds import Seeds, Words


class HydrateSpider(ApiSpider):
    """The full records of the users, tracks and playlists that a file names. The order of the file is not kept.

    Tracks, and in the public API also users, are requested 50 at a time; all else one by one. What the API no longer
    has becomes a `gone` record, which is no failure. An address that leads nowhere is one: it may be mistyped.

    Yields user, track, playlist, gone; listing only for what could not be asked for.
    """

    name = "hydrate"
    arguments: ClassVar = {
        "file": named_in_file("a file of ids, URNs, permalinks or addresses, one a line; -: standard input"),
        "kind": Argument(choice("", "user", "track", "playlist"), "", "what the bare ids are"),
    }

    @property
    def named(self) -> Words[Target]:
        """What the arguments name. The kind is "" where only the API knows it, and of bare ids."""
        found: Words[Target] = self.args["file"]
        return found

    def check(self) -> None:
        if self.args.get("kind"):
            return
        for one in self.named:
            if not one.kind and one.id:
                raise ArgumentError(
                    f"{self.name}: {one.text} may be a user, track or playlist: give "
                    f"{written(self.declared(), {'kind': 'track'})}, say, or URNs like soundcloud:tracks:{one.text}"
                )

    def seeds(self) -> Seeds:
        return batched(self, map(self._with_kind, self.named), self._target)

    def _target(self, text: str) -> Target:
        return self._with_kind(any_target(text))

    def _with_kind(self, target: Target) -> Target:
        if target.kind or target.url:
            return target
        return replace(target, kind=self.args["kind"])

    def seed_extra(self, kind: str) -> dict[str, Any]:
        return {TELLS_GONE: True}

    def follow(self, *_: Any) -> list[Listing]:
        return []
