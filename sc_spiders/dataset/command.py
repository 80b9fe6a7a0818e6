"""The base of the commands that work on data sets. No other module of this room imports Scrapy."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sc_spiders.errors import ArgumentError, InputError, MissingLibrary, OutputRefused
from sc_spiders.records import Pseudonyms

from .atomic import writing_to
from .dataset import SCRATCH, Dataset
from .libraries import translated

_REFUSED, _INTERRUPTED = 2, 130


class DataCommand(ScrapyCommand):
    """Runs `work`. An error of arguments, input, output or packages becomes one line and an exit code."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    @abstractmethod
    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the command. Raises UsageError for wrong arguments."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # SIGTERM raises KeyboardInterrupt too, so temporary files are deleted.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if unknown := [arg for arg in args if arg.startswith("-")]:
                raise UsageError(f"unknown option {unknown[0]}")
            with translated():
                self.work(args, opts)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
        except UsageError as e:  # Scrapy would print all options
            print(f"ERROR: {e}", file=sys.stderr)
            self.exitcode = _REFUSED
        except (InputError, OutputRefused, MissingLibrary) as e:
            self._fail(str(e), _REFUSED)
        except OSError as e:
            self._fail(_told(e), _REFUSED)
        except KeyboardInterrupt:
            self._fail("stopped; nothing was written", _INTERRUPTED)
        finally:
            signal.signal(signal.SIGTERM, before)

    def add_key(self, parser: argparse.ArgumentParser) -> None:
        """The option with the key of pseudonyms."""
        words = "write pseudonyms by the key in this file, which is made if it is not there; no names, links, texts"
        parser.add_argument("--pseudonyms", metavar="KEY", help=words)

    def open(
        self, inputs: list[str], output: Path, key: str | None = None, *, every: bool = False, keeps_lines: bool = True
    ) -> Dataset:
        """The data set of `inputs`, with pseudonyms if there is a `key`. Temporary files are on the output's disk.

        `every`, `keeps_lines`: as Dataset takes them.
        """
        with writing_to(output):
            output.parent.mkdir(parents=True, exist_ok=True)
        pseudonyms = None
        if key:
            try:
                pseudonyms = Pseudonyms.from_file(Path(key).expanduser(), make=True)
            except ArgumentError as e:
                raise InputError(f"--pseudonyms: {e}") from None
        return Dataset(inputs, output.parent, pseudonyms, every=every, keeps_lines=keeps_lines)

    def tell(self, line: str) -> None:
        """Print a line. If the reader has seen enough, the work goes on without lines."""
        try:
            print(line, flush=True)
        except BrokenPipeError:
            _drop_output()

    def _fail(self, message: str, exitcode: int) -> None:
        print(f"{type(self).__module__.rpartition('.')[2]}: {message}", file=sys.stderr)
        self.exitcode = exitcode


def _told(e: OSError) -> str:
    """An error of the machine, and where. Of a temporary file, the folder is told that it was to be in."""
    reason = str(e.strerror or e)
    if not e.filename:
        return reason
    path = Path(os.fsdecode(e.filename))
    if scratch := next((one for one in (path, *path.parents) if one.name.startswith(SCRATCH)), None):
        return f"{scratch.parent}: no temporary files can be written there: {reason}"
    return f"{path}: {reason}"


def _drop_output() -> None:
    """The reader of the standard output has seen enough, as `head` has. Python would complain of the rest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
