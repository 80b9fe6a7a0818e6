"""Runs `scrapy` in processes that are forked from one with all imports done.

In a new interpreter, the imports take longer than most crawls. A forked process has its own environment, folder and
output. It can be killed, and its exit code is the command's.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from multiprocessing import forkserver
from pathlib import Path

from scrapy.cmdline import execute

import sc_spiders

_processes = multiprocessing.get_context("forkserver")
_preloaded = ["bench.preload", __name__]
_ROOT = Path(__file__).parents[1]

_FLAGS = (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)  # of its input, output and error

_PATIENCE = 300  # after so many seconds, a process counts as hanging

Inside = Callable[[], object]


class Process:
    """`scrapy` with these words in that folder.

    The process calls `inside` before the command, and `main` instead of it.
    """

    def __init__(
        self,
        words: list[str],
        folder: Path,
        environment: dict[str, str],
        inside: Inside | None = None,
        main: Inside | None = None,
    ) -> None:
        self.words = words
        self._outputs = [_Output(), _Output()]
        paths = [os.devnull, *(output.path for output in self._outputs)]
        self._process = fork(words, folder, environment, paths, inside, main)
        assert self._process.pid
        self.pid = self._process.pid

    @property
    def out(self) -> str:
        """Its standard output."""
        return self._outputs[0].read()

    @property
    def err(self) -> str:
        """Its standard error: the log of a crawl."""
        return self._outputs[1].read()

    @property
    def printed(self) -> str:
        """Standard output, then standard error."""
        return self.out + self.err

    @property
    def code(self) -> int | None:
        """Its exit code, None while it runs; if a signal ended it, the negative number of the signal."""
        return self._process.exitcode

    def wait(self, timeout: float = _PATIENCE) -> int:
        """Wait until it ends by itself. Returns the exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self.code is None:
            self.kill()
            raise subprocess.TimeoutExpired(self.words, timeout)
        return self.code

    def send(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.join()


def fork(
    words: list[str],
    folder: Path,
    environment: dict[str, str],
    paths: list[str],
    inside: Inside | None = None,
    main: Inside | None = None,
) -> multiprocessing.process.BaseProcess:
    """Start a process as `Process` does. `paths`: of its standard input, output and error."""
    _start_server()
    process = _processes.Process(target=_scrapy, args=(words, folder, environment, paths, inside, main))
    process.start()
    return process


def preload(*modules: str) -> None:
    """Have these modules imported before the first fork, in addition to those of all commands."""
    _preloaded[:0] = modules  # bench.preload comes last: it excludes all objects from garbage collections


@cache
def _start_server() -> None:
    _processes.set_forkserver_preload(_preloaded)
    with chdir(_ROOT):  # it finds bench and tests here
        forkserver.ensure_running()


class _Output:
    """A file in memory with a path, so that the process can write to it."""

    def __init__(self) -> None:
        file = os.memfd_create("output")
        self.path = f"/proc/{os.getpid()}/fd/{file}"
        weakref.finalize(self, os.close, file)

    def read(self) -> str:
        return Path(self.path).read_text(encoding="utf-8", errors="replace")


def _scrapy(
    words: list[str],
    folder: Path,
    environment: dict[str, str],
    paths: list[str],
    inside: Inside | None,
    main: Inside | None,
) -> None:
    for stream, path, flags in zip(range(3), paths, _FLAGS, strict=True):
        file = os.open(path, flags)
        os.dup2(file, stream)
        os.close(file)
    os.chdir(folder)
    sys.path.insert(0, str(folder))  # as `python -m scrapy` has it
    os.environ.clear()
    os.environ.update(environment)
    if environment.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    random.seed()
    sys.modules.pop("sc_spiders.settings", None)  # it reads the environment
    vars(sc_spiders).pop("settings", None)
    sys.argv = ["scrapy", *words]
    if inside:
        inside()
    try:
        (main or execute)()
    except KeyboardInterrupt:  # exit like an interpreter
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        atexit._run_exitfuncs()  # multiprocessing skips this
