"""All exceptions of the project.

SpidersError
    ArgumentError
        BadValue
        InUse
    OutputError
    CredentialError
        Unanswered
    CredentialsEnded
    LockCancelled
    ForeignHost
    ListingEnded
    BadHost
    Damaged
    CrawlGone
    PartLost
    Strange
    BadBody
        Ambiguous
    Unfit
    Malformed
    MissingLibrary
    InputError
        EndlessInput
    OutputRefused
    Disturbed
    ActionsStopped
    Endless
    ReactorInstalled
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

Reason = Literal["credentials", "wait", "bad_arguments"]


class SpidersError(Exception):
    """The root of all exceptions of this project."""


class ArgumentError(SpidersError, ValueError):
    """An argument or setting that cannot be used. The message is for the person who gave it."""


class BadValue(ArgumentError):
    """Raised by an argument's `parse` for a bad value. The message says why it is bad.

    `value`: the value, or the part of it that is at fault. It is shown.
    """

    def __init__(self, value: str, message: str) -> None:
        super().__init__(message)
        self.value = value


class InUse(ArgumentError):
    """Another process has the job directory."""


class BadHost(SpidersError, ValueError):
    """A configured address that must not be used. The message is for the person who set it."""


class OutputError(SpidersError):
    """The output on disk is not as acknowledged, or another process writes it. The message says what to do."""


class CredentialError(SpidersError):
    """No credential is available. The message says what to do. `reason`: the crawl's finish_reason."""

    def __init__(self, message: str, reason: Reason = "credentials") -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Unanswered(CredentialError):
    """The server failed at every attempt. That may pass: the crawl can go on later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "wait")


class CredentialsEnded(SpidersError):
    """There is no credential, and the crawl is closing: the request was not sent, or its answer is dropped."""


class LockCancelled(SpidersError):
    """The wait for the lock on the credentials was given up: the crawl is closing."""


class ForeignHost(SpidersError):
    """The request was not sent: its host is not configured."""


class ListingEnded(SpidersError):
    """The request was not sent: its listing ends without it. `resolution`: how it ends."""

    def __init__(self, resolution: Any) -> None:
        super().__init__("its listing has ended")
        self.resolution = resolution


class Damaged(SpidersError):
    """The data under a crawl's name in Redis is not of this version of the project, or Redis has lost a part."""


class CrawlGone(SpidersError):
    """Redis answers, but the crawl is no longer in it."""


class PartLost(SpidersError):
    """Redis has lost a part of the crawl. `parts`: the names of the keys that are missing."""

    def __init__(self, *parts: str) -> None:
        super().__init__(", ".join(parts))
        self.parts = parts


class Strange(SpidersError):
    """A value in Redis is not in the form that this project writes."""


class BadBody(SpidersError, ValueError):
    """A body is not JSON, or not usable as JSON. The message is a short reason."""


class Ambiguous(BadBody):
    """An object of the body has two members of one name."""


class Unfit(SpidersError, ValueError):
    """A value that no record can have. `field`: its place, if known.

    It is nested too deeply, has a number or string that output files cannot have, or contradicts another value.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Malformed(SpidersError, ValueError):
    """The answer is JSON, but not of its endpoint's shape. `error`: the listing's `error`."""

    def __init__(self, message: str, error: str = "malformed") -> None:
        super().__init__(message)
        self.error = error


class MissingLibrary(SpidersError, ImportError):
    """A library of an extra cannot be imported. `problem`: what needs it, and why; `remedy`: the command to run."""

    def __init__(self, problem: str, extra: str) -> None:
        self.problem = problem
        self.remedy = f"pip install 'sc-spiders[{extra}]'"
        super().__init__(f"{problem}; run: {self.remedy}")


@contextmanager
def needs(extra: str, purpose: str) -> Iterator[None]:
    """For imports of what only an extra installs. Raises MissingLibrary. `purpose`: the feature that needs it."""
    try:
        yield
    except ImportError as e:
        raise MissingLibrary(f"{purpose} needs {e.name}, which cannot be imported ({e})", extra) from None


class InputError(SpidersError, ValueError):
    """The input is not a data set. The message names the file, if possible the line, and what to do."""


class OutputRefused(SpidersError, ValueError):
    """The output cannot be written to its place. The message says why and what to do."""


class PipelineError(SpidersError):
    """An item pipeline raised an exception."""


class Disturbed(SpidersError):
    """Somebody has deleted, moved or changed a file of this crawl. The message says which, and what to do."""


class ActionsStopped(SpidersError):
    """No further action is sent in this run. The message says why; `reason`: the crawl's finish_reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Endless(SpidersError, ValueError):
    """Not a regular file: it may have no end, so it is not read."""


class EndlessInput(InputError):
    """An input may have no end: it is a pipe or a device, or has a line of gigabytes."""


class ReactorInstalled(SpidersError, RuntimeError):
    """`crawl` was called in a process that has a Twisted reactor."""

    def __init__(self) -> None:
        super().__init__("this process has a Twisted reactor: call `crawl` in one that has none, or run `scrapy crawl`")
