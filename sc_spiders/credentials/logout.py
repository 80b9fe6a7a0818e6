"""Logs a user out of the public API: forgets the tokens here, and ends their sessions at SoundCloud."""

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scrapy.settings import BaseSettings

from sc_spiders.api.hosts import Hosts
from sc_spiders.credentials.tokenfile import State, TokenFile

__all__ = ["LoggedOut", "log_out"]

_TIMEOUT = 10.0  # seconds
_TOKEN, _SIGN_OUT = "/oauth/token", "/sign-out"


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """`forgotten`: whether there was a token. `trouble`: why SoundCloud has not ended the session; "" if it has."""

    forgotten: bool
    trouble: str = ""


async def log_out(settings: BaseSettings) -> LoggedOut:
    """Remove all tokens of the configured token endpoint from the token file, then end their users' sessions.

    Raises `CredentialError` for a token file that must not be used, `BadHost` for an address that must not.
    """
    url, file = Hosts.from_settings(settings).url("token"), TokenFile.from_settings(settings)
    if not file.load():
        return LoggedOut(forgotten=False)
    async with file.locked():
        state = file.load()
        # The times of token requests stay: they count for the quota.
        kept = {key: entry for key, entry in state.items() if not key.startswith(f"{url} ") or "times" in entry}
        file.save(kept)
    gone = {key: entry for key, entry in state.items() if key not in kept}
    trouble = await asyncio.to_thread(_sign_out, _address(url), _of_users(url, gone))
    return LoggedOut(forgotten=bool(gone), trouble=trouble)


def _of_users(url: str, entries: State) -> list[str]:
    """The access tokens of users. An app's own token belongs to no session."""
    users = (entry for key, entry in entries.items() if not key.startswith(f"{url} app "))
    return [entry["access_token"] for entry in users if entry.get("access_token")]


def _address(token_url: str) -> str:
    """The address at which sessions end: beside the token endpoint's."""
    return token_url.removesuffix(_TOKEN).rstrip("/") + _SIGN_OUT


def _sign_out(address: str, tokens: Iterable[str]) -> str:
    """End the session of each token. Returns the first trouble; "" if there was none."""
    opener = urllib.request.build_opener(_NoRedirect)
    troubles = [_ask(opener, address, token) for token in tokens]
    return next(filter(None, troubles), "")


def _ask(opener: urllib.request.OpenerDirector, address: str, token: str) -> str:
    # The guide wants the token in the body, the specification in the header.
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"OAuth {token}"}
    body = json.dumps({"access_token": token}).encode()
    request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310 - BadHost refuses others
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        with error:
            return f"it answered {error.code}"
    except urllib.error.URLError as error:
        return f"it cannot be reached: {_reason(error.reason)}"
    except (OSError, http.client.HTTPException) as error:
        return f"it cannot be reached: {_reason(error)}"
    return ""


def _reason(error: Any) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: that would send the token elsewhere. The redirect becomes an HTTPError."""

    def redirect_request(self, *_: Any) -> None:
        return None
