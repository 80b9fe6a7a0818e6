"""Which source of credentials the settings ask for."""

from dataclasses import dataclass

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from sc_spiders.credentials.fetch import Fetch
from sc_spiders.credentials.types import Credential, CredentialError, Source
from sc_spiders.credentials.webpage import WebPage
from sc_spiders.hosts import Hosts

__all__ = ["Given", "has_user_token", "source_for"]


@dataclass(slots=True)
class Given:
    """A credential from the settings: refused means refused."""

    credential: Credential
    remedy: str
    renewable: bool = False
    grant: None = None

    async def obtain(self, refused: Credential | None) -> Credential:
        return self.credential


def source_for(api: str, crawler: Crawler, hosts: Hosts, fetch: Fetch) -> Source:
    """Where the credentials of this API come from.

    Raises `CredentialError` where the settings name no way to one.
    """
    settings = crawler.settings
    client_id, token = settings.get("SC_CLIENT_ID") or "", user_token(settings)
    if api == "v2":
        if not client_id:
            return WebPage(crawler, hosts, fetch, token)
        remedy = "unset SC_CLIENT_ID to have it read from the web page"
        if token:
            remedy += ", or give a fresh SC_OAUTH_TOKEN"
        return Given(Credential(client_id, token), remedy)
    raise CredentialError(f"SC_API is {api}: it is v2 or public", "bad_arguments")


def has_user_token(settings: BaseSettings) -> bool:
    """Whether there is a user's token for what only a user may read."""
    return bool(user_token(settings))


def user_token(settings: BaseSettings) -> str:
    """SC_OAUTH_TOKEN, which people also copy with the word that stands before it in the header."""
    text = (settings.get("SC_OAUTH_TOKEN") or "").strip()
    return text[6:].strip() if text[:6].lower() == "oauth " else text
