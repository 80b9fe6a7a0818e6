"""Reactions to comments: likes, the own one and that of the track's owner, ten comments a question (GraphQL).

Comments are held back until their reactions are known: they are kept in the question's listing, and written with its
answer, or without reactions where there is none, or where the crawl ends before. Operation, variables and answer are
those of the web site.
"""

from __future__ import annotations

from typing import Any

from sc_spiders import records
from sc_spiders.pages.listing import Listing

_MANY = 2**53  # likes, beyond which it is no count
SIZE = 10  # comments that one question may name
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
    """Listings that ask for the reactions to these comment records, and hold them.

    `track`, `owner`: URNs of the track and of whose it is, which is as the API gives it.
    """
    owner = owner if isinstance(owner, str) and owner.isprintable() else None
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
    """Whether a decoded answer is one to this question."""
    answer = data.get("data") if isinstance(data, dict) else None
    if not isinstance(answer, dict):
        return False
    asked = [row["urn"] for row in listing.extra["rows"]]
    return all(_is_about(asked, answer.get(name)) for name in ("user", "creator"))


def _is_about(asked: list[str], reactions: Any) -> bool:
    """Whether there is one reaction to each of these comments. What names no comment counts by its place."""
    if not isinstance(reactions, list) or len(reactions) != len(asked):
        return False
    if not all(isinstance(one, dict) for one in reactions):
        return False
    names = [one.get("targetUrn") for one in reactions]
    return not any(names) or (all(isinstance(name, str) for name in names) and set(names) == set(asked))


def _in_order(asked: list[str], reactions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reactions in the order in which they were asked for."""
    by_name = {one.get("targetUrn"): one for one in reactions}
    return [by_name.get(urn, one) for urn, one in zip(asked, reactions, strict=True)]


def fill(listing: Listing, data: Any) -> list[dict[str, Any]]:
    """The comments that were held, with their reactions."""
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
    """The likes among the counts; None where they are not what counts should be."""
    try:
        found = [one["count"] for one in counts or () if one["interactionTypeValueUrn"] == _LIKE]
    except (TypeError, KeyError):
        return None
    return sum(found) if all(type(count) is int and 0 <= count < _MANY for count in found) else None
