"""The last resort: no credential in a log line, whatever wrote it.

A filter would have to be on every handler, and Scrapy replaces its own when a crawl starts. So the records
themselves redact what they give out: once per record that is really written, none for those that are not.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sc_spiders.context import Settings
from sc_spiders.redaction.names import IS, SHARE_TOKEN, SHARED, SIGNED, SLASH, SPELLINGS
from sc_spiders.text import shown

__all__ = ["Redaction", "exposed", "hide", "install", "redact", "secrets"]

HIDDEN = "[hidden]"
SECRET_SETTINGS = (
    "SC_CLIENT_ID",
    "SC_CLIENT_SECRET",
    "SC_OAUTH_TOKEN",
    "SC_REFRESH_TOKEN",
    "SC_SECRET_TOKENS",
    # Scrapy's own, for outputs and mails.
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "FTP_PASSWORD",
    "MAIL_PASS",
    "TELNETCONSOLE_PASSWORD",
)
_COMMAND_LINE = 40  # the priority of what was given with -s, in Scrapy
SHORTEST = 6  # characters; a shorter "secret" would hide half of the log

# Each with the part that stays as its group. What follows the name of a parameter is a value, unless it is
# too short to be one; what follows `OAuth` or `Bearer` is a token if it has a digit, is long, or begins as a JSON Web
# Token does; what follows `Basic` if it is long. All are linear: other people's words come through here.
_START = r"(?: (?<! [a-z0-9] ) | (?<= 3f ) | (?<= 2[36] ) | (?<= 3b ) | (?<= u0026 ) )"  # ?, #, & and ; encoded
_QUOTE = r"(?:\\*+[\"'])?+"  # of JSON, and of JSON in a string of JSON
_BETWEEN = r"(?:[=:]|%(?:25)*+3[ad]|\\++u003[ad])"
_SPACE = r"(?:\s|\+|%(?:25)*+20)++"
PATTERNS = re.compile(
    rf"""
    ( {_START} (?: {SPELLINGS} | {"|".join(SECRET_SETTINGS)} ) {_QUOTE} \s*+ {_BETWEEN} \s*+ {_QUOTE} )
        [\w.~%+/-]{{6,}}+ =*+
  | ( {_START} (?: {SIGNED} ) {IS} ) [\w.~%+/-]{{6,}}+ =*+
  | ( (?<! [a-z0-9] ) (?: OAuth | Bearer ) {_SPACE} )
        (?= [\w.~+/-]{{0,19}}? \d | [\w.~+/-]{{20}} | eyJ ) [\w.~+/-]{{6,}}+ =*+
  | ( \b Basic {_SPACE} ) [A-Za-z0-9+/]{{16,}}+ =*+
  | ( {SHARED} {SLASH} ) {SHARE_TOKEN}
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The password of an address. What stands before it in the same word stays: it is looked for after the others.
_PASSWORD = re.compile(r"(?<!\S)((?>\S*?://[^\s/:@]*+:))\S+(?=@)")

_URN = re.compile(r"\A(?:soundcloud:)?\w+:\d+")  # of a share token that was forgotten

_secrets: set[str] = set()
_known: re.Pattern[str] | None = None


class Redaction:
    """Add-on: hides the credentials among the settings before Scrapy logs those that were overridden."""

    def update_settings(self, settings: Settings) -> None:
        install()
        hide(*secrets(settings))


def secrets(settings: Settings) -> Iterator[str]:
    """The credentials among the settings that are long enough to be one."""
    for name in SECRET_SETTINGS:
        value = (
            str(settings.get(name) or "") if settings.getpriority(name) else ""
        )  # FTP_PASSWORD is "guest" by default
        # Also what stands after `OAuth ` and after `soundcloud:tracks:1=`, without these.
        for one in (value, *re.findall(r"[^\s,=]+(?=[\s,]|$)", value)):
            if len(one) >= SHORTEST and not _URN.fullmatch(one):
                yield one


def exposed(settings: Settings) -> list[str]:
    """Settings with a credential that came by the command line, where other users of the machine can read them."""
    names = [name for name in SECRET_SETTINGS if settings.get(name)]
    if "@" in (settings.get("SC_REDIS_URL") or ""):  # a password stands before it
        names.append("SC_REDIS_URL")
    return [name for name in names if settings.getpriority(name) == _COMMAND_LINE]


def install() -> None:
    """Make every log record from now on redact itself."""
    logging.setLogRecordFactory(RedactedRecord)


def hide(*secrets: str) -> None:
    """Remember strings that must never be shown, for the life of the process."""
    global _known
    new = {secret for secret in secrets if len(secret) >= SHORTEST} - _secrets
    if new:
        _secrets.update(new)
        # The longest first, so that a secret that begins with another goes as a whole.
        _known = re.compile("|".join(map(re.escape, sorted(_secrets, key=len, reverse=True))))


def redact(text: str) -> str:
    """The text without the secrets that are known and without what looks like one."""
    text = _PASSWORD.sub(_keep_name, PATTERNS.sub(_keep_name, text))
    return text if _known is None else _known.sub(HIDDEN, text)


def _keep_name(match: re.Match[str]) -> str:
    return f"{match[match.lastindex or 0]}{HIDDEN}"


def _redact_value(value: object) -> object:
    return redact(value) if isinstance(value, str) else value


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
