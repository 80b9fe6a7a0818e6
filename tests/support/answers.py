"""Answers of the API, as bytes on the wire and as the objects in them."""

from __future__ import annotations

import json
from typing import Any

_MOMENT = "2025-01-01T00:00:00Z"

Object = dict[str, Any]


def http(status: int, body: bytes | str | dict[str, Any] | list[Any] = b"", type: str = "", **headers: str) -> bytes:
    """An answer on the wire. The headers' names have _ for -."""
    if isinstance(body, dict | list):
        body, type = json.dumps(body), type or "application/json; charset=utf-8"
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close"]
    given = {"Content_Length": str(len(data)), **({"Content_Type": type} if type else {}), **headers}
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


def page(*rows: Any, href: Any = None, **more: Any) -> bytes:
    """A page of a list with these rows; `href` leads to the next one."""
    return http(200, {"collection": list(rows), "next_href": href, **more})


def user(number: int, **more: Any) -> Object:
    return {
        "kind": "user", "id": number, "urn": f"soundcloud:users:{number}", "username": str(number),
        "permalink": f"user-{number}", "followings_count": 2, "followers_count": 2, **more,
    }  # fmt: skip


def track(number: int, **more: Any) -> Object:
    """A track with enough fields for a whole record."""
    return {
        "kind": "track", "id": number, "urn": f"soundcloud:tracks:{number}", "title": str(number), "user_id": 1,
        "description": "", "created_at": _MOMENT, "playback_count": 0, **more,
    }  # fmt: skip


def stub(number: int) -> Object:
    """A track in a playlist that only has an id."""
    return {"kind": "track", "id": number, "monetization_model": "X", "policy": "Y"}


def playlist(number: int, **more: Any) -> Object:
    return {
        "kind": "playlist", "id": number, "urn": f"soundcloud:playlists:{number}", "title": str(number),
        "description": "", **more,
    }  # fmt: skip


def comment(number: int, **more: Any) -> Object:
    return {
        "kind": "comment", "id": number, "body": "b", "track_id": 1, "timestamp": 1, "user_id": 1, "user": user(1),
        "created_at": _MOMENT, **more,
    }  # fmt: skip
