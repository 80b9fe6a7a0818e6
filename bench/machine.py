"""Faults of this machine, in the process that crawls; an extension of the settings `bench.tortured`.

`TORTURE_MACHINE=ENETUNREACH:20:1.5` in the environment: after twenty answers every connection fails with that for a
second and a half. `EMFILE:20:1.5`: by then it has as many files open as it may. `clock:20:-3600`: after twenty answers
the clock steps back by an hour.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import random
import resource
import socket
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

VARIABLE = "TORTURE_MACHINE"

SAYS = "Fault of this machine:"  # in the log, and then its name

CONNECTING = ("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "ENETDOWN", "ECONNREFUSED", "ETIMEDOUT", "ENOBUFS")
DESCRIPTORS, CLOCK = "EMFILE", "clock"
_STEPS = (-2 * 86400, -3600, -1, 1, 3600, 2 * 86400)  # seconds


def drawn(draw: random.Random, most: int) -> str:
    """A fault, after at most so many answers."""
    name = draw.choice((*CONNECTING, *[DESCRIPTORS] * 3, *[CLOCK] * 4))
    amount = draw.choice(_STEPS) if name == CLOCK else round(draw.uniform(0.2, 2), 2)
    return f"{name}:{draw.randint(1, max(1, most // 2))}:{amount}"


class Machine:
    """Has the fault come that the environment asks for."""

    def __init__(self, crawler: Crawler) -> None:
        self.name, after, amount = os.environ[VARIABLE].split(":")
        self.left = int(after)
        self.amount = float(amount)
        crawler.signals.connect(self._answered, signals.response_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def _answered(self) -> None:
        self.left -= 1
        if self.left:
            return
        logger.info("%s %s, %s", SAYS, self.name, self.amount)
        if self.name == CLOCK:
            step_clock(self.amount)
        elif self.name == DESCRIPTORS:
            _few_descriptors(self.amount)
        else:
            _no_connections(getattr(errno, self.name), self.amount)


def _no_connections(number: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    connect = socket.socket.connect_ex

    def connect_ex(one: socket.socket, address: Any) -> int:
        return number if time.monotonic() < until else connect(one, address)

    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign,assignment]


def _few_descriptors(seconds: float) -> None:
    """None but those that are open now, and what becomes free of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    asyncio.get_running_loop().call_later(seconds, resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))


def step_clock(seconds: float) -> None:
    """Have the project see another time; the machine's clock is left alone, and so is the monotonic one."""
    now = time.time

    class Dates(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

    class Stepped(datetime, metaclass=Dates):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds)

    time.time = lambda: now() + seconds
    for name, module in list(sys.modules.items()):
        if name.startswith("sc_spiders.") and vars(module).get("datetime") is datetime:
            module.datetime = Stepped  # type: ignore[attr-defined]
