"""Measures reports of large networks: `python -m bench.report`. CPU and size of the page, and its speed in Chromium.

The data set is like a crawl of followers: accounts with names, cities and countries, most of whose links stay within
their community, and a track for every third account. Each report is made in a new process.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium.webdriver import Chrome

from bench.figures import HERE, Figure, at_most, environment, tell
from sc_spiders.records import dumps
from tests.dataset.browser import CHROMIUM, DRIVER, browser, show
from tests.dataset.make import crawl, follows, listing, track, user

ACCOUNTS = (100, 10_000, 20_000, 100_000)
LINKS = 6
"""Links for one account."""
CPU, SIZE = 30.0, 6.0
"""At most so many seconds, and MB, of the largest report."""
FRAME = 50.0
"""At most so many milliseconds for a frame while a reader moves the drawing of 20,000 accounts or fewer."""
_CITIES = ("Berlin", "Kyiv", "Lagos", "São Paulo", "London", "Osaka", "Montréal", "Cairo")
_COUNTRIES = ("DE", "UA", "NG", "BR", "GB", "JP", "CA", "EG")
_GENRES = ("Techno", "Ambient", "House", "Jazz", "Drum & Bass", "Folk", "Dub", "Footwork")
_SYLLABLES = "ka lo mi ren ta vo shi ne bra del or un sa fi ze mo lu an ti ko".split()  # noqa: SIM905

# Zooms in and out by the wheel for a second, and returns how long each frame took, in milliseconds.
_FRAMES = """
const done = arguments[0], canvas = document.getElementById("canvas"), times = [];
const place = canvas.getBoundingClientRect();
const begun = performance.now();
let before = begun;
const step = (now) => {
  times.push(now - before);
  before = now;
  if (now - begun > 1000) { done(times.slice(2)); return; }
  const turn = { deltaY: times.length % 40 < 20 ? -30 : 30, clientX: place.left + 300, clientY: place.top + 300 };
  canvas.dispatchEvent(new WheelEvent("wheel", turn));
  requestAnimationFrame(step);
};
requestAnimationFrame(step);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", type=int, nargs="+", default=ACCOUNTS)
    parser.add_argument(
        "--passes", type=int, default=3, help="the drawing is moved so often, and the best counts; default: 3"
    )
    parser.add_argument("--json", type=Path, default=HERE / "report.json")
    options = parser.parse_args()
    figures: list[Figure] = []
    with TemporaryDirectory() as name:
        pages = {count: Path(name, f"{count}.jsonl") for count in options.accounts}
        for count, file in pages.items():
            with file.open("wb") as lines:
                lines.writelines(dumps(row) + b"\n" for row in world(count))
            cpu = _made(file)
            size = file.with_suffix(".html").stat().st_size / 1e6
            figures.append(at_most(f"CPU of a report of {count:,} accounts, seconds", cpu, CPU))
            figures.append(at_most(f"size of a report of {count:,} accounts, MB", size, SIZE))
        if CHROMIUM and DRIVER:
            figures += _in_browser(pages, options.passes)
    tell(options.json, environment("networkit", "duckdb"), figures)


def world(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """The records of a crawl of so many accounts."""
    chance = random.Random(seed)
    groups = max(min(count // 50, 40), 1)
    for number in range(1, count + 1):
        group = number % groups
        name = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 6)))
        at = (group if chance.random() < 0.6 else chance.randrange(groups)) % len(_CITIES)
        yield user(
            number,
            username=name.title(),
            permalink=f"{name}-{number}",
            permalink_url=f"https://soundcloud.com/{name}-{number}",
            city=_CITIES[at],
            country_code=_COUNTRIES[at],
            followers_count=int(count * chance.random() ** 6),
            created_at=f"{chance.randint(2008, 2025)}-0{chance.randint(1, 9)}-11T12:00:00Z",
        )
        if number % 3 == 0:
            yield track(
                number,
                user_urn=f"soundcloud:users:{number}",
                genre=_GENRES[(group if chance.random() < 0.6 else chance.randrange(groups)) % len(_GENRES)],
                created_at=f"{chance.randint(2012, 2025)}-0{chance.randint(1, 9)}-11T12:00:00Z",
                playback_count=int(10 ** chance.uniform(1, 6)),
                duration=chance.randrange(60_000, 600_000),
            )
    for source, target in _links(count, groups, chance):
        yield follows(source, target)
    yield listing("user_followers", "soundcloud:users:1", fetched=count)
    yield crawl("user_graph", {"user": "1", "depth": "3"})


def _links(count: int, groups: int, chance: random.Random) -> set[tuple[int, int]]:
    links: set[tuple[int, int]] = set()
    for source in range(1, count + 1):
        for _ in range(LINKS):
            target = int(count * chance.random() ** 3) + 1
            if chance.random() < 0.8:  # someone of the same group
                target -= (target - source) % groups
            if 0 < target != source:
                links.add((source, target))
    return links


def _made(file: Path) -> float:
    """Makes the report of a file. Returns the CPU that the process took, in seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "report", str(file)], cwd=HERE.parent, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the report of {file.name} failed with exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _in_browser(pages: dict[int, Path], passes: int) -> Iterator[Figure]:
    """How long the page takes to draw, and a frame while it is moved."""
    with browser() as driver:
        driver.set_script_timeout(60)
        for count, file in pages.items():
            began = time.monotonic()
            show(driver, file.with_suffix(".html").absolute())
            while not driver.execute_script("return document.getElementById('canvas').dataset.ready"):
                time.sleep(0.02)
            yield Figure(f"from opening to the drawing of {count:,} accounts, ms", 1000 * (time.monotonic() - began))
            slow = min(_slow_frame(driver) for _ in range(passes))  # in the others, the machine may have been busy
            yield at_most(f"nine of ten frames while {count:,} accounts move, ms", slow, FRAME)


def _slow_frame(driver: Chrome) -> float:
    """The time within which nine of ten frames are drawn, in milliseconds."""
    frames: list[float] = sorted(driver.execute_async_script(_FRAMES))
    return frames[len(frames) * 9 // 10]


if __name__ == "__main__":
    main()
