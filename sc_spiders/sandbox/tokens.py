"""OAuth tokens: their holders, their life, and their quota."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

from sc_spiders.sandbox.written import NEWCOMER

APP_ID, APP_SECRET = "sandbox-app-id", "sandbox-app-secret"
"""Credentials of the sandbox's app. They are of no use elsewhere."""

USER_TOKEN = "1-000000-183-sandbox"  # noqa: S105
"""The token of the user forss, as in the web site's cookie. It does not expire."""

NEWCOMER_TOKEN = "1-000000-3000000001-sandbox"  # noqa: S105
"""The token of a second user, who has nothing yet. It does not expire."""


@dataclass(frozen=True)
class Token:
    """An access token of a user, or of the app if `user` is None. `until` is monotonic time."""

    user: int | None
    until: float


@dataclass(frozen=True)
class Code:
    """An authorization code that was not exchanged yet."""

    challenge: str
    redirect_uri: str


class Denied(Exception):
    """A refused grant, with the error's name."""


class Tokens:
    """All tokens of a sandbox.

    life: seconds until an access token expires. quota: tokens that the app gets in 12 hours (SoundCloud: 50).
    """

    def __init__(self, user: int, life: float = 3600, quota: int = 50) -> None:
        self._user = user
        self._quota = quota
        self._access: dict[str, Token] = {
            USER_TOKEN: Token(user, float("inf")),
            NEWCOMER_TOKEN: Token(NEWCOMER, float("inf")),
        }
        self._refresh: dict[str, int | None] = {}
        self._codes: dict[str, Code] = {}
        self._granted: list[float] = []
        self.life = life
        self.issued = 0
        self.given: list[str] = []  # all access and refresh tokens ever given

    def holder(self, request: web.Request) -> Token | None:
        """Return the token of a request, or None without one. Raise Denied for a bad token."""
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, value = header.partition(" ")
        token = self._access.get(value.strip())
        if scheme.lower() not in ("oauth", "bearer") or token is None or token.until < time.monotonic():
            raise Denied("invalid_token")
        return token

    def expire(self) -> None:
        """Expire all access tokens except the cookies'."""
        self._access = {name: token for name, token in self._access.items() if token.until == float("inf")}

    def end(self, value: str) -> None:
        """End the session of an access token: it is refused from now on."""
        self._access.pop(value, None)

    def authorize(self, challenge: str, redirect_uri: str) -> str:
        """Return a code for the user who has just agreed."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(challenge, redirect_uri)
        return code

    def by_credentials(self) -> dict[str, object]:
        """Grant a token to the app itself."""
        return self._grant(None)

    def by_code(self, code: str, verifier: str, redirect_uri: str) -> dict[str, object]:
        """Grant a token for a code, which can be used once."""
        found = self._codes.pop(code, None)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if found is None or found != Code(challenge, redirect_uri):
            raise Denied("invalid_grant")
        return self._grant(self._user)

    def by_refresh(self, refresh_token: str) -> dict[str, object]:
        """Grant a token for a refresh token, which can be used once."""
        if refresh_token not in self._refresh:
            raise Denied("invalid_grant")
        return self._grant(self._refresh.pop(refresh_token))

    def _grant(self, user: int | None) -> dict[str, object]:
        now = time.monotonic()
        self._granted = [moment for moment in self._granted if moment > now - 12 * 3600]
        if len(self._granted) >= self._quota:
            raise Denied("rate_limit_exceeded")
        self._granted.append(now)
        self.issued += 1
        access, refresh = f"2-sandbox-{secrets.token_urlsafe(16)}", secrets.token_urlsafe(16)
        self.given += [access, refresh]
        self._access[access] = Token(user, now + self.life)
        self._refresh[refresh] = user
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(self.life),
            "refresh_token": refresh,
            "scope": "",
        }
