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
from .sources import is_utf8

_REFUSED, _INTERRUPTED = 2, 130


class DataCommand(ScrapyCommand):
    """Runs `work`. An error of arguments, input, output or packages becomes one line and an exit code.

    `left`: what a stop leaves, for people.
    """

    left = "nothing was written"
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
            self._fail(f"stopped; {self.left}", _INTERRUPTED)
        finally:
            signal.signal(signal.SIGTERM, before)

    def add_key(self, parser: argparse.ArgumentParser) -> None:
        """The options for pseudonyms."""
        words = "write pseudonyms by the key in this file, which is made if it is not there; no names, links, texts"
        parser.add_argument("--pseudonyms", metavar="KEY", help=words)
        parser.add_argument("--texts", action="store_true", help="with --pseudonyms: keep texts, without links in them")

    def open(
        self,
        inputs: list[str],
        output: Path,
        opts: argparse.Namespace | None = None,
        *,
        every: bool = False,
        keeps_lines: bool = True,
    ) -> Dataset:
        """The data set of `inputs`. Temporary files are on the output's disk.

        `opts`: with the options of `add_key`. `every`, `keeps_lines`: as Dataset takes them. Raises UsageError.
        """
        if opts and opts.texts and not opts.pseudonyms:
            raise UsageError("--texts is for --pseudonyms KEY: without it, all texts are kept")
        if not is_utf8(output):
            raise OutputRefused(f"{str(output)!a}: the name is not UTF-8; name another one with -o")
        with writing_to(output):
            output.parent.mkdir(parents=True, exist_ok=True)
        pseudonyms = None
        if opts and opts.pseudonyms:
            try:
                pseudonyms = Pseudonyms.from_file(Path(opts.pseudonyms).expanduser(), make=True, texts=opts.texts)
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
