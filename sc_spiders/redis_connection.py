"""The Redis that workers share: its address, its clients, and which of its errors may pass."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClusterDownError,
    ConnectionError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,
    TryAgainError,
)

from sc_spiders.errors import ArgumentError

TIMEOUT = 10.0  # seconds

_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")

# Errors of a Redis that is away, or that is starting, full, busy or a replica for the moment. Errors of scripts have
# such a word anywhere in their text.
_PASSING = (
    ConnectionError,
    TimeoutError,
    OSError,
    ClusterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
_PASSING_WORDS = re.compile(r"\b(BUSY|LOADING|READONLY|MASTERDOWN|MISCONF|NOREPLICAS|OOM)\b")


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of SC_REDIS_URL. str() is for messages: without user, password and options."""

    tls: bool
    host: str
    port: int
    number: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        scheme, host = "redis", self.host
        if self.tls:
            scheme = "rediss"
        if ":" in host:
            host = f"[{host}]"
        return f"{scheme}://{host}:{self.port}/{self.number}"

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of a client, blocking or not."""
        arguments: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "db": self.number,
            "username": self.user,
            "password": self.password,
            "protocol": 2,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
        }
        if self.tls:
            arguments["ssl"] = True
        return arguments | self.options


def parse(url: str) -> Address:
    """The parts of an address. Raises ArgumentError, without the address: any part of it may be the password."""
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ArgumentError(_wrong()) from None
    number = parts.path.removeprefix("/") or "0"
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or _is_cut(parts, number):
        raise ArgumentError(_wrong())
    if unknown := options.keys() - set(_OPTIONS):
        raise ArgumentError(f"SC_REDIS_URL: there is no option {min(unknown)!r}; it takes {', '.join(_OPTIONS)}")
    if options and parts.scheme == "redis":
        raise ArgumentError(f"SC_REDIS_URL: {min(options)} needs TLS: use rediss://")
    address = Address(
        parts.scheme == "rediss",
        parts.hostname,
        port,
        int(number),
        _unquoted(parts.username),
        _unquoted(parts.password),
        options,
    )
    _check_files(options)
    return address


def _is_cut(parts: SplitResult, number: str) -> bool:
    """Whether the host may be a part of a password that has an @ or # without percent-encoding."""
    is_number = number.isascii() and number.isdigit()
    return bool(parts.fragment) or "@" in parts.path + parts.query or not is_number


def _unquoted(text: str | None) -> str | None:
    if not text:
        return None
    return unquote(text)


def connect(url: str) -> Redis:
    """A client without retries: the caller waits and tries again. Raises ArgumentError for a bad address."""
    return Redis(**parse(url).arguments, retry=Retry(NoBackoff(), 0))


def connect_blocking(url: str) -> redis.Redis:
    """A blocking client. Raises ArgumentError for a bad address."""
    return redis.Redis(**parse(url).arguments)


def place(url: str) -> str:
    """The address of a Redis, for messages."""
    try:
        return str(parse(url))
    except ArgumentError:
        return "the Redis of SC_REDIS_URL"


def refusal(error: Exception) -> str:
    """Why a retry is useless; "" for an error that may pass: Redis is away, starts, or is full for the moment."""
    if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError):
        return f"does not let us in: {error}"
    if _is_untrusted(error):
        return "shows a certificate that is not trusted; name the file of its CA: rediss://...?ssl_ca_certs=FILE"
    if isinstance(error, _PASSING) or _PASSING_WORDS.search(str(error)):
        return ""
    return f"refuses what is asked of it: {error}"


def reason(error: Exception) -> str:
    """The text of an error, or its type if it has none; for messages."""
    return str(error) or type(error).__name__


def _is_untrusted(error: BaseException | None) -> bool:
    while error:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _check_files(options: dict[str, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if authorities := options.get("ssl_ca_certs"):
            context.load_verify_locations(authorities)
        if options.keys() & {"ssl_certfile", "ssl_keyfile"}:
            context.load_cert_chain(options.get("ssl_certfile", ""), options.get("ssl_keyfile"), "")
    except OSError as e:  # SSLError is a subclass
        given = ", ".join(f"{name}={file}" for name, file in options.items())
        raise ArgumentError(f"SC_REDIS_URL: {given} cannot be used: {e.strerror or e}") from None


def _wrong() -> str:
    return (
        "SC_REDIS_URL is not the address of a Redis: use redis://host[:port][/number], or rediss:// for TLS; put "
        "user:password@ before the host if it needs them, with # / ? @ [ ] % percent-encoded (# is %23)"
    )
