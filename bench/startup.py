"""Measures what commands cost before they do anything: `python -m bench.startup`. Compared with a bare Scrapy project.

Each command runs in a new process. Commands take turns, and results are medians of CPU: trust the ratios. What a bare
project's `scrapy list` costs is the floor: Python, Scrapy and Twisted.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import HERE, Figure, environment, tell

ROOT = Path(__file__).parents[1]
_BARE = {
    "scrapy.cfg": "[settings]\ndefault = bare.settings\n",
    "bare/settings.py": "SPIDER_MODULES = ['bare.spiders']\n",
    "bare/spiders/one.py": "import scrapy\n\nclass One(scrapy.Spider):\n    name = 'one'\n",
}
_FLOOR = "bare"
_GOOD = (0, 2)  # exit codes; 2: of a spider without its argument


@dataclass(frozen=True)
class Command:
    """The words of a Python program, and its folder."""

    words: tuple[str, ...]
    folder: Path = ROOT

    def cpu(self) -> float:
        """User and system seconds of a run. Raises RuntimeError if it fails."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SC_", "SCRAPY_"))}
        process = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            cwd=self.folder,
            env=clean,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in _GOOD:
            raise RuntimeError(f"{' '.join(self.words)} failed with exit code {process.returncode}")
        return usage.ru_utime + usage.ru_stime


@contextmanager
def _bare_project() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        for path, text in _BARE.items():
            file = Path(name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        yield Path(name)


def measured(rounds: int) -> dict[str, float]:
    """The median CPU seconds of each command."""
    compileall.compile_dir(ROOT / "sc_spiders", quiet=1)  # as users have it
    with _bare_project() as bare:
        commands = {
            _FLOOR: Command(("scrapy", "list"), bare),
            "scrapy list": Command(("scrapy", "list")),
            "scrapy crawl user": Command(("scrapy", "crawl", "user")),
            "sc-spiders --help": Command(("sc_spiders", "--help")),
            "sc-spiders user --help": Command(("sc_spiders", "user", "--help")),
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                seconds[name].append(command.cpu())
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, default=HERE / "startup.json")
    options = parser.parse_args()
    cpu = measured(options.rounds)
    floor = cpu.pop(_FLOOR)
    figures = [Figure(f"CPU of `{name}`, relative to a bare one", cpu[name] / floor) for name in cpu]
    tell(options.json, environment("scrapy", "twisted"), figures, rounds=options.rounds, cpu=cpu, floor=floor)


if __name__ == "__main__":
    main()
