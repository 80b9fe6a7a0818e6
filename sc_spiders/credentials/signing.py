"""Signs requests: adds client id, token and share token to a copy for the wire."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from scrapy import Request

from sc_spiders.credentials.types import Credential
from sc_spiders.errors import CredentialError
from sc_spiders.redaction.shares import SHARE_TOKEN

__all__ = ["SignedRequest", "parse_share_tokens", "sign"]

SHARED = re.compile(r"(?:soundcloud:)?(tracks|playlists):(\d+)")
SHARED_PATH = re.compile(r"/(tracks|playlists)/(?:soundcloud:\1:)?(\d+)(?:/|$)")


class SignedRequest(Request):
    """The copy that is sent. Printed, it shows the unsigned request."""

    __slots__ = ("unsigned",)
    unsigned: Request

    def __repr__(self) -> str:
        return repr(self.unsigned)

    __str__ = __repr__


def sign(request: Request, url: str, path: str, credential: Credential, shares: Mapping[str, str]) -> SignedRequest:
    """A copy of the request with the credential and, for a shared track or playlist, its share token.

    `url`: the request's without credentials. `path`: its path and query without the API's prefix. `shares`: `tracks:1`
    -> its share token.
    """
    added: dict[str, str] = {}
    if shares:
        added = _share(path, url, shares)
    if credential.client_id:
        added["client_id"] = credential.client_id
    headers = request.headers.copy()
    if credential.token:
        headers["Authorization"] = f"OAuth {credential.token}"
    return copy_with(request, _with_query(url, added), headers, request.body)


def copy_with(request: Request, url: str, headers: Mapping[bytes, object], body: bytes) -> SignedRequest:
    """A copy of the request that is only sent: it has no callback and is never queued."""
    signed = SignedRequest(url, method=request.method, headers=headers, body=body, meta=request.meta)
    signed.unsigned = request
    return signed


def parse_share_tokens(text: str) -> dict[str, str]:
    """`soundcloud:tracks:1=s-XXXX,…` as a mapping: `tracks:1` -> its token.

    Raises `CredentialError`, whose message has the number of the bad entry, not its text.
    """
    tokens = {}
    for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        urn, _, token = entry.partition("=")
        match = SHARED.fullmatch(urn.strip())
        if not match or not re.fullmatch(SHARE_TOKEN, token.strip()):
            raise CredentialError(
                f"SC_SECRET_TOKENS: entry {number} is not of the form soundcloud:tracks:1=s-XXXX (tracks or playlists)",
                reason="bad_arguments",
            )
        tokens[f"{match[1]}:{match[2]}"] = token.strip()
    return tokens


def _share(path: str, url: str, shares: Mapping[str, str]) -> dict[str, str]:
    """The share token for the track or playlist in this path: parameter name -> token."""
    path = unquote(path.partition("?")[0])
    if match := SHARED_PATH.match(path):
        return _named("secret_token", shares.get(f"{match[1]}:{match[2]}"))
    if path == "/tracks":  # a batch: the private tracks of a private playlist
        playlist = dict(parse_qsl(urlsplit(url).query)).get("playlistId", "")
        return _named("playlistSecretToken", shares.get(f"playlists:{playlist.rpartition(':')[2]}"))
    return {}


def _named(parameter: str, token: str | None) -> dict[str, str]:
    if not token:
        return {}
    return {parameter: token}


def _with_query(url: str, added: Mapping[str, str]) -> str:
    if not added:
        return url
    parts = urlsplit(url)
    pairs = [f"{name}={quote(value, safe='')}" for name, value in added.items()]
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, *pairs]))))
