"""`/-/account` and `/-/requests`: what signed-in users have now, and all requests. For tests; part of no API."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from aiohttp import web

from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.relations import FORSS
from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.written import Written

Json = dict[str, Any]

MOST = 50_000
"""The most requests that are remembered, the latest."""

TRACK = ("urn", "title", "description", "sharing", "tag_list", "genre", "permalink", "purchase_url", "license")
PLAYLIST = ("title", "description", "sharing", "tag_list", "genre", "permalink", "set_type")


class Requests:
    """All requests, in the order in which they began."""

    def __init__(self) -> None:
        self.rows: deque[Json] = deque(maxlen=MOST)

    def begin(self, request: web.Request) -> Json:
        """Note that a request has come. `status` is None until it is answered, and for ever if it breaks off."""
        row = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "bytes": 0,
            "begin": time.time(),
            "end": None,
            "status": None,
        }
        self.rows.append(row)
        return row

    def end(self, row: Json, request: web.Request) -> None:
        """Note the end of a request, answered or broken off, and how many bytes of its body came."""
        row |= {"bytes": getattr(request.content, "total_bytes", 0), "end": time.time()}


class Now:
    """What signed-in users have now, over HTTP."""

    def __init__(self, account: Account, written: Written, requests: Requests) -> None:
        self._account = account
        self._written = written
        self._requests = requests

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/-/account", self._answer_account), web.get("/-/requests", self._answer_requests)]

    async def _answer_account(self, request: web.Request) -> web.Response:
        return reply(self.account(int(request.query.get("user", FORSS))))

    async def _answer_requests(self, request: web.Request) -> web.Response:
        return reply([*self._requests.rows])

    def account(self, user: int) -> Json:
        """Return all that a user has now, latest first. `bytes` and `sha256` are those of an uploaded file."""
        account = self._account
        return {
            "likes": [urn for urn, _ in account.likes(user)],
            "reposts": [urn for urn, _ in account.reposts(user)],
            "followings": [f"soundcloud:users:{id}" for id in account.followings(user)],
            "playlists": [self._playlist(id) for id in account.own("playlists", user)],
            "tracks": [self._track(id) for id in account.own("tracks", user)],
            "comments": [self._comment(account.comment(id)) for id in account.own("comments", user)],
        }

    def _playlist(self, id: int) -> Json:
        whole = self._account.playlist(id)
        tracks = [f"soundcloud:tracks:{stub['id']}" for stub in whole["tracks"]]
        row = {"urn": f"soundcloud:playlists:{id}", "tracks": tracks, "artwork": whole.get("artwork")}
        return row | {name: whole[name] for name in PLAYLIST}

    def _track(self, id: int) -> Json:
        whole, upload = self._account.track(id), self._written.uploads.get(id)
        row = {"bytes": None, "sha256": None, "artwork": whole.get("artwork"), "duration": whole["duration"]}
        if upload is not None:
            row |= {"bytes": upload.bytes, "sha256": upload.sha256}
        return row | {name: whole[name] for name in TRACK} | {"storefront": self._written.storefronts.get(id)}

    def _comment(self, whole: Json) -> Json:
        track = f"soundcloud:tracks:{whole['track_id']}"
        return {"urn": whole["self"]["urn"], "track_urn": track, "body": whole["body"], "timestamp": whole["timestamp"]}
