"""What every write is checked by: how many there were, who may see a thing, and whose it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.v2 import id_of
from sc_spiders.sandbox.written import Written

Json = dict[str, Any]
Handler = Callable[[web.Request, int], Awaitable[web.Response]]
"""Handles a write of a user."""

OK = {"status": "200 - OK"}


class Spam(Exception):
    """A write beyond its ceiling."""


class Checks:
    """Checks writes against what there is now. ceilings: the most writes of a sort in a day."""

    def __init__(self, account: Account, written: Written, ceilings: dict[str, int]) -> None:
        self._account = account
        self._done = written.done
        self._ceilings = ceilings

    def count(self, user: int, action: str) -> None:
        """Count a write, or raise Spam if there have been as many as a user may do in a day."""
        if action in self._ceilings and self._done[user, action] >= self._ceilings[action]:
            raise Spam
        self._done[user, action] += 1

    def seen(self, kind: str, request: web.Request, user: int) -> Json:
        """Return the track or playlist in a path, or raise NotFound if there is none or the user may not see it."""
        whole = self._account.track_or_playlist(kind, id_of(request.match_info["urn"], kind))
        self.check_is_seen(whole, user)
        return whole

    def check_is_seen(self, whole: Json, user: int) -> None:
        """Raise NotFound if a track or playlist is private and somebody else's."""
        if not whole["public"] and whole["user_id"] != user:
            raise NotFound(whole["id"])

    def own(self, kind: str, request: web.Request, user: int) -> Json:
        """Return the track or playlist in a path, or raise NotFound if it is not the user's."""
        whole = self.seen(kind, request, user)
        if whole["user_id"] != user:
            raise NotFound(whole["id"])
        return whole
