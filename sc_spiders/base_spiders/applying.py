"""The second half of `apply`: once the account was read, the plan is compared with it, and perhaps carried out."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import platformdirs
from scrapy import signals
from scrapy.exceptions import DontCloseSpider

from sc_spiders import engine
from sc_spiders.actions.account import Account, Note
from sc_spiders.actions.action import SENT, SHORT, Action, Row
from sc_spiders.actions.approval import Wanted, approve
from sc_spiders.actions.book import Book
from sc_spiders.actions.journal import FILE, Journal
from sc_spiders.actions.ledger import Ledger
from sc_spiders.actions.rows import RECORDS
from sc_spiders.actions.run import Run, outcome
from sc_spiders.actions.told import lines, planned_lines, unfinished
from sc_spiders.actions.wire import Limits
from sc_spiders.api.clock import now
from sc_spiders.api.hosts import is_loopback
from sc_spiders.base_spiders.arguments import command_line
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.base_spiders.wire import CrawlWire
from sc_spiders.context import context
from sc_spiders.credentials.tokenfile import TokenFile
from sc_spiders.downloader.writing import Transfer
from sc_spiders.errors import ActionsStopped, ArgumentError
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.sqlite import connect

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

__all__ = ["Applying", "Wanted"]

logger = logging.getLogger(__name__)

_AT_ONCE = 1000  # records


class Applying:
    """Compares and applies when the crawl has nothing more to read."""

    def __init__(self, crawler: Crawler, wanted: Wanted) -> None:
        self._crawler = crawler
        self._wanted = wanted
        self._task: asyncio.Task[None] | None = None
        self._book: Book | None = None
        self._ledger: Ledger | None = None
        self._reason = ""
        self._stop = ""
        self._digest = ""
        self._account = Account()
        self.actions: list[Action] = []
        crawler.signals.connect(self.spider_idle, signals.spider_idle)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)  # the last records are written by then

    @cached_property
    def _journal(self) -> Journal:
        """In the job directory, or in memory if there is none."""
        files = self._crawl.frontier.files
        folder = getattr(files, "folder", None)
        if folder is None:
            return Journal(sqlite3.connect("", isolation_level=None))
        return Journal(connect(folder / FILE, has_locks=getattr(files, "has_record_locks", True)))

    @property
    def _crawl(self) -> Crawl:
        return context(self._crawler).get(Crawl)

    def note(self, notes: Iterable[Note]) -> None:
        """Store what a page has told of the account."""
        self._journal.note(notes)

    # While it runs

    def spider_idle(self) -> None:
        if self._task is None:
            frontier = self._crawl.frontier
            if not self._crawl.is_begun or self._crawl.broken or frontier.levels:
                return
            if frontier.is_bad:
                logger.error("The account could not be read whole, so nothing is planned and nothing is written.")
                return
            self._task = asyncio.ensure_future(self._work())
        if not self._task.done():
            raise DontCloseSpider

    async def _work(self) -> None:
        try:
            await self._compare_and_apply()
            self._reason = outcome(self.actions) if self._journal.applies else "finished"
        except ActionsStopped as e:
            self._reason, self._stop = e.reason, str(e)
            if self._stop:
                context(self._crawler).refuse(f"{self._stop}.")
        except ArgumentError as e:
            self._reason = "bad_arguments"
            context(self._crawler).refuse(f"{self._crawler.spider.name}: {e}")  # type: ignore[union-attr]
        except (OSError, sqlite3.Error) as e:
            self._crawl.fail(e)
            return
        except Exception as e:
            self._crawl.give_up(e)
            return
        self._settle()
        if not engine.is_closing(self._crawler):
            engine.close(self._crawler, self._reason)

    def _settle(self) -> None:
        """Keep the job if a later run has something to do."""
        if self._journal.applies:
            self._crawl.frontier.status.unsettled = any(action.is_open for action in self.actions)

    async def _compare_and_apply(self) -> None:
        journal = self._journal
        self._account = Account.of(journal.notes())
        self._ledger = Ledger(ledger_folder(self._crawler.settings), self._account.urn)
        if self._wanted.apply:
            self._ledger.lock()
        if not journal.run:
            self._digest = approve(self._wanted, self._account, self._ledger, time.time())
            journal.begin(self._account.urn, self._wanted.plan.actions, applies=bool(self._wanted.apply))
        self.actions = journal.actions()
        if not journal.applies:
            return
        self._ledger.begin(self._wanted.apply, journal.run, time.time())
        wire = CrawlWire(self._crawler)
        me = await wire.read("me") or {}
        if me.get("urn") != journal.account:  # a later run may have another token
            raise ArgumentError(f"the token is of {me.get('urn')}, and this job is for {journal.account}")
        self._book = Book(journal, self._ledger, wire, self._limits, self._tell)
        self.actions = self._book.actions
        await Run(self._book).run()

    @property
    def _limits(self) -> Limits:
        settings = self._crawler.settings
        return Limits(
            settle=settings.getfloat("SC_SETTLE"),
            delay=settings.getfloat("SC_WRITE_DELAY"),
            attempts=settings.getint("SC_ATTEMPTS"),
            max_wait=settings.getfloat("SC_MAX_WAIT"),
            first_wait=settings.getfloat("FAULTS_FIRST_WAIT", 1.0),
        )

    def _tell(self, action: Action) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"actions/{action.status}")
        level = logging.INFO if action.status in SHORT else logging.DEBUG
        why = action.message or action.error or ""
        logger.log(level, "%s: %s%s", action.name, action.status, why and f" ({why})")

    @property
    def doing(self) -> str:
        """How many actions have been carried out, and how far an upload is."""
        if not self._book:
            return ""
        ended = sum(action.stage == SENT or not action.is_open for action in self.actions)
        told = f"{ended:,} of {len(self.actions):,} actions"
        transfer = context(self._crawler).find(Transfer)
        if not transfer or not transfer.is_under_way:
            return told
        name, how_far = transfer.told
        if engine.is_closing(self._crawler):
            return f"finishing the upload of {name} first: {how_far}"
        return f"{told}, {name}: {how_far}"

    # At the end

    def rows(self) -> Iterator[list[Row]]:
        """The `action` records, as all actions stand now, in parts."""
        if not self._crawl.is_begun or not self._journal.run:
            return
        self.actions = self.actions or self._journal.actions()
        for start in range(0, len(self.actions), _AT_ONCE):
            yield [self._row(action) for action in self.actions[start : start + _AT_ONCE]]

    def _row(self, action: Action) -> Row:
        row = action.record(self._journal.account, now())
        if self._journal.applies and action.status == "planned":
            row["status"], row["message"] = unfinished(action, self._stop)
        return row

    @property
    def headline(self) -> str:
        """`planned` if a dry run has come to its end; otherwise ""."""
        if self._reason == "finished" and not self._wanted.apply:
            return "planned"
        return ""

    def lines(self) -> Iterator[str]:
        """What is planned, or what became of it."""
        if not self.actions:
            return
        if self._wanted.apply:
            yield from lines(self.actions)
            return
        yield from planned_lines(self.actions, self._account, self._wanted.plan, self._limits)
        if not any(action.status == "planned" for action in self.actions):
            yield "  0 to do"

    def next_command(self, outputs: Iterable[str]) -> str:
        """The command that carries the plan out, or goes on with it; "" if there is nothing to do."""
        if self._wanted.apply:
            return "the same command" if any(action.is_open for action in self.actions) else ""
        if not (self._digest and any(action.status == "planned" for action in self.actions)):
            return ""
        job = {"JOBDIR": f"jobs/apply-{self._digest}"}
        spider = self._crawler.spider
        assert isinstance(spider, SpiderHooks)
        given = {**self._given_again(outputs), "apply": self._digest}
        return command_line(spider.name, spider.declared(), given, job)

    def _given_again(self, outputs: Iterable[str]) -> dict[str, str]:
        """The arguments that give the same plan: the output of this dry run, if it can be used as a plan."""
        given = dict(self._wanted.given)
        place = _place(outputs)
        if not place or self._wanted.origin == "undo":  # an undo's output does not say what each action undoes
            return given
        plan = {"plan": os.path.relpath(place)}
        if "allow" in given:
            plan["allow"] = given["allow"]
        return plan

    def engine_stopped(self) -> None:
        if self._task and not self._task.done():
            self._task.cancel()
        if self._ledger:
            self._ledger.close()
        if "_journal" in vars(self):
            self._journal.close()


def ledger_folder(settings: BaseSettings) -> Path:
    """The user's state folder, which no setting moves: another ledger would know of no ceiling.

    For a server on this machine, such as the sandbox, it is that of the token file.
    """
    if is_loopback(urlsplit(settings["SC_PUBLIC_URL"]).hostname or ""):
        return TokenFile.from_settings(settings).path.parent
    return platformdirs.user_state_path("sc_spiders")


def _place(outputs: Iterable[str]) -> str:
    """The file with the actions, if it is one that a plan may be; "" if it is none."""
    written = list(outputs)
    lines = [path for path in written if path.endswith(".jsonl") and not path.endswith("rejected.jsonl")]
    named = [path for path in written if Path(path).name in RECORDS] or lines
    if len(named) == 1:
        return named[0]
    return ""
