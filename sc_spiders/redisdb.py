"""The Redis that workers share: how it is reached, and how it is called in messages."""

from __future__ import annotations

from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from sc_spiders.arguments import ArgumentError

TIMEOUT = 10.0  # seconds


def connect(url: str) -> Redis:
    """A client that fails at once; who uses it waits and tries again. Raises ArgumentError for a bad address."""
    try:
        return Redis.from_url(
            url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
    except (ValueError, RedisError) as e:
        raise ArgumentError(
            f"SC_REDIS_URL is no address of a Redis ({e}); it takes redis://[:password@]host[:port][/number]"
        ) from None


def place(url: str) -> str:
    """Where a Redis is, without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
