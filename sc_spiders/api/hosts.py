"""Where a crawl may go: the configured addresses, the page's scripts, and nowhere else."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from sc_spiders.errors import BadHost
from sc_spiders.redaction.names import is_secret

__all__ = ["Api", "BadHost", "Hosts", "answerer", "is_loopback"]

Api = Literal["v2", "public", "web", "short", "token", "graphql", "authorize"]

# In this order, after the crawl's own: where two share an address (all may be on one port), the first one wins.
SETTINGS: dict[Api, tuple[str, str]] = {
    "v2": ("SC_V2_URL", "https://api-v2.soundcloud.com"),
    "public": ("SC_PUBLIC_URL", "https://api.soundcloud.com"),
    "web": ("SC_WEB_URL", "https://soundcloud.com"),
    "short": ("SC_SHORT_LINK_URL", "https://on.soundcloud.com"),
    "token": ("SC_TOKEN_URL", "https://secure.soundcloud.com/oauth/token"),
    "graphql": ("SC_GRAPHQL_URL", "https://graph.soundcloud.com/graphql"),
    "authorize": ("SC_AUTHORIZE_URL", "https://secure.soundcloud.com/authorize"),
}
WEB_SITE = frozenset({"soundcloud.com", "www.soundcloud.com", "m.soundcloud.com"})
"""Hosts whose pages have the same paths: people share any of them."""

SCRIPT_DOMAIN = "sndcdn.com"
DEFAULT_PORTS = {"http": 80, "https": 443}
# What a client can look up: DNS labels, or the digits of an IPv6 address.
_HOST = re.compile(
    r"\A(?:(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?|[0-9a-f.]*:[0-9a-f:.]+)"
)


class Settings(Protocol):
    """The part of Scrapy's settings that is read here."""

    def get(self, name: Any, default: Any = None) -> Any: ...

    def getbool(self, name: Any, default: bool = False) -> bool: ...

    def __getitem__(self, name: Any) -> Any: ...


class Origin(NamedTuple):
    """What a browser would call the same origin."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Hosts:
    """The configured addresses, and which of them a URL belongs to."""

    urls: Mapping[Api, str]
    _bases: tuple[tuple[Api, "Origin | None", str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bases = tuple((api, _origin(url), urlsplit(url).path) for api, url in self.urls.items())
        object.__setattr__(self, "_bases", bases)  # parsed once, for every request asks

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The addresses of the ``SC_*_URL`` settings, SoundCloud's own where one is not set.

        Raises `BadHost` for what is no address, and for plain http to another machine: every one of them
        gives or takes a credential.
        """
        own_first = sorted(SETTINGS, key=lambda api: api != settings.get("SC_API"))
        urls = {api: settings.get(SETTINGS[api][0]) or SETTINGS[api][1] for api in own_first}
        for api, url in urls.items():
            _check(SETTINGS[api][0], url)
        return cls({api: url.rstrip("/") for api, url in urls.items()})

    def api_of(self, url: str) -> Api | None:
        """The API that answers this URL: same scheme, host and port, the longest fitting path; else None."""
        origin = _origin(url)
        if origin is None:
            return None
        path = urlsplit(url).path or "/"
        found: Api | None = None
        longest = -1
        for api, base, prefix in self._bases:
            fits = base == origin and (path == prefix or path.startswith(prefix + "/"))
            if fits and len(prefix) > longest:
                found, longest = api, len(prefix)
        # People are sent to that page in their browser; a crawl has no business there.
        return None if found == "authorize" else found

    def url(self, api: Api, path: str = "") -> str:
        """The absolute URL of a path (with query) of this API."""
        return self.urls[api] + path

    def relative(self, api: Api, url: str) -> str:
        """The path and query of an absolute URL of this API, the inverse of `url`.

        Raises ValueError where the URL is not the API's.
        """
        base = self.urls[api]
        prefix = urlsplit(base).path
        parts = urlsplit(url if self.same_origin(api, url) else "")
        if not parts.netloc or not (parts.path + "/").startswith(prefix + "/"):
            raise ValueError(f"not an address of {base}")
        path = parts.path.removeprefix(prefix) or "/"
        return f"{path}?{parts.query}" if parts.query else path

    def same_origin(self, api: Api, url: str) -> bool:
        """Whether this URL has the scheme, host and port of that API."""
        return (origin := _origin(url)) is not None and origin == _origin(self.urls[api])

    @staticmethod
    def join(base: str, location: str) -> str:
        """The absolute URL a `Location` means; an empty string, which is on no host, where it means none."""
        try:
            return urljoin(base, location)
        except ValueError:
            return ""

    @staticmethod
    def clean(url: str) -> str:
        """The URL without any credential in its query, the rest as it is written; empty where it is no URL."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        pairs = parts.query.split("&")
        query = "&".join(pair for pair in pairs if not is_secret(unquote(pair.partition("=")[0])))
        return url if query == parts.query else urlunsplit(parts._replace(query=query))

    def is_script(self, url: str) -> bool:
        """Whether this URL may be read as a script of the web page: from SoundCloud's CDN or its own host."""
        origin = _origin(url)
        if origin is None:
            return False
        on_cdn = origin.host == SCRIPT_DOMAIN or origin.host.endswith("." + SCRIPT_DOMAIN)
        return self.same_origin("web", url) or (on_cdn and origin[::2] == ("https", 443))


def answerer(settings: Settings, api: Literal["v2", "public"]) -> str | None:
    """Who answers in the place of SoundCloud: which sandbox, or the address; None for SoundCloud itself."""
    if settings.getbool("SC_SANDBOX"):  # its port is another one each time
        return f"sandbox of {settings['SC_SANDBOX_USERS']} users, seed {settings['SC_SANDBOX_SEED']}"
    name, default = SETTINGS[api]
    url = (settings[name] or default).rstrip("/")
    return None if url == default else str(url)


def _origin(url: str) -> Origin | None:
    """None for what has none, and where a user name stands before the host: only tricks have that."""
    try:
        parts = urlsplit(url)
        port = DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    if not port or parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        return None
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return None
    return Origin(parts.scheme, parts.hostname, port)


def _check(name: str, url: str) -> None:
    origin = _origin(url)
    parts = urlsplit(url) if origin else None
    if origin is None or parts is None or parts.query or parts.fragment:
        raise BadHost(f"{name} is no web address: give it as https://host[:port][/path]")
    if origin.scheme == "http" and not is_loopback(origin.host):
        raise BadHost(f"{name}: plain http is for this machine only, credentials go there; use https")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
