"""`scrapy crawl`, with an exit code that says how the crawl ended."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from scrapy.exceptions import UsageError

from sc_spiders import commands
from sc_spiders.config.command_line import explained, faults, is_ours
from sc_spiders.config.scrapy_settings import misfits
from sc_spiders.engine import CrawlCommand
from sc_spiders.errors import ArgumentError
from sc_spiders.export import FORMATS
from sc_spiders.extensions.exit_status import EXIT_CODES, advice, exit_code, is_kept
from sc_spiders.redaction import logs
from sc_spiders.redaction.given import secrets
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.settings import BaseSettings
    from scrapy.spiderloader import SpiderLoaderProtocol

logger = logging.getLogger(__name__)

# Their INFO lines (versions, components, statistics) help to find a fault, and are shown with --loglevel DEBUG only.
_TALKATIVE = (
    "scrapy.utils.log",
    "scrapy.middleware",
    "scrapy.addons",
    "scrapy.crawler",
    "scrapy.core.engine",
    "scrapy.statscollectors",
    "scrapy.extensions.feedexport",
    "botocore.credentials",
    "botocore.configprovider",
)

_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})

_FORMAT_BEHIND = re.compile(r":\w+\Z")  # FILE:FORMAT

# Scrapy's format without %(name)s: the names of modules help only developers.
_FORMAT = "%(asctime)s %(levelname)s: %(message)s"


def _matters(record: logging.LogRecord) -> bool:
    # A filter, because Scrapy resets the levels of its own loggers. Its line about a signal stays: it answers Ctrl-C.
    return record.levelno > logging.INFO or str(record.msg).startswith("Received %(signame)s")


def _hush() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_matters)


def _unhush() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).removeFilter(_matters)


def _set_log_format(settings: BaseSettings) -> None:
    """Make the log short for people. Programs read log files, and know Scrapy's lines."""
    level = settings["LOG_LEVEL"].upper()
    settings.set("LOG_LEVEL", level, priority="cmdline")
    if level != "INFO" or settings["LOG_FILE"]:
        return
    _hush()
    settings.set("LOG_FORMAT", _FORMAT, priority="project")
    if sys.stderr.isatty():  # whoever sits there knows the date, and lines are short
        settings.set("LOG_DATEFORMAT", "%H:%M:%S", priority="project")


def refuse(text: str) -> NoReturn:
    """Exit with one line. Scrapy would print all its options, or a traceback."""
    print(logs.redact(f"ERROR: {text}"), file=sys.stderr)
    raise SystemExit(EXIT_CODES["bad_arguments"])


def _outputs(opts: argparse.Namespace) -> list[str]:
    return [*(opts.output or ()), *(opts.overwrite_output or ())]


def _refuse_bad_options(opts: argparse.Namespace) -> None:
    try:
        refuse_compressed(_outputs(opts))
    except ArgumentError as e:
        refuse(str(e))
    _refuse_same_file(_outputs(opts))
    _refuse_twice_given(opts)


def refuse_compressed(outputs: Iterable[str]) -> None:
    """Raises ArgumentError for an output that would have to be compressed."""
    for name in outputs:
        if Path(_FORMAT_BEHIND.sub("", name)).suffix in _COMPRESSED:
            raise ArgumentError(f"{name}: compress it when the crawl is over, or give `postprocessing` in FEEDS")


def _refuse_same_file(outputs: Sequence[str]) -> None:
    """Scrapy would write the last of them only."""
    names = [_FORMAT_BEHIND.sub("", name) for name in outputs]
    for name in names:
        if names.count(name) > 1:
            place = "the standard output" if name == "-" else name
            refuse(f"{place} is named for two outputs, and one would be lost: name another file")


def _refuse_twice_given(opts: argparse.Namespace) -> None:
    given = [argument.partition("=")[0] for argument in opts.spargs or ()]
    for name in given:
        if given.count(name) > 1:
            refuse(f"the argument {name!r} is given twice: give it once, as a list if it takes one")


def usage(message: str, outputs: Iterable[str]) -> str:
    """Scrapy's message about wrong options. Ours for a wrong format: Scrapy's is a list of Python."""
    if message.startswith("Unrecognized output format"):
        told = f"{', '.join(outputs)}: no known format; end the name with .jsonl, .csv, .json, .xml, or :FORMAT"
        return told + "".join(map(_as_export, outputs))
    return message


def _as_export(output: str) -> str:
    """The end of a message about an output that only `export` writes."""
    for one in FORMATS.values():
        if output.endswith(one.suffix):
            return f"; for {output} crawl without it, and then run `sc-spiders export {one.name}`"
    return ""


def spider_of(loader: SpiderLoaderProtocol, name: str) -> type[Spider]:
    """The spider of that name. Raises ArgumentError."""
    known = sorted(loader.list())
    if name not in known:
        there = "; there are"
        if near := get_close_matches(name.lower(), known, 1):
            there = f"; did you mean {near[0]}? There are"
        raise ArgumentError(f"there is no spider {name!r}{there} {', '.join(known)}")
    return loader.load(name)


class Command(CrawlCommand):
    """Scrapy's own command, with an exit code by the finish_reason."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        hidden = Secrets(*secrets(self.settings))
        logs.begin(hidden)  # to the end of the process
        _refuse_bad_options(opts)
        self._process_scrapys_options(args, opts)
        hidden.hide(*secrets(self.settings))  # those of -s as well
        for _, problem in misfits(self.settings):
            refuse(problem)
        _set_log_format(self.settings)
        self._end_waiting = commands.expect_stop()  # Scrapy loads the spiders next

    def _process_scrapys_options(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.output:
            opts.output = ["-:jsonlines" if name == "-" else name for name in opts.output]
        try:
            super().process_options(args, opts)
        except UsageError as e:
            refuse(usage(str(e), _outputs(opts)))
        except OSError as e:
            refuse(f"the process id file {e.filename} cannot be written: {e.strerror}")
        except (TypeError, ValueError) as e:  # Scrapy reads them as objects, and expects no other JSON
            refuse(f"a setting of -s is no object ({e}): write it as -s 'NAME={{\"KEY\": VALUE}}'")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        self._end_waiting()
        with commands.stoppable(), ExitStack() as after:
            after.callback(_unhush)
            spider = self.find(args)
            for problem in faults(self.settings, spider, opts.spargs):
                refuse(problem)
            is_bare = not (opts.spargs or _outputs(opts) or opts.set)
            if is_bare and (told := explained(spider)):
                print(told, file=sys.stderr)
                self.exitcode = EXIT_CODES["bad_arguments"]
                return
            if not is_ours(spider):
                _unhush()  # Scrapy's lines are all that tells of it
            self.crawl(spider, opts.spargs)
        if self.crawler_process and self.crawler_process.bootstrap_failed:
            return  # Scrapy has logged why
        self._tell_end(spider)

    def _tell_end(self, spider: type[Spider]) -> None:
        """Set the exit code, and log how the crawl ended if nothing else does."""
        reason = self.crawler.stats.get_value("finish_reason")
        self.exitcode = exit_code(reason)
        if reason is None:  # a second Ctrl-C: Scrapy stopped without a finish_reason
            advised = advice("shutdown", kept=is_kept(self.crawler))
            logger.warning("Stopped at once (exit code %d)%s", self.exitcode, advised)
        elif not is_ours(spider):
            logger.info("%s: %s (exit code %d)", spider.name, reason, self.exitcode)

    def find(self, args: list[str]) -> type[Spider]:
        """The spider of that name."""
        assert self.crawler_process
        loader = self.crawler_process.spider_loader
        if option := next((one for one in args if one.startswith("-")), None):
            refuse(f"there is no option {option}; `scrapy crawl --help` lists the options")
        if len(args) != 1:
            known = ", ".join(sorted(loader.list()))
            refuse(f"crawl takes the name of one spider, not of {len(args)}; there are {known}")
        try:
            return spider_of(loader, args[0])
        except ArgumentError as e:
            refuse(str(e))
