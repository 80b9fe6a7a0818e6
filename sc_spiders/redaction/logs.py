"""Hides credentials in the log lines of all libraries.

A filter would have to be on every handler, and Scrapy replaces its handlers when a crawl starts. So the log records
redact themselves when they are formatted. A record does not tell its crawl: the secrets of all running crawls are
hidden.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sc_spiders.redaction import lines
from sc_spiders.redaction.known import Secrets
from sc_spiders.redaction.printable import printable

__all__ = ["RedactedRecord", "begin", "end", "redact"]

_running: list[Secrets] = []
_factory: Callable[..., logging.LogRecord] = logging.LogRecord  # what it was before the first crawl began


def begin(secrets: Secrets) -> None:
    """Redact log lines until `end`, and hide these secrets in them."""
    global _factory
    if not _running:
        _factory = logging.getLogRecordFactory()
        logging.setLogRecordFactory(RedactedRecord)
    _running.append(secrets)


def end(secrets: Secrets) -> None:
    """Stop hiding these secrets. The last `end` restores the log record factory. A second call does nothing."""
    if secrets not in _running:
        return
    _running.remove(secrets)
    if not _running and logging.getLogRecordFactory() is RedactedRecord:
        logging.setLogRecordFactory(_factory)


def redact(text: str) -> str:
    """The text without the secrets of all running crawls, and without anything that looks like a secret."""
    text = lines.redact(text)
    for secrets in _running:
        text = secrets.hidden_in(text)
    return text


def _redact_value(value: object) -> object:
    if not isinstance(value, str):
        return value
    return redact(value)


def _printed(text: str) -> str:
    """The text without secrets, with escapes for characters that are not printable."""
    return "\n".join(printable(line, len(line)) for line in redact(text).split("\n"))


class RedactedRecord(logging.LogRecord):
    """A log record without secrets and unprintable characters in its message, arguments and traceback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Some handlers send the arguments by themselves and never call getMessage.
        if isinstance(self.args, Mapping):
            self.args = {name: _redact_value(value) for name, value in self.args.items()}
        elif self.args:
            self.args = tuple(map(_redact_value, self.args))

    def getMessage(self) -> str:
        return _printed(super().getMessage())

    # Formatters store the text of a traceback here, and print what they read here.
    @property
    def exc_text(self) -> str | None:
        return self._exc_text

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._exc_text = text and _printed(text)

    @property
    def stack_info(self) -> str | None:
        return self._stack_info

    @stack_info.setter
    def stack_info(self, text: str | None) -> None:
        self._stack_info = text and _printed(text)
