"""Carries out commands in bash, as a reader of the documentation types them.

`scrapy` and `sc-spiders` are there small programs that ask this process to fork one with all imports done (see
bench/process.py): starting an interpreter takes longer than most commands. Redirections, pipes, exit codes and signals
are those of real programs.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

from bench.process import Process, fork
from sc_spiders.tool import main

from .crawl import ROOT
from .patience import PATIENCE

SANDBOX = {"SC_SANDBOX": "1", "SC_SANDBOX_USERS": "150"}
"""Settings for a small sandbox of each crawl's own."""

# It sends what it was called with, and takes the number of the process that does the work, then its exit code.
_PROGRAM = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    call = dict(program={program!r}, words=sys.argv[1:], folder=os.getcwd(), pid=os.getpid())
    call.update(environment=dict(os.environ))
    server.sendall(json.dumps(call).encode() + b"\\n")
    answers = server.makefile()
    worker = int(answers.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(worker, number))
    code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""
_PROGRAMS: dict[str, Callable[[list[str]], Callable[[], object] | None]] = {
    "scrapy": lambda words: None,
    "sc-spiders": lambda words: partial(main, words),
}


def readers_environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment of somebody who has installed the project, with these settings."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "MPLBACKEND": "agg",
        "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
        **settings,
    }


class Shell:
    """A shell in that folder. `settings`: ours, in the environment of all commands."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self._settings = settings

    def __enter__(self) -> Self:
        self._programs = self.folder.parent / f"{self.folder.name}.bin"
        self._programs.mkdir()
        self._server = socket.socket(socket.AF_UNIX)
        address = str(self._programs / "socket")
        self._server.bind(address)
        self._server.listen()
        for program in _PROGRAMS:
            path = self._programs / program
            path.write_text(_PROGRAM.format(python=sys.executable, address=address, program=program))
            path.chmod(0o755)
        Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def run(self, code: str) -> subprocess.CompletedProcess[str]:
        """Carry out lines of bash, up to the first that fails."""
        return subprocess.run(
            ["bash", "-ec", code],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run a program of Python."""
        process = Process([], self.folder, self._environment, main=partial(_execute, code))
        return subprocess.CompletedProcess("python", process.wait(PATIENCE), process.out, process.err)

    @property
    def _environment(self) -> dict[str, str]:
        environment = readers_environment(self._settings)
        return {**environment, "PATH": f"{self._programs}{os.pathsep}{environment['PATH']}"}

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            Thread(target=_serve, args=(client,), daemon=True).start()


def _execute(code: str) -> None:
    exec(code, {"__name__": "__main__"})


def _serve(client: socket.socket) -> None:
    with client, client.makefile("r", encoding="utf-8") as calls:
        call: dict[str, Any] = json.loads(calls.readline())
        paths = [f"/proc/{call['pid']}/fd/{number}" for number in range(3)]
        make = _PROGRAMS[call["program"]]
        process = fork(call["words"], Path(call["folder"]), call["environment"], paths, main=make(call["words"]))
        client.sendall(f"{process.pid}\n".encode())
        process.join()
        client.sendall(f"{process.exitcode}\n".encode())
