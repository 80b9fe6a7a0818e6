"""Runs `scrapy` in processes that have its imports behind them: each is forked from one that has loaded everything.

A new interpreter spends more time on imports than most crawls take. What is forked is a process like any other: it has
its own environment, folder and output, can be killed, and its exit code is that of the command.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import warnings
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

# All that a crawl imports but what reads the environment when it is imported, and Twisted's reactor.
_LOADED = [
    "scrapy.cmdline",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.engine",
    "scrapy.pipelines",
    "sc_spiders.commands.crawl",
    "sc_spiders.feeds.exporter",
    "sc_spiders.frontier.scheduler",
    "sc_spiders.spiders.user_graph",
    __name__,
]

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(_LOADED)


def start(
    words: list[str], folder: Path, environment: dict[str, str], stdout: Path | None = None, stderr: Path | None = None
) -> BaseProcess:
    """`scrapy` with these words, in that folder. What it prints goes to the files, or nowhere."""
    process = _processes.Process(target=_scrapy, args=(words, folder, environment, stdout, stderr))
    process.start()
    return process


def run(words: list[str], folder: Path, environment: dict[str, str], timeout: float) -> tuple[int, str]:
    """The exit code of `scrapy` with these words, and all that it printed.

    Raises subprocess.TimeoutExpired.
    """
    stdout, stderr = (folder / f".{name}" for name in ("stdout", "stderr"))
    process = start(words, folder, environment, stdout, stderr)
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(words, timeout)
    printed = "".join(path.read_text(encoding="utf-8") for path in (stdout, stderr))
    stdout.unlink()
    stderr.unlink()
    return process.exitcode, printed


def _scrapy(
    words: list[str], folder: Path, environment: dict[str, str], stdout: Path | None, stderr: Path | None
) -> None:
    for stream, path in ((sys.stdout, stdout), (sys.stderr, stderr)):
        _redirect(stream, path)
    os.chdir(folder)
    sys.path.insert(0, str(folder))  # as `python -m scrapy` has it
    os.environ.clear()
    os.environ.update(environment)
    if environment.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    random.seed()
    sys.modules.pop("sc_spiders.settings", None)  # it reads the environment
    sys.argv = ["scrapy", *words]
    from scrapy.cmdline import execute

    try:
        execute()
    except KeyboardInterrupt:  # as an interpreter ends that nobody else's code runs in
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


def _redirect(stream: IO[str], path: Path | None) -> None:
    file = os.open(path or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(file, stream.fileno())
    os.close(file)
