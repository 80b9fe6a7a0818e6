"""The hosts to which a crawl may send requests: the configured addresses and the scripts of the web page, no others."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from sc_spiders.errors import BadHost
from sc_spiders.redaction.names import is_secret

__all__ = ["Api", "BadHost", "Hosts", "answerer", "is_loopback"]

Api = Literal["v2", "public", "web", "short", "token", "graphql", "authorize"]

# Several may have the same address. Then it belongs to the crawl's own API, or else to the first in this order.
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
"""Hosts of the web site. All have the same paths, and people share links to any of them."""

SCRIPT_DOMAIN = "sndcdn.com"
DEFAULT_PORTS = {"http": 80, "https": 443}
# DNS labels, or the digits of an IPv6 address.
_HOST = re.compile(
    r"\A(?:(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?|[0-9a-f.]*:[0-9a-f:.]+)"
)


class Settings(Protocol):
    """The part of Scrapy's settings that is read here."""

    def get(self, name: Any, default: Any = None) -> Any: ...

    def getbool(self, name: Any, default: bool = False) -> bool: ...

    def __getitem__(self, name: Any) -> Any: ...


class Origin(NamedTuple):
    """An origin, as browsers define it."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Hosts:
    """The configured addresses. Tells which of them a URL belongs to."""

    urls: Mapping[Api, str]
    _bases: tuple[tuple[Api, "Origin | None", str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bases = [(api, _origin(url), urlsplit(url).path) for api, url in self.urls.items()]
        bases.sort(key=lambda base: len(base[2]), reverse=True)  # the first that fits has the longest path
        object.__setattr__(self, "_bases", tuple(bases))  # parsed once: they are needed for every request

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The addresses of the ``SC_*_URL`` settings. Unset ones have SoundCloud's own address.

        Raises `BadHost` for an invalid address, and for plain http to another machine: requests to all of them have
        credentials.
        """
        own_first = sorted(SETTINGS, key=lambda api: api != settings.get("SC_API"))
        urls = {api: settings.get(SETTINGS[api][0]) or SETTINGS[api][1] for api in own_first}
        return cls._checked(tuple(urls.items()))

    @classmethod
    @lru_cache(maxsize=8)  # several components of a crawl ask for them
    def _checked(cls, urls: tuple[tuple[Api, str], ...]) -> Self:
        for api, url in urls:
            _check(SETTINGS[api][0], url)
        return cls({api: url.rstrip("/") for api, url in urls})

    def api_of(self, url: str) -> Api | None:
        """The API of this URL. None for any other URL."""
        return self.locate(url)[0]

    def path_of(self, api: Api, location: str, base: str) -> str | None:
        """The path and query of an address of this API; None for any other. It may be relative to the path `base`."""
        found, path = self.locate(self.join(self.urls[api] + base, location))
        if found != api:
            return None
        return path

    def locate(self, url: str) -> tuple[Api | None, str]:
        """The API of this URL, and its path and query there; None and "" for any other URL.

        The API has the same scheme, host and port, and the longest matching path.
        """
        origin = _origin(url)
        if origin is None:
            return None, ""
        parts = urlsplit(url)
        path = parts.path or "/"
        for api, base, prefix in self._bases:
            if base != origin or not f"{path}/".startswith(f"{prefix}/"):
                continue
            if api == "authorize":  # a page for a person's browser, which no crawl requests
                break
            return api, _with_query(path.removeprefix(prefix) or "/", parts.query)
        return None, ""

    def url(self, api: Api, path: str = "") -> str:
        """The absolute URL of a path (with query) of this API."""
        return self.urls[api] + path

    def relative(self, api: Api, url: str) -> str:
        """The path and query of an absolute URL of this API: the inverse of `url`.

        Raises ValueError for a URL of another host or path.
        """
        base = self.urls[api]
        prefix = urlsplit(base).path
        if not self.same_origin(api, url):
            raise ValueError(f"not an address of {base}")
        parts = urlsplit(url)
        if not (parts.path + "/").startswith(prefix + "/"):
            raise ValueError(f"not an address of {base}")
        return _with_query(parts.path.removeprefix(prefix) or "/", parts.query)

    def same_origin(self, api: Api, url: str) -> bool:
        """Whether this URL has the scheme, host and port of that API."""
        origin = _origin(url)
        return origin is not None and origin == _origin(self.urls[api])

    @staticmethod
    def join(base: str, location: str) -> str:
        """The absolute URL of a `Location` header; "" if it is invalid."""
        try:
            return urljoin(base, location)
        except ValueError:
            return ""

    @staticmethod
    def clean(url: str) -> str:
        """The URL without credentials in its query, otherwise unchanged; "" if it is no URL."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        pairs = parts.query.split("&")
        query = "&".join([pair for pair in pairs if not is_secret(unquote(pair.partition("=")[0]))])
        if query == parts.query:
            return url
        return urlunsplit(parts._replace(query=query))

    def is_script(self, url: str) -> bool:
        """Whether the URL may be a script of the web page: it is on SoundCloud's CDN or on the web page's host."""
        origin = _origin(url)
        if origin is None:
            return False
        on_cdn = origin.host == SCRIPT_DOMAIN or origin.host.endswith("." + SCRIPT_DOMAIN)
        return self.same_origin("web", url) or (on_cdn and origin[::2] == ("https", 443))


def answerer(settings: Settings, api: Literal["v2", "public"]) -> str | None:
    """The server that answers instead of SoundCloud: the sandbox, or an address. None for SoundCloud itself."""
    if settings.getbool("SC_SANDBOX"):  # named by its content, because its port changes
        return f"sandbox of {settings['SC_SANDBOX_USERS']} users, seed {settings['SC_SANDBOX_SEED']}"
    name, default = SETTINGS[api]
    url = (settings[name] or default).rstrip("/")
    if url == default:
        return None
    return str(url)


def _with_query(path: str, query: str) -> str:
    if not query:
        return path
    return f"{path}?{query}"


def _origin(url: str) -> Origin | None:
    """The origin of a URL. None for an invalid URL, and for one with a user name, which may disguise the host."""
    try:
        parts = urlsplit(url)
        port = parts.port
        if port is None:
            port = DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not port or parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        return None
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return None
    return Origin(parts.scheme, parts.hostname, port)


def _check(name: str, url: str) -> None:
    origin = _origin(url)
    if origin is None or urlsplit(url).query or urlsplit(url).fragment:
        raise BadHost(f"{name} is not a web address: use https://host[:port][/path]")
    if origin.scheme == "http" and not is_loopback(origin.host):
        raise BadHost(
            f"{name}: http:// is allowed for this machine only, because credentials are sent there; use https://"
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
