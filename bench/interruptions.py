"""Draws the interruptions of `bench.torture`: how a run ends, and how the machine fails meanwhile."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench import killpoints, machine

_STARTING = 0.4  # seconds from a process's start to its first request, roughly
_OFTEN = 0.6  # in this share of the runs, the machine fails too
_POWER = 0.5  # this share of the kills at a kill point is a power cut


@dataclass(frozen=True)
class Interruption:
    """How a run ends, and a fault of the machine.

    pages, seconds: the run is killed at this page, or after these seconds.
    point: the kill point at which it kills itself, see `killpoints`.
    disk: the most bytes that a file may have.
    fault: of the machine, see `machine`.
    power: the folder for the killed process's picture of the disk, see `disks`.
    """

    pages: int = 0
    seconds: float = math.inf
    point: str = ""
    disk: int | None = None
    fault: str = ""
    power: Path | None = None

    @property
    def kills(self) -> bool:
        return bool(self.pages or self.point)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables for the crawl."""
        told = {killpoints.VARIABLE: self.point, machine.VARIABLE: self.fault}
        told[killpoints.PICTURE] = str(self.power or "")
        told = {name: value for name, value in told.items() if value}
        if not told:
            return {}
        return {**told, "SCRAPY_SETTINGS_MODULE": "bench.tortured"}


def kill(draw: random.Random, most: int, *, last: bool) -> Interruption:
    """Draws how a run is killed.

    The crawl must not finish before the last kill. It needs more than `most` requests for each kill, and a run is
    killed before it has sent or acknowledged `most` of them. Only the last kill may come while the crawl closes, when
    requests in flight still end.
    """
    chance = draw.random()
    if last:
        return Interruption(point=f"{_point(draw, 'close')}:{draw.randint(1, most)}")
    if chance < 0.2:
        return Interruption(point=_point(draw, "commit", most))
    if chance < 0.5:
        return Interruption(point=f"commit:{killpoints.SURE['commit'] * most}:{draw.randint(1, 2)}")
    if chance < 0.6:
        return Interruption(point=_point(draw, "start"))
    if chance < 0.7:
        return Interruption(1, draw.uniform(0, _STARTING))
    return Interruption(draw.randint(1, most))


def _point(draw: random.Random, group: str, pages: int = 1) -> str:
    return f"{group}:{draw.randint(1, killpoints.SURE[group] * pages)}"


def full_disk(draw: random.Random, largest: int) -> Interruption:
    """Draws a disk that is soon full. `largest`: bytes of the largest file so far."""
    return Interruption(disk=largest + draw.randint(0, 50_000))


def with_fault(draw: random.Random, interruption: Interruption, most: int) -> Interruption:
    """Adds a fault of the machine to some interruptions, after at most `most` answers."""
    if draw.random() > _OFTEN:
        return interruption
    return replace(interruption, fault=machine.drawn(draw, most))


def with_power_cut(draw: random.Random, interruption: Interruption, picture: Path) -> Interruption:
    """Adds a power cut to some kills. Not if the machine lacks file descriptors: the disk cannot be read then."""
    few = interruption.fault.startswith(machine.DESCRIPTORS)
    if few or not interruption.point or draw.random() > _POWER:
        return interruption
    return replace(interruption, power=picture)
