"""The asking user's own data."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Row


class MeSpider(ApiSpider):
    """The user to whom the token belongs, and those of their lists that `include` names. By default nothing private.

    With `messages` come the conversations too.

    Yields user, track, playlist, conversation, message, email, activity; edge (plays, likes, follows, posts, reposts);
    listing.
    """

    name = "me"
    subject = "user"
    arguments: ClassVar = {"include": include("me")}

    def seeds(self) -> list[Listing]:
        return [self.listings.new(CATALOGUE["me"], seed="me", level=-1, extra=self.seed_extra("user"))]

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind != "conversation" or "messages" not in self.chosen:
            return super().follow(listing, kind, objects, keys)
        user = (listing.subject or "").rpartition(":")[2]
        return [
            self.listings.new(CATALOGUE["messages"], {"id": user, "conversation": key})
            for key in self.followed(kind).take(keys)
        ]
