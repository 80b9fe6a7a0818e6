"""Changes of an account, from a plan."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.settings import SETTINGS_PRIORITIES

from sc_spiders.api import CATALOGUE, Endpoint
from sc_spiders.base_spiders import plans
from sc_spiders.base_spiders.applying import Applying, Wanted
from sc_spiders.base_spiders.arguments import Argument, flag, words
from sc_spiders.base_spiders.batched import batched
from sc_spiders.base_spiders.private_files import PrivateFiles
from sc_spiders.base_spiders.targets import Target, target
from sc_spiders.pages.listing import TELLS_GONE, Listing
from sc_spiders.pages.page import Page, Row
from sc_spiders.spiders.me import MeSpider

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrapy.settings import BaseSettings

_BOT_NAME = "sc_spiders"
"""That of this project. Others have their own."""

_WRITTEN = frozenset({"listing", "rejected", "gone"})


class ApplySpider(MeSpider):
    """Makes the changes of an account that a plan names, or makes it like an earlier `me` crawl.

    Without `apply` it is a dry run: it reads, compares, and prints what would be done and a digest of that. With
    `apply=DIGEST` and a job directory, it does what that dry run has printed, one action at a time. It works with the
    public API only, and needs a user's token.

    Yields action, gone; listing.
    """

    name = "apply"
    main_kind = "action"
    asks_anew = True
    apis = ("public",)
    arguments: ClassVar = {
        "plan": plans.file("a plan: JSON Lines or CSV, or the action.jsonl of a dry run", "plan.jsonl"),
        "from": plans.file("output of a me crawl, whose state is wanted"),
        "include": Argument(words(plans.WORDS), "likes,followings,playlists", "what of `from` is restored"),
        "apply": Argument(plans.digest, "", "the digest that the dry run has printed; without it nothing is written"),
        "prune": Argument(flag, "0", "1: also take away what `from` does not have"),
        "allow": Argument(
            plans.allowances,
            "",
            "delete, lossy: permits deletions, and changes of playlists that lose tracks nobody can see",
        ),
        "undo": Argument(flag, "0", "1: take back what a finished run did; plan is its action.jsonl"),
        "files": plans.file("the folder in which files to upload are; by default that of the plan"),
    }

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Take the public API unless another was chosen: only that takes writes from programs."""
        super().update_settings(settings)
        defaults = "addon"
        if settings["BOT_NAME"] == _BOT_NAME:  # our own settings.py has a default, too
            defaults = "project"
        is_default = (settings.getpriority("SC_API") or 0) <= SETTINGS_PRIORITIES[defaults]
        if is_default and not os.environ.get("SC_API"):
            settings.set("SC_API", "public", priority="spider")

    @property
    def chosen(self) -> tuple[str, ...]:
        return ("profile",)

    @cached_property
    def wanted(self) -> Wanted:
        """What the arguments ask for. Raises ArgumentError."""
        return plans.read(self)

    def check(self) -> None:
        plans.check(self)
        self.private_files = PrivateFiles(self.crawler)  # they have titles and texts of what is private
        self.applying = Applying(self.crawler, self.wanted)

    @cached_property
    def plan(self) -> tuple[Endpoint, ...]:
        """The lists that tell whether the actions are needed."""
        if self.problem:
            return ()
        return tuple(CATALOGUE[name] for name in plans.lists(self.wanted))

    def seeds(self) -> list[Listing]:
        """The account, and what the plan names and only the API knows."""
        extra = {"kind": "user", "unwritten": True}
        me = self.listings.new(CATALOGUE["me"], seed="me", level=-1, extra=extra)
        named = plans.named(self.wanted.plan)
        return [me, *batched(self, named, partial(_target, {one.text: one for one in named}))]

    def seed_extra(self, kind: str) -> dict[str, Any]:
        return {TELLS_GONE: True, "unwritten": True}

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        urns = [key if isinstance(key, str) else f"soundcloud:{kind}s:{key}" for key in keys]
        if listing.endpoint == "me":
            self.applying.note([("me", urns[0], objects[0].get("permalink") or "")])
            return self.listings.expand("user", objects[0], keys[0], 0)
        if listing.endpoint in plans.OWN:
            return self._note_own(kind, urns, objects)
        self.applying.note(plans.notes(listing, urns))
        if kind == "playlist" and listing.seed in plans.playlists(self.wanted.plan):  # the plan names it by its address
            return [self._tracks(urns[0], objects[0])]
        return []

    def _note_own(self, kind: str, urns: list[str], objects: list[Row]) -> list[Listing]:
        """Store the account's own objects. Of playlists that the plan is about, the tracks are needed, too."""
        of = dict(zip(urns, objects, strict=True))
        self.applying.note((kind, urn, plans.fields_of(kind, one)) for urn, one in of.items())
        if kind != "playlist":
            return []
        self.applying.note(("count", urn, one.get("track_count") or 0) for urn, one in of.items())
        about = plans.playlists(self.wanted.plan)
        return [self._tracks(urn, one) for urn, one in of.items() if urn in about or one.get("title") in about]

    def _tracks(self, urn: str, playlist: Row) -> Listing:
        announced = playlist.get("track_count")
        return self.listings.new(CATALOGUE["playlist_tracks"], {"urn": urn}, level=1, announced=announced)

    def after_page(self, page: Page) -> None:
        """Leave only actions in the page. The `me` spider writes the account's lists."""
        listing = page.listing
        if listing.spec.shape == "batch":
            kind = listing.spec.kinds[0]
            self.applying.note(("there", f"soundcloud:{kind}s:{id}", True) for id in listing.extra.get("came", ()))
        page.rows = {kind: rows for kind, rows in page.rows.items() if kind in _WRITTEN}

    @property
    def doing(self) -> str:  # type: ignore[override]
        """How many actions have been carried out, and how far an upload is."""
        return self.applying.doing

    # At the end

    def last_rows(self) -> Iterator[tuple[str, list[Row]]]:
        for rows in self.applying.rows():
            yield "action", rows

    @property
    def headline(self) -> str:  # type: ignore[override]
        """`planned` after a dry run."""
        return self.applying.headline

    def last_lines(self) -> Iterator[str]:
        yield from self.applying.lines()

    def next_command(self, outputs: Iterable[str]) -> str:
        return self.applying.next_command(outputs)


def _target(named: dict[str, Target], text: str) -> Target:
    if text in named:
        return named[text]
    return target(text.split(":")[1].removesuffix("s"), text)
