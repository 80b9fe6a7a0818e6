"""Credentials that all workers share, in the Redis of SC_REDIS_URL. One worker renews them for all."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from redis.asyncio import Redis
from redis.exceptions import RedisError
from scrapy.settings import BaseSettings

from sc_spiders.credentials.fetch import Fetch
from sc_spiders.credentials.tokenfile import State, TokenFile, is_state
from sc_spiders.credentials.types import Credential, Grant, Source
from sc_spiders.errors import ArgumentError, CredentialError, LockCancelled
from sc_spiders.redis_connection import connect, place, reason, refusal

__all__ = ["SharedSource", "SharedTokens"]

KEY = "sc_spiders:credentials"
HOLD = 60  # seconds until the lock of a dead worker expires
LOOK = 0.2  # seconds between tries to get a lock that another worker holds

# Only the holder of a lock may prolong or release it.
_PROLONG = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('EXPIRE', KEYS[1], ARGV[2]) end"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


class SharedTokens(TokenFile):
    """A token file whose newest content is in Redis. A newer login in the file counts, too."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.url = ""
        self._state: State = {}
        self._changed = False

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        tokens = super().from_settings(settings)
        tokens.url = settings["SC_REDIS_URL"]
        return tokens

    @asynccontextmanager
    async def locked(self, cancelled: Callable[[], bool] | None = None) -> AsyncIterator[None]:
        async with super().locked(cancelled), _locked(self.url, cancelled or (lambda: False)) as redis:
            self._state = _read(await redis.get(KEY))
            yield
            if self._changed:
                await redis.set(KEY, json.dumps(self._state))
                self._changed = False

    def load(self) -> State:
        state = super().load()
        for key, entry in self._state.items():
            if entry.get("renew_at", 0) >= state.get(key, {}).get("renew_at", 0):
                state[key] = entry
        return state

    def save(self, state: State) -> None:
        super().save(state)
        self._state = state
        self._changed = True


class SharedSource:
    """Lets one worker at a time ask a source; the others use its result. `name`: the entry in Redis."""

    def __init__(self, inner: Source, url: str, name: str, fetch: Fetch, token: str) -> None:
        self._inner = inner
        self.url = url
        self._name = name
        self._fetch = fetch
        self._token = token
        self.renewable = inner.renewable
        self.remedy = inner.remedy

    @property
    def grant(self) -> Grant | None:
        return self._inner.grant

    async def obtain(self, refused: Credential | None) -> Credential:
        try:
            async with _locked(self.url, self._fetch.is_closing) as redis:
                state = _read(await redis.get(KEY))
                kept = state.get(self._name, {}).get("client_id", "")
                if kept and not (refused and refused.client_id == kept):
                    return Credential(kept, self._token)
                credential = await self._inner.obtain(refused)
                await redis.set(KEY, json.dumps({**state, self._name: {"client_id": credential.client_id}}))
                return credential
        except LockCancelled:
            self._fetch.check_open()
            raise


@asynccontextmanager
async def _locked(url: str, cancelled: Callable[[], bool]) -> AsyncIterator[Redis]:
    """A Redis client that holds the lock on the credentials. Raises LockCancelled, CredentialError."""
    mark, lock = secrets.token_hex(8), f"{KEY}:lock"
    try:
        redis = connect(url)
    except ArgumentError as error:
        raise CredentialError(str(error), "bad_arguments") from None
    async with redis:
        while not await _set(redis, url, lock, mark):
            if cancelled():
                raise LockCancelled
            await asyncio.sleep(LOOK)
        prolonging = asyncio.ensure_future(_prolong(redis, lock, mark))
        try:
            yield redis
        except RedisError as error:
            raise _failure(url, error) from None
        finally:
            prolonging.cancel()
            with contextlib.suppress(RedisError, asyncio.CancelledError):
                await redis.eval(_RELEASE, 1, lock, mark)


async def _set(redis: Redis, url: str, lock: str, mark: str) -> bool:
    try:
        return bool(await redis.set(lock, mark, nx=True, ex=HOLD))
    except (RedisError, OSError) as error:
        if refusal(error):
            raise _failure(url, error) from None
        return False  # Redis is away for the moment: try again, as for a lock that is held


def _failure(url: str, error: Exception) -> CredentialError:
    why = refusal(error) or f"does not answer: {reason(error)}"
    return CredentialError(f"{place(url)}, which keeps the credentials, {why}", "wait")


async def _prolong(redis: Redis, lock: str, mark: str) -> None:
    while True:
        await asyncio.sleep(HOLD / 3)
        with contextlib.suppress(RedisError):
            await redis.eval(_PROLONG, 1, lock, mark, HOLD)


def _read(data: Any) -> State:
    """The credentials in Redis. Raises CredentialError if the value is not of this project."""
    try:
        state = json.loads(data or "{}")
        if is_state(state):
            return dict(state)
    except (ValueError, RecursionError):
        pass
    raise CredentialError(f"the value of {KEY} in Redis is not from this project: remove it (redis-cli DEL {KEY})")
