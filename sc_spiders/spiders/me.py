"""The asking user's own data."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include
from sc_spiders.base_spiders.own_account import hold_to_account
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Row

_OWN_PLAYLISTS = frozenset({"my_albums", "my_playlists"})


class MeSpider(ApiSpider):
    """The user to whom the token belongs, and those of their lists that `include` names. By default nothing private.

    With `playlists` come all their tracks, in order. With `messages` come the conversations too.

    Yields user, track, playlist, conversation, message, email, activity; edge (plays, likes, follows, posts, reposts,
    contains); listing.
    """

    name = "me"
    subject = "user"
    arguments: ClassVar = {"include": include("me")}

    def check(self) -> None:
        hold_to_account(self)

    def seeds(self) -> list[Listing]:
        return [self.listings.new(CATALOGUE["me"], seed="me", level=-1, extra=self.seed_extra("user"))]

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind == "conversation" and "messages" in self.chosen:
            return self._messages(listing, keys)
        if listing.endpoint in _OWN_PLAYLISTS:
            of = dict(zip(keys, objects, strict=True))
            return [self.listings.tracks_of(of[key], key) for key in self.followed(kind).take(keys)]
        return super().follow(listing, kind, objects, keys)

    def _messages(self, listing: Listing, conversations: list[int | str]) -> list[Listing]:
        user = (listing.subject or "").rpartition(":")[2]
        return [
            self.listings.new(CATALOGUE["messages"], {"id": user, "conversation": key})
            for key in self.followed("conversation").take(conversations)
        ]
