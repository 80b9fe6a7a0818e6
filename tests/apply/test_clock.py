"""A clock that is set while a run waits changes no wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from sc_spiders.base_spiders import wire
from sc_spiders.base_spiders.wire import CrawlWire

DAY = 86_400.0


def clocks(jump: float) -> Iterator[float]:
    """The time of the machine: after it was asked once, it is set."""
    yield time.time()
    while True:
        yield time.time() + jump


@pytest.mark.parametrize(("since", "jump"), [(0, 0), (DAY, 0), (0, DAY), (0, -DAY)])
def test_a_wait_takes_its_time(monkeypatch: pytest.MonkeyPatch, since: float, jump: float) -> None:
    """`since`: how far in the future the last write is, by a clock that was set back meanwhile."""
    asked = clocks(jump)
    monkeypatch.setattr(wire, "time", SimpleNamespace(time=lambda: next(asked), monotonic=time.monotonic))
    monkeypatch.setattr(CrawlWire, "_check_open", lambda self: None)
    begun = time.monotonic()
    asyncio.run(CrawlWire.__new__(CrawlWire).pause(time.time() + since, 0.2))
    assert 0.15 < time.monotonic() - begun < 2


def test_what_is_over_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CrawlWire, "_check_open", lambda self: None)
    begun = time.monotonic()
    asyncio.run(CrawlWire.__new__(CrawlWire).pause(time.time() - 60, 60))
    assert time.monotonic() - begun < 1
