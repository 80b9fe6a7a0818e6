"""Serves recorded answers instead of a world.

The folder has an `INDEX.jsonl`, one JSON object a line: `file` (its name in the folder), `url`, `status`, `date`, and
`headers`. If an address was recorded more than once, the latest answer is given. If a set of tracks
(`/tracks?ids=`) was not recorded, the answer is composed from all recorded tracks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from aiohttp import web

from sc_spiders.sandbox.replies import origin, reply

Key = tuple[str, tuple[tuple[str, str], ...]]

RELEVANT = {"url", "q", "ids", "offset", "cursor", "page_number", "genre", "kind", "region"}
"""Query parameters that select an answer, besides `filter.…`. Page sizes and credentials do not."""

HOSTS = {
    "api-v2.soundcloud.com": "",
    "api-widget.soundcloud.com": "",
    "api.soundcloud.com": "/public",
    "soundcloud.com": "",
}
"""The path on the sandbox for each host of SoundCloud."""

HREF = re.compile(r"^https?://((?:[a-z0-9-]+\.)*soundcloud\.com)(?::\d+)?(?=/)")


def _key(path: str, query: list[tuple[str, str]]) -> Key:
    path = re.sub(r"soundcloud:[a-z-]+:(?=\d+(?:/|$))", "", unquote(path)).removesuffix(".json")
    kept = []
    for name, value in query:
        if name == "url":
            value = urlsplit(value).path.strip("/").lower()
        elif name == "ids":
            value = ",".join(sorted(id.lstrip("0") for id in value.split(",")))
        if (name in RELEVANT or name.startswith("filter.")) and (name, value) != ("offset", "0"):
            kept.append((name, value))
    return path, tuple(sorted(kept))


class Recorded:
    """Answers from a folder. Raises ValueError if it has no index."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        index = folder / "INDEX.jsonl"
        if not index.is_file():
            raise ValueError(f"{folder} has no INDEX.jsonl")
        entries = [orjson.loads(line) for line in index.read_bytes().splitlines() if line.strip()]
        self._entries = _by_key(entries)
        self._tracks: dict[int, Any] = {}
        for key, entry in self._entries.items():
            if _ids(key):
                self._tracks |= {track["id"]: track for track in self._load(entry)}

    def _load(self, entry: dict[str, Any]) -> Any:
        return orjson.loads((self._folder / entry["file"]).read_bytes())

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request. Addresses of further pages are changed to the sandbox's."""
        key = _key(request.path, list(request.query.items()))
        entry = self._entries.get(key)
        if entry is None:
            return self._composed(key)
        body = (self._folder / entry["file"]).read_bytes()
        headers = {"Content-Type": entry["headers"].get("content-type", "application/json; charset=utf-8")}
        location = entry["headers"].get("location")
        if location:
            headers["Location"] = _own(location, origin(request))
        return web.Response(status=entry["status"], body=_with_own_links(body, origin(request)), headers=headers)

    def _composed(self, key: Key) -> web.Response:
        """Answer with tracks by id from all recorded ones, or with 404."""
        ids = _ids(key)
        if not ids:
            return reply({}, 404)
        wanted = (int(id) for id in ids.split(",") if id.isdecimal())
        return reply([self._tracks[id] for id in wanted if id in self._tracks])


def _by_key(entries: list[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """Return the latest entry for each request."""
    found = {}
    # The web player's host answers as v2 does. If both were recorded, v2's answer is used.
    for entry in sorted(entries, key=lambda entry: ("widget" not in entry["url"], entry.get("date") or "")):
        url = urlsplit(entry["url"])
        if entry.get("method", "GET") == "GET" and url.hostname in HOSTS:
            found[_key(HOSTS[url.hostname] + url.path, parse_qsl(url.query))] = entry
    return found


def _ids(key: Key) -> str | None:
    """Return the ids of a request for tracks by id."""
    if key[0] != "/tracks":
        return None
    return dict(key[1]).get("ids")


def _with_own_links(body: bytes, origin: str) -> bytes:
    """Return the body with the sandbox's addresses of further pages."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(data, dict):
        return body
    links = [name for name in ("next_href", "future_href", "location") if isinstance(data.get(name), str)]
    if not links:
        return body
    return orjson.dumps(data | {name: _own(data[name], origin) for name in links})


def _own(href: str, origin: str) -> str:
    """Return the address with the sandbox in place of SoundCloud's host."""
    return HREF.sub(lambda found: origin + HOSTS.get(found[1], ""), href)
