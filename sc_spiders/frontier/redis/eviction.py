"""Whether a Redis may evict keys. It would lose parts of a crawl, and the crawl could not go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from sc_spiders.redis_connection import connect_blocking, place

logger = logging.getLogger(__name__)

REMEDY = "run `CONFIG SET maxmemory-policy noeviction`, or set it where your provider has such settings"


def policy(redis: Redis) -> str:
    """The maxmemory-policy; "" if this Redis does not tell it. Raises RedisError if it does not answer."""
    for ask in (partial(redis.info, "memory"), partial(redis.config_get, "maxmemory-policy")):
        told: Mapping[Any, Any] = {}
        with suppress(ResponseError):  # no such command, or no right to it
            told = ask()
        if found := told.get("maxmemory_policy") or told.get("maxmemory-policy"):
            return str(found)
    return ""


def risk(found: str) -> str:
    """What a Redis with that maxmemory-policy may evict; "" if that is nothing, or not known."""
    if found in ("", "noeviction"):
        return ""
    if found.startswith("volatile-"):  # keys of a crawl never expire
        return (
            f"it may evict keys that expire when it reaches maxmemory (maxmemory-policy {found}): no part of a crawl, "
            "but the lock of the credentials, so that two workers may renew them at once"
        )
    return (
        f"it may evict any key when it reaches maxmemory (maxmemory-policy {found}): a crawl that loses a key cannot "
        "go on"
    )


async def warn(url: str) -> None:
    """Log a warning if the Redis may evict keys. If it does not tell, nothing is logged."""
    found = ""
    with suppress(RedisError, OSError):
        found = await asyncio.to_thread(_ask, url)
    if what := risk(found):
        logger.warning("%s: %s; %s.", place(url), what, REMEDY)


def _ask(url: str) -> str:
    with connect_blocking(url) as redis:
        return policy(redis)
