"""The job directories of crawls without JOBDIR. Each is in its crawl's output folder and is removed at the end."""

from __future__ import annotations

import errno
import logging
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from sc_spiders.api.clock import now
from sc_spiders.disk import Locks, lacks_locks
from sc_spiders.errors import ArgumentError, InUse
from sc_spiders.frontier.base import CrawlSpec, CrawlStatus
from sc_spiders.frontier.directory import LEFT, STORE, Hold, is_same
from sc_spiders.frontier.job_files import JobFiles
from sc_spiders.frontier.output_files import NO_LOCKS
from sc_spiders.frontier.rewind import reader
from sc_spiders.frontier.sqlite import connect, is_empty, unfinished

logger = logging.getLogger(__name__)

JOB = ".job"
"""The name of such a job directory."""

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-(\d+))?")
_THERE = frozenset({errno.ENOTEMPTY, errno.EEXIST})  # the new name of a renamed folder exists


class OwnJobs:
    """`home`: the folder in which each crawl of one spider has its output folder. `fresh`: resume no earlier crawl."""

    def __init__(self, home: Path, *, fresh: bool) -> None:
        self._home = home.absolute()
        self._fresh = fresh

    def open(self, spec: CrawlSpec, worker: str, attempt: Callable[[JobFiles, CrawlStatus], None]) -> None:
        """Resume the newest crawl of the same command if it was interrupted. Otherwise begin one.

        `worker`: a name that no other process has. `attempt` is called with the files of a job, and the status of a new
        crawl. It raises ArgumentError if the job cannot be read. Raises OSError, and whatever else `attempt` raises.
        """
        new = CrawlStatus(now())
        self._home.mkdir(parents=True, exist_ok=True)
        if lacks_locks(self._home):  # two processes could resume the same crawl, so it gets no job directory
            attempt(JobFiles(None), new)
            return
        while files := self._find(spec):
            try:
                attempt(files, new)
            except ArgumentError as e:
                assert files.folder
                logger.warning("%s cannot be resumed: %s. A new crawl begins.", files.folder.parent, e)
                (files.folder / LEFT).touch()  # or the same job would be found for ever
            else:
                return
        files = self._make(new.stamp, worker)
        assert files.folder
        new.stamp = files.folder.parent.name
        attempt(files, new)

    def _find(self, spec: CrawlSpec) -> JobFiles | None:
        """The newest crawl of the same command, if it was interrupted and no other process has it. Raises OSError."""
        for job in self._interrupted(spec):
            if self._fresh:
                _leave(job)
                continue
            try:
                files = JobFiles(job, in_output=True)
            except InUse:
                logger.info("The same command is running in %s: this one begins a crawl of its own.", job.parent)
                return None
            if not _is_over(job):
                return files
            remove(job, files)  # another process has just ended it
        return None

    def _make(self, stamp: str, worker: str) -> JobFiles:
        """Make an output folder with a job directory. It gets a number if its name is taken. Raises OSError."""
        new = self._home / f".{stamp}-{worker}"  # hidden until its job is in it
        for number in count(1):
            folder = self._home / (stamp if number == 1 else f"{stamp}-{number}")
            if folder.exists():
                continue
            try:
                (new / JOB).mkdir(parents=True, exist_ok=True)
                sys.audit("sc_spiders.make_folder.before")
                new.rename(folder)
                sys.audit("sc_spiders.make_folder.after")
                return JobFiles(folder / JOB, in_output=True)
            except (InUse, FileNotFoundError):
                continue  # another process discarded it before it was locked
            except OSError as e:
                if e.errno not in _THERE:
                    raise
        raise AssertionError("not reached")

    def _interrupted(self, spec: CrawlSpec) -> Iterator[Path]:
        """The job directories of the same command, the newest first. Removes what killed processes left behind."""
        found = [folder for folder in self._home.iterdir() if _STAMP.fullmatch(folder.name)]
        for folder in sorted(found, key=_age, reverse=True):
            job = folder / JOB
            if not job.is_dir() or (job / LEFT).exists():
                continue
            if _is_over(job):
                _discard(job)
            elif _is_of(job, spec):
                yield job


def told_by(job: Path) -> tuple[str, dict[str, str], dict[str, str]] | None:
    """API and arguments of the crawl in a job directory, and what must stay the same. None if that cannot be read."""
    if not (job / STORE).exists():
        return None
    try:
        with closing(connect(job / STORE, mode="ro", has_locks=True)) as db:
            get = reader(db)
            identity = get("identity")
            return identity["api"], dict(identity["arguments"]), dict(get("terms"))
    except (sqlite3.Error, ValueError, TypeError, LookupError):
        return None


def _is_over(job: Path) -> bool:
    """Whether the job of that directory was never begun, or has ended with nothing to try again."""
    if not (job / STORE).exists():
        return True
    try:
        with closing(connect(job / STORE, mode="ro", has_locks=True)) as db:
            if is_empty(db):
                return True
            get = reader(db)
            return not get("identity") or bool(get("finished") and not unfinished(db))
    except (sqlite3.Error, ValueError):
        return False


def _is_of(job: Path, spec: CrawlSpec) -> bool:
    """Whether that job is a stopped one of `spec` and its output is still beside it. True if the job is damaged."""
    try:
        with closing(connect(job / STORE, mode="ro", has_locks=True)) as db:
            get = reader(db)
            if get("finished"):
                return False  # some of its lists may be tried again, but only if the user names the job
            return is_same(get, spec) and all(Path(path).parent == job.parent for path in get("outputs", {}))
    except sqlite3.OperationalError:  # locked for the moment, or another user's
        return False
    except (sqlite3.Error, ValueError, TypeError, LookupError, AttributeError):
        return True


def _discard(job: Path) -> None:
    """Remove a job directory, unless a process has locked it: that process has only just made it."""
    with suppress(InUse, OSError):
        hold = Hold(job, Locks(NO_LOCKS))
        if _is_over(job):
            remove(job, hold)
        hold.release()


def remove(job: Path, hold: Hold | JobFiles) -> None:
    """Remove a job directory, and the folders that it is in if they are empty. `hold` is released.

    The store goes first: without it, a job has ended.
    """
    with suppress(OSError):
        for path in sorted(job.iterdir(), key=lambda path: path.name != STORE):
            path.unlink(missing_ok=True)
        hold.release()  # NFS keeps a file that is open
        for folder in (job, job.parent, job.parent.parent):
            folder.rmdir()


def _leave(job: Path) -> None:
    """Mark a job so that no later command resumes it."""
    with suppress(OSError):
        (job / LEFT).touch()


def _age(folder: Path) -> tuple[str, int]:
    stamp = _STAMP.fullmatch(folder.name)
    assert stamp
    return stamp[1], int(stamp[2] or 1)
