"""A server with lists that a gate always refuses, and long lists that it lets pass."""

from __future__ import annotations

from sc_spiders.sandbox.failures import CLOUDFRONT
from tests.support.answers import http, user
from tests.support.server import Server

USERS = "1,2,3,4,5"
LONG = 12  # pages of each list that passes
REFUSED = {f"/users/{number}/followings" for number in (1, 2, 3)}
LET_PASS = {f"/users/{number}/followings" for number in (4, 5)}
GATE = http(403, CLOUDFRONT.format(status=403, reason="Request blocked.").encode(), "text/html")


class GatedServer(Server):
    """The lists of users 1, 2 and 3 are refused each time. Those of users 4 and 5 have many pages."""

    def __init__(self) -> None:
        super().__init__(self._answer)

    def _answer(self, path: str, turn: int) -> bytes | None:
        if path in REFUSED:
            return GATE
        if path in LET_PASS:
            href = f"{self.url}{path}?cursor=after{turn}" if turn < LONG else None
            return http(200, {"collection": [user(100 + turn)], "next_href": href})
        return None
