"""The last resort: no credential in a log line, whatever wrote it.

A filter would have to be on every handler, and Scrapy replaces its own when a crawl starts. So each log record redacts
itself when it is formatted. A record does not say which crawl it is of: the secrets of all running crawls are hidden.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sc_spiders.redaction import lines
from sc_spiders.redaction.known import Secrets
from sc_spiders.redaction.printable import shown

__all__ = ["RedactedRecord", "begin", "end", "redact"]

_running: list[Secrets] = []
_factory: Callable[..., logging.LogRecord] = logging.LogRecord  # of the time before the first running crawl


def begin(secrets: Secrets) -> None:
    """Have log records redact themselves, and hide these secrets, until `end`."""
    global _factory
    if not _running:
        _factory = logging.getLogRecordFactory()
        logging.setLogRecordFactory(RedactedRecord)
    _running.append(secrets)


def end(secrets: Secrets) -> None:
    """Stop hiding these secrets. After the last `end` log records are what they were. A second call does nothing."""
    if secrets not in _running:
        return
    _running.remove(secrets)
    if not _running and logging.getLogRecordFactory() is RedactedRecord:
        logging.setLogRecordFactory(_factory)


def redact(text: str) -> str:
    """The text without the secrets of the running crawls, and without what looks like one."""
    text = lines.redact(text)
    for secrets in _running:
        text = secrets.hidden_in(text)
    return text


def _redact_value(value: object) -> object:
    if not isinstance(value, str):
        return value
    return redact(value)


def _printed(text: str) -> str:
    """The text without secrets, and with nothing that a terminal would obey or a file refuse."""
    return "\n".join(shown(line, len(line)) for line in redact(text).split("\n"))


class RedactedRecord(logging.LogRecord):
    """A log record that shows no secret in its message, its arguments or its traceback, and nothing but text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Handlers that send message and arguments apart never ask for the finished message.
        if isinstance(self.args, Mapping):
            self.args = {name: _redact_value(value) for name, value in self.args.items()}
        elif self.args:
            self.args = tuple(map(_redact_value, self.args))

    def getMessage(self) -> str:
        return _printed(super().getMessage())

    # Formatters put the text of a traceback here, and print what they find here.
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
