"""The anonymous client ids of the v2 API: 32 characters, shown on the web page, valid for a while."""

from __future__ import annotations

import string
from random import Random


class ClientIds:
    """Issue client ids, each valid for `expire_after` requests (0: for ever)."""

    def __init__(self, seed: int, expire_after: int = 0) -> None:
        self._dice = Random(f"{seed}/client ids")
        self._expire_after = expire_after
        self._used = 0
        self.issued = 0
        self._renew()

    def _renew(self) -> None:
        self.current = "".join(self._dice.choices(string.ascii_letters + string.digits, k=32))
        self._used = 0
        self.issued += 1

    def expire(self) -> None:
        """Expire the current client id at once."""
        self._renew()

    def accept(self, client_id: str | None) -> bool:
        """Count a request, and say whether its client id is valid."""
        if client_id != self.current:
            return False
        self._used += 1
        if self._expire_after and self._used > self._expire_after:
            self._renew()
            return False
        return True
