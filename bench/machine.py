"""An extension that simulates faults of the machine, used by the settings `bench.tortured`.

The environment variable TORTURE_MACHINE names the fault. `ENETUNREACH:20:1.5`: after twenty answers, every connection
fails with this error for 1.5 seconds. `EMFILE:20:1.5`: the process cannot open further files for as long.
`clock:20:-3600`: after twenty answers, the clock steps back by an hour.
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

SAYS = "Fault of this machine:"  # in the log, before the fault's name

CONNECTING = ("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "ENETDOWN", "ECONNREFUSED", "ETIMEDOUT", "ENOBUFS")
DESCRIPTORS, CLOCK = "EMFILE", "clock"
_STEPS = (-2 * 86400, -3600, -1, 1, 3600, 2 * 86400)  # seconds


def drawn(draw: random.Random, most: int) -> str:
    """Draws a fault that begins after at most `most` answers."""
    name = draw.choice((*CONNECTING, *[DESCRIPTORS] * 3, *[CLOCK] * 4))
    amount = draw.choice(_STEPS) if name == CLOCK else round(draw.uniform(0.2, 2), 2)
    return f"{name}:{draw.randint(1, max(1, most // 2))}:{amount}"


class Machine:
    """Causes the fault that the environment names."""

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
    """Limits file descriptors to those that are open now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    asyncio.get_running_loop().call_later(seconds, resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))


def step_clock(seconds: float) -> None:
    """Shifts the time for the project's code. The machine's clock and the monotonic clock do not change."""
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
