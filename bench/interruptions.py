"""What befalls a run of a crawl in `bench.torture`: how it is ended, and what this machine does to it meanwhile."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench import killpoints, machine

_STARTING = 1.5  # seconds that a process takes to its first requests, about
_OFTEN = 0.6  # of the runs this machine fails, too
_POWER = 0.5  # of the kills at a point within, the machine stops with the process


@dataclass(frozen=True)
class Interruption:
    """How a run is ended, and a fault of this machine.

    pages, seconds: it is killed by which page, or after how many seconds.
    point: at which point within it kills itself, see `killpoints`.
    disk: how many bytes a file of it may have.
    fault: of this machine, see `machine`.
    power: where the killed process leaves its picture of the disk, see `disks`.
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
        """What tells the crawl of it."""
        told = {killpoints.VARIABLE: self.point, machine.VARIABLE: self.fault}
        told[killpoints.PICTURE] = str(self.power or "")
        told = {name: value for name, value in told.items() if value}
        return {**told, "SCRAPY_SETTINGS_MODULE": "bench.tortured"} if told else {}


def kill(draw: random.Random, most: int, *, last: bool) -> Interruption:
    """How a run is killed.

    All kills together come before a crawl can be through: it takes more requests than `most` for each of them, and is
    killed before it has asked for more, or acknowledged more. Only the last may let it close: what is under way then
    comes to its end.
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
    """A disk on which no file grows much beyond the largest that is there, in bytes."""
    return Interruption(disk=largest + draw.randint(0, 50_000))


def with_fault(draw: random.Random, interruption: Interruption, most: int) -> Interruption:
    """The same, and the machine may fail too: after so many answers at most."""
    if draw.random() > _OFTEN:
        return interruption
    return replace(interruption, fault=machine.drawn(draw, most))


def with_power_cut(draw: random.Random, interruption: Interruption, picture: Path) -> Interruption:
    """The same, and what was not synced may be lost. Not where the descriptors are too few to look at the disk."""
    few = interruption.fault.startswith(machine.DESCRIPTORS)
    if few or not interruption.point or draw.random() > _POWER:
        return interruption
    return replace(interruption, power=picture)
