"""Chooses the source of credentials by the settings."""

import hashlib
from dataclasses import dataclass

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from sc_spiders.api.hosts import Hosts
from sc_spiders.credentials.fetch import Fetch
from sc_spiders.credentials.oauth import AppToken, UserToken, login_key
from sc_spiders.credentials.tokenfile import TokenFile
from sc_spiders.credentials.types import Credential, Source, checked
from sc_spiders.credentials.webpage import WebPage
from sc_spiders.errors import CredentialError, needs

__all__ = ["Given", "has_user_token", "source_for"]


@dataclass(slots=True)
class Given:
    """A credential from the settings. If the API refuses it, there is no other."""

    credential: Credential
    remedy: str
    renewable: bool = False
    grant: None = None

    async def obtain(self, refused: Credential | None) -> Credential:
        return self.credential


def source_for(api: str, crawler: Crawler, hosts: Hosts, fetch: Fetch) -> Source:
    """The source of this API's credentials. Raises `CredentialError` if the settings allow none."""
    settings = crawler.settings
    check_given(settings)
    client_id, token = settings.get("SC_CLIENT_ID") or "", user_token(settings)
    if api == "v2":
        if not client_id:
            page = WebPage(crawler, hosts, fetch, token)
            redis = settings.get("SC_REDIS_URL")
            if not redis:
                return page
            with needs("redis", "SC_REDIS_URL"):
                from sc_spiders.credentials.shared import SharedSource
            return SharedSource(page, redis, f"{hosts.url('web')} client_id", fetch, token)
        remedy = "unset SC_CLIENT_ID to have it read from the web page"
        if token:
            remedy += ", or give a fresh SC_OAUTH_TOKEN"
        return Given(Credential(client_id, token), remedy)
    if api == "public":
        return _public_source(settings, hosts, fetch)
    raise CredentialError(f"SC_API is {api}: it is v2 or public", "bad_arguments")


def check_given(settings: BaseSettings) -> None:
    """Raises `CredentialError` for a setting whose value cannot be a credential."""
    for name in ("SC_CLIENT_ID", "SC_CLIENT_SECRET", "SC_REFRESH_TOKEN"):
        if value := settings.get(name):
            checked(name, value, "bad_arguments")
    if settings.get("SC_OAUTH_TOKEN"):
        checked("SC_OAUTH_TOKEN", user_token(settings), "bad_arguments")


def _public_source(settings: BaseSettings, hosts: Hosts, fetch: Fetch) -> Source:
    url, file = hosts.url("token"), _token_file(settings)
    token, refresh_token = user_token(settings), settings.get("SC_REFRESH_TOKEN") or ""
    app = client_id, client_secret = (
        settings.get("SC_CLIENT_ID") or "",
        settings.get("SC_CLIENT_SECRET") or "",
    )
    if refresh_token:
        # The next crawl is given the same first token. It finds the newest token under the hash of the first.
        key = f"{url} refresh {hashlib.sha256(refresh_token.encode()).hexdigest()}"
        first = {"access_token": token, "refresh_token": refresh_token}
        return UserToken(url, key, file, fetch, app, first)
    if token:
        return Given(Credential(token=token), "give a fresh SC_OAUTH_TOKEN")
    if _has_login(settings, file, url):
        return UserToken(url, login_key(url), file, fetch, app)
    if client_id and client_secret:
        return AppToken(url, f"{url} app {client_id}", file, fetch, app)
    raise CredentialError(
        "the public API takes a token: set SC_CLIENT_ID and SC_CLIENT_SECRET, or SC_OAUTH_TOKEN, or run "
        "`sc-spiders login`"
    )


def _token_file(settings: BaseSettings) -> TokenFile:
    """The token file; with SC_REDIS_URL the one that all workers share."""
    if not settings.get("SC_REDIS_URL"):
        return TokenFile.from_settings(settings)
    with needs("redis", "SC_REDIS_URL"):
        from sc_spiders.credentials.shared import SharedTokens
    return SharedTokens.from_settings(settings)


def has_user_token(settings: BaseSettings) -> bool:
    """Whether there is a user's token, which some endpoints need.

    Raises `CredentialError` for a token file that must not be used, `BadHost` for an address that must not.
    """
    if user_token(settings):
        return True
    if settings.get("SC_API") != "public":
        return False
    url = Hosts.from_settings(settings).url("token")
    return bool(settings.get("SC_REFRESH_TOKEN")) or _has_login(settings, TokenFile.from_settings(settings), url)


def _has_login(settings: BaseSettings, file: TokenFile, token_url: str) -> bool:
    """Whether there is a login; if the settings name an app, a login with that app."""
    login = file.load().get(login_key(token_url))
    return login is not None and settings.get("SC_CLIENT_ID") in (None, "", login.get("client_id"))


def user_token(settings: BaseSettings) -> str:
    """SC_OAUTH_TOKEN, without the word `OAuth` that people copy with it from the header."""
    text = (settings.get("SC_OAUTH_TOKEN") or "").strip()
    if text[:6].lower() == "oauth ":
        return str(text[6:].strip())
    return str(text)
