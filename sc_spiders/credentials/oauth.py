"""Tokens of the public API: requested rarely, shared by processes, saved before use.

A token is valid for about an hour. The token endpoint gives an app 50 tokens in 12 hours and an IP address 30 in an
hour, so processes must share them. A refresh token works once: the process that uses it must save the next one before
another process tries. The grant client_credentials sends the app's id and secret as HTTP Basic, the others in the form.
"""

import base64
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from scrapy import Request

from sc_spiders.credentials.fetch import Fetch
from sc_spiders.credentials.tokenfile import State, TokenFile
from sc_spiders.credentials.types import Credential, Grant, checked
from sc_spiders.errors import CredentialError, LockCancelled, Unanswered

__all__ = ["AppToken", "UserToken", "login_key", "read_answer"]

QUOTA = ((30, 3600.0), (50, 43200.0))  # tokens, seconds
MARGIN = 60.0  # how many seconds before its end a token is renewed, but at most a tenth of its life
FORM = {b"Content-Type": "application/x-www-form-urlencoded", b"Accept": "application/json"}


class TokenSource(ABC):
    """Uses the token in the token file, or requests another and saves it."""

    renewable = True
    remedy: str

    def __init__(
        self,
        url: str,
        key: str,
        file: TokenFile,
        fetch: Fetch,
        app: tuple[str, str],
        first: Mapping[str, str] | None = None,
    ) -> None:
        """`key`: the name of the token's entry in the file. `first`: the entry to use until the file has one."""
        self.url = url
        self.key = key
        self.file = file
        self.fetch = fetch
        self.client_id, self.client_secret = app
        self.first: dict[str, Any] = dict(first or {})
        self.grant: Grant | None = None
        self._login: str | None = None

    async def obtain(self, refused: Credential | None) -> Credential:
        try:
            async with self.file.locked(self.fetch.is_closing):
                state = self.file.load()
                kept = state.get(self.key) or self.first
                self._check_login(kept)
                token = kept.get("access_token")
                # Another process may have renewed it while we waited for the lock.
                fresh = kept.get("renew_at", math.inf) > time.time()
                if not token or not fresh or (refused and token == refused.token):
                    kept = await self._ask(state, kept)
                token = checked("the access_token of the token file", kept["access_token"])
                return Credential(token=token, expires_at=kept.get("renew_at", math.inf))
        except LockCancelled:
            self.fetch.check_open()
            raise

    def _check_login(self, kept: Mapping[str, Any]) -> None:
        """Raises `CredentialError` if somebody has logged in since the first token: perhaps as another user, whose
        account would be read and changed."""
        if not kept:  # somebody has logged out
            return
        login = kept.get("login", "")
        if self._login not in (None, login):
            raise CredentialError("somebody has logged in meanwhile, perhaps as another user: start it again")
        self._login = login

    @abstractmethod
    def grant_from(self, kept: dict[str, Any]) -> Grant:
        """Headers and form of the token request. Raises `CredentialError` if a setting for it is missing."""

    async def _ask(self, state: State, kept: dict[str, Any]) -> dict[str, Any]:
        self.grant = self.grant_from(kept)
        try:
            await self._respect_quota(state)
            request = Request(self.url, method="POST", meta={"auth": "token", "dont_redirect": True})
            response = await self.fetch(request, "the token endpoint")
        except CredentialError as error:
            if error.reason == "wait" and not isinstance(error, Unanswered):
                quota = "it gives an app 50 tokens in 12 hours, and an address 30 an hour"
                raise CredentialError(f"{error} ({quota})", "wait") from None
            raise
        finally:
            self.grant = None
        if response.status in (400, 401):
            raise CredentialError(f"the token endpoint refuses ({response.status}): {self.remedy}")
        if response.status != 200:
            raise CredentialError(f"the token endpoint answers {response.status}, so there is no token")
        answer = read_answer(response.body)
        self.fetch.secrets.hide(answer["access_token"], answer.get("refresh_token", ""))
        entry = {**kept, **answer}
        self.file.save({**state, self.key: entry})
        return entry

    async def _respect_quota(self, state: State) -> None:
        asked = state.setdefault(f"{self.url} asked {self.client_id}", {})
        now = time.time()
        times = [when for when in asked.get("times", []) if now - QUOTA[-1][1] < when <= now]
        for number, window in QUOTA:
            if len(times) >= number and (left := times[-number] + window - now) > 0:
                await self.fetch.sleep(left, "the token endpoint's quota")
        asked["times"] = [*times, time.time()]
        self.file.save(state)


class AppToken(TokenSource):
    """An app's token, requested with its id and secret."""

    remedy = "check SC_CLIENT_ID and SC_CLIENT_SECRET"

    def grant_from(self, kept: dict[str, Any]) -> Grant:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return {**FORM, b"Authorization": f"Basic {basic}"}, b"grant_type=client_credentials"


class UserToken(TokenSource):
    """A user's token, renewed with a refresh token. The first comes from `scrapy login` or the settings."""

    remedy = "run `sc-spiders login` again, or give a fresh SC_REFRESH_TOKEN"

    def grant_from(self, kept: dict[str, Any]) -> Grant:
        if not kept.get("refresh_token"):
            raise CredentialError(f"the user's token has run out: {self.remedy}")
        if not self.client_id or not self.client_secret:
            raise CredentialError(
                "the user's token has run out: renewing it takes the app's SC_CLIENT_ID and SC_CLIENT_SECRET"
            )
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": kept["refresh_token"],
        }
        return FORM, urlencode(form).encode()


def login_key(token_url: str) -> str:
    """The entry of the token file for `scrapy login`."""
    return f"{token_url} login"


def read_answer(body: bytes) -> dict[str, Any]:
    """An entry of the token file, from the token endpoint's answer. `renew_at`: seconds since 1970.

    Raises `CredentialError` if the answer has no token.
    """
    try:
        answer = json.loads(body)
        entry = {"access_token": checked("the access_token", answer["access_token"])}
        if answer.get("refresh_token"):
            entry["refresh_token"] = checked("the refresh_token", answer["refresh_token"])
        life = max(1.0, float(answer.get("expires_in") or 3600))
        if not life < math.inf:
            raise ValueError(life)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, CredentialError):
        raise CredentialError("the token endpoint's answer holds no token") from None
    return {**entry, "renew_at": time.time() + life - min(MARGIN, life / 10)}
