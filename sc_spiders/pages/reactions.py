"""Reactions to comments: the number of likes, and whether the token's user and the track's owner like them.

One request asks about ten comments. Its listing holds the comments until the answer comes. If none comes, or if the
crawl ends first, they are written without reactions. Operation, variables and answer are those of the web site.
"""

from __future__ import annotations

from typing import Any

from sc_spiders import records
from sc_spiders.pages.listing import Listing

_MANY = 2**53  # likes; a larger number cannot be a count
SIZE = 10  # comments of one request
_TYPE = "sc:interactiontype:reaction"
_LIKE = "sc:interactiontypevalue:like"

_OF = "parentUrn: $parentUrn, interactionTypeUrn: $interactionTypeUrn, targetUrns: $targetUrns"
_FIELDS = "{ targetUrn interactionTypeUrn userInteraction interactionCounts { count interactionTypeValueUrn } }"
_QUERY = f"""query UserInteractions(
  $parentUrn: String!, $interactionTypeUrn: String!, $targetUrns: [String!]!, $createdByProfileUrn: String
) {{
  user: userInteractions({_OF}) {_FIELDS}
  creator: userInteractions({_OF}, createdByProfileUrn: $createdByProfileUrn) {_FIELDS}
}}"""


def questions(rows: list[dict[str, Any]], track: str, owner: Any, level: int) -> list[Listing]:
    """Listings that request the reactions to these comment records, and hold the records.

    `track`: its URN. `owner`: the URN of the track's owner, as the API gives it.
    """
    if not isinstance(owner, str) or not owner.isprintable():
        owner = None
    return [
        Listing("comment_reactions", track, "", level=level, extra={"rows": ten, "owner": owner})
        for ten in (rows[at : at + SIZE] for at in range(0, len(rows), SIZE))
    ]


def question(listing: Listing) -> dict[str, Any]:
    """Method, headers and body of the request."""
    variables = {
        "parentUrn": listing.subject,
        "interactionTypeUrn": _TYPE,
        "targetUrns": [row["urn"] for row in listing.extra["rows"]],
        "createdByProfileUrn": listing.extra["owner"],
    }
    body = records.dumps({"operationName": "UserInteractions", "query": _QUERY, "variables": variables})
    return {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": body}


def fits(listing: Listing, data: Any) -> bool:
    """Whether a decoded answer belongs to this request."""
    if not isinstance(data, dict) or not isinstance(answer := data.get("data"), dict):
        return False
    asked = [row["urn"] for row in listing.extra["rows"]]
    return all(_is_about(asked, answer.get(name)) for name in ("user", "creator"))


def _is_about(asked: list[str], reactions: Any) -> bool:
    """Whether there is one reaction to each of these comments. If reactions name no comment, their order tells."""
    if not isinstance(reactions, list) or len(reactions) != len(asked):
        return False
    if not all(isinstance(one, dict) for one in reactions):
        return False
    names = [one.get("targetUrn") for one in reactions]
    return not any(names) or (all(isinstance(name, str) for name in names) and set(names) == set(asked))


def _in_order(asked: list[str], reactions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reactions in the order of the request."""
    by_name = {one.get("targetUrn"): one for one in reactions}
    return [by_name.get(urn, one) for urn, one in zip(asked, reactions, strict=True)]


def fill(listing: Listing, data: Any) -> list[dict[str, Any]]:
    """The comments of the listing, with their reactions."""
    rows: list[dict[str, Any]] = listing.extra.pop("rows")
    asked = [row["urn"] for row in rows]
    users = _in_order(asked, data["data"]["user"])
    creators = _in_order(asked, data["data"]["creator"])
    for row, user, creator in zip(rows, users, creators, strict=True):
        row["likes_count"] = _likes(user.get("interactionCounts"))
        row["liked_by_user"] = user.get("userInteraction") == _LIKE
        row["liked_by_creator"] = creator.get("userInteraction") == _LIKE
    return rows


def _likes(counts: Any) -> int | None:
    """The number of likes; None if the counts are invalid."""
    try:
        found = [one["count"] for one in counts or () if one["interactionTypeValueUrn"] == _LIKE]
    except (TypeError, KeyError):
        return None
    if not all(type(count) is int and 0 <= count < _MANY for count in found):
        return None
    likes: int = sum(found)
    return likes
