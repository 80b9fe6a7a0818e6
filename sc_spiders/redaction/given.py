"""The credentials among the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from sc_spiders.redaction.names import SHORTEST

__all__ = ["SECRET_SETTINGS", "exposed", "redis_passwords", "secrets"]

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
_COMMAND_LINE = 40  # Scrapy's priority of -s
# A value may be "OAuth TOKEN" or "soundcloud:tracks:1=s-TOKEN,…". This finds each part that may be the token itself.
_PART = re.compile(r"[^\s,=]+(?=[\s,]|$)")
_URN = re.compile(r"\A(?:soundcloud:)?\w+:\d+")  # an entry of SC_SECRET_TOKENS whose token is missing


class Settings(Protocol):
    """The part of Scrapy's settings that is read here."""

    def get(self, name: Any, default: Any = None) -> Any: ...

    def getpriority(self, name: Any) -> int | None: ...


def secrets(settings: Settings) -> Iterator[str]:
    """The credentials among the settings. Values shorter than SHORTEST are left out."""
    for name in SECRET_SETTINGS:
        if not settings.getpriority(name):  # Scrapy's default: FTP_PASSWORD is "guest"
            continue
        value = str(settings.get(name) or "")
        for one in (value, *_PART.findall(value)):
            if len(one) >= SHORTEST and not _URN.fullmatch(one):
                yield one


def redis_passwords(settings: Settings) -> Iterator[str]:
    """The password in SC_REDIS_URL, as it is written there and percent-decoded."""
    try:
        password = urlsplit(settings.get("SC_REDIS_URL") or "").password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)


def exposed(settings: Settings) -> list[str]:
    """The settings with a credential that were given by -s, which other users of the machine can read."""
    names = [name for name in SECRET_SETTINGS if settings.get(name)]
    if "@" in (settings.get("SC_REDIS_URL") or ""):  # the password comes before the @
        names.append("SC_REDIS_URL")
    return [name for name in names if settings.getpriority(name) == _COMMAND_LINE]
