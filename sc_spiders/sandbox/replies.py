"""Makes answers in the form of the v2 API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from aiohttp import web

from sc_spiders.sandbox.paging import LARGEST, BadCursor, Cursors

T = TypeVar("T")


def reply(data: Any, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(
        status=status,
        body=orjson.dumps(data),
        headers={"Content-Type": "application/json; charset=utf-8", "Cache-Control": "private, max-age=0"},
    )


def origin(request: web.Request) -> str:
    """Return scheme, host and port of a request. Next pages have the same."""
    return f"{request.scheme}://{request.host}"


def limit_of(request: web.Request, default: int = 10, largest: int = LARGEST) -> int:
    """Return the requested number of rows in a page, or raise BadCursor."""
    text = request.query.get("limit", str(default))
    if not text.isdecimal() or int(text) < 1:
        raise BadCursor(f"limit={text}")
    return min(int(text), largest)


def listing(
    request: web.Request,
    rows: Sequence[T],
    cursors: Cursors,
    render: Callable[[T], Any],
    *,
    keep: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
    null_at_end: bool = True,
    default: int = 10,
    largest: int = LARGEST,
) -> web.Response:
    """Answer with a page of a list.

    render: makes an object of a row, or None to leave the row out. keep: the request's parameters that next_href
    keeps, besides cursor and limit. extra: further keys of the answer. null_at_end: whether the last page has
    next_href null, or no next_href.
    """
    try:
        limit = limit_of(request, default, largest)
        page = cursors.page(request.query.get("offset"), limit)
    except BadCursor:
        return reply({}, 400)
    found = (render(rows[at]) for at in page.rows)
    answer: dict[str, Any] = {"collection": [row for row in found if row is not None]}
    if page.next is not None:
        query = urlencode({**(keep or {}), "offset": page.next, "limit": limit})
        answer["next_href"] = f"{origin(request)}{request.path}?{query}"
    elif null_at_end:
        answer["next_href"] = None
    return reply(answer | (extra if extra is not None else {"query_urn": None}))
