"""All exceptions of the project.

SpidersError
    ArgumentError
    OutputError
    CredentialError
        Unanswered
    CredentialsEnded
    ForeignHost
    Held
    BadHost
    Damaged
    CrawlGone
    Strange
    BadBody
    Unfit
    Malformed
    MissingLibrary
    InputError
        EndlessInput
    OutputRefused
    Disturbed
    Endless
"""

from __future__ import annotations

from typing import Literal

Reason = Literal["credentials", "wait", "bad_arguments"]


class SpidersError(Exception):
    """The root: what this project raises for a reason that it can tell."""


class ArgumentError(SpidersError, ValueError):
    """An argument that cannot be used; the message is for the person who gave it."""


class BadHost(SpidersError, ValueError):
    """A configured address that must not be used; the message is the line to show."""


class OutputError(SpidersError):
    """The output on disk is not what was acknowledged, or somebody else writes it; the message says what to do."""


class CredentialError(SpidersError):
    """There is no way to a credential. The message says what to do; `reason` is the crawl's finish_reason."""

    def __init__(self, message: str, reason: Reason = "credentials") -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Unanswered(CredentialError):
    """The other side failed as often as it was asked, which may pass: the crawl can go on later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "wait")


class CredentialsEnded(SpidersError):
    """Not sent, or its answer thrown away: there is no credential, and the crawl is closing."""


class ForeignHost(SpidersError):
    """Not sent: the host is none of those configured."""


class Held(SpidersError):
    """Taken out of the download slot before it was sent."""


class Damaged(SpidersError):
    """What is under a crawl's name is none that this project has written, or not this version of it."""


class CrawlGone(SpidersError):
    """Redis is there, but the crawl is not in it any more."""


class Strange(SpidersError):
    """What is in Redis is not what this project writes there."""


class BadBody(SpidersError, ValueError):
    """A body that is no JSON, or JSON beyond reason; the message is a short reason."""


class Unfit(SpidersError, ValueError):
    """A value that no record can hold: too deep, with numbers or strings beyond what output files can, or one that
    contradicts another. `field`: where it is, if that is known.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Malformed(SpidersError, ValueError):
    """The answer is JSON, but not of the shape that its endpoint gives. `error`: what the listing says of it."""

    def __init__(self, message: str, error: str = "malformed") -> None:
        super().__init__(message)
        self.error = error


class MissingLibrary(SpidersError, ImportError):
    """A library is not installed. The message says what needs it and how to get it."""


class InputError(SpidersError, ValueError):
    """The input is not a data set. The message names the file, the line where it can, and what to do."""


class OutputRefused(SpidersError, ValueError):
    """The output cannot go where it should. The message says why and what to do."""


class Disturbed(SpidersError):
    """Somebody has deleted, moved or changed what this crawl writes; the message says what, and what to do."""


class Endless(SpidersError, ValueError):
    """What may have no end, so that it is not read to it."""


class EndlessInput(InputError):
    """An input that may have no end: a pipe, a device, a line of gigabytes."""
