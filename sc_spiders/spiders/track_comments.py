"""Comments on tracks."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders.api import Endpoint
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, choice, flag, since_argument, subjects, until_argument
from sc_spiders.errors import ArgumentError
from sc_spiders.pages import reactions
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row


class TrackCommentsSpider(ApiSpider):
    """All comments on some tracks, with the replies, and the tracks. A comment has its moment in the track, in ms.

    The API does not say which comment a reply answers. With `reactions=1` each comment has its likes, whether the
    track's owner likes it, and whether the asking user does (v2, needs a user's token).

    Yields comment, track; listing.
    """

    name = "track_comments"
    subject = "track"
    arguments: ClassVar = {
        "track": subjects("track", "which tracks: ids, URNs, permalinks, URLs, or @FILE"),
        "threaded": Argument(flag, "0", "1: replies after the comments that they answer (v2)"),
        "sort": Argument(choice("", "newest", "oldest", "track-timestamp"), "", "the order of the comments (v2)"),
        "since": since_argument("comments"),
        "until": until_argument("comments"),
        "reactions": Argument(flag, "0", "1: also likes (v2, needs a user's token)"),
    }

    @property
    def chosen(self) -> tuple[str, ...]:
        if self.args.get("reactions"):
            return ("track", "reactions")
        return ("track",)

    def check(self) -> None:
        for name in ("threaded", "sort", "reactions"):
            if self.args[name] and self.api != "v2":
                raise ArgumentError(f"track_comments: the {self.api} API has no {name}; use SC_API=v2")

    def query(self, endpoint: Endpoint) -> dict[str, str]:
        if endpoint.name != "track_comments":
            return {}
        query = {}
        if self.args["threaded"]:
            query["threaded"] = "1"
        if self.args["sort"]:
            query["sort"] = self.args["sort"]
        return query

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        listings = super().follow(listing, kind, objects, keys)
        for comments in listings:
            comments.extra["owner"] = _owner(objects[0])
        return listings

    def after_page(self, page: Page) -> None:
        listing = page.listing
        if self.args["reactions"] and listing.endpoint == "track_comments" and "comment" in page.rows:
            rows: list[dict[str, Any]] = page.rows.pop("comment")
            page.follow += reactions.questions(rows, listing.subject or "", listing.extra["owner"], listing.level)


def _owner(track: Row) -> str | None:
    user = track.get("user")
    if not isinstance(user, dict):
        return None
    urn: str | None = user.get("urn")
    return urn
