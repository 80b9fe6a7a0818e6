"""Short links (on.soundcloud.com). v2 does not resolve them, so the link itself is requested: it redirects to the page.

That request is not signed, and the redirect is not followed. Then the API resolves the page's address like any other.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sc_spiders.api import CATALOGUE, Api
from sc_spiders.api.hosts import DEFAULT_PORTS, WEB_SITE, Hosts
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.redaction.names import given_secret

__all__ = ["ask", "leads_to", "needs_asking"]

_HOST = "on.soundcloud.com"
_PAGES = "https://soundcloud.com"


def needs_asking(url: str, api: Api) -> bool:
    """Whether this is a short link that the API does not resolve itself."""
    return urlsplit(url).hostname == _HOST and CATALOGUE["short_link"].path(api) is not None


def ask(url: str, api: Api, extra: dict[str, Any], **state: Any) -> Listing:
    """The listing that requests a short link. The listing of the address behind it gets `extra`."""
    path, kept = first_page(CATALOGUE["short_link"], api, path=urlsplit(url).path.lstrip("/"))
    return Listing("short_link", None, path, kept, extra={"then": extra}, **state)


def leads_to(hosts: Hosts, url: str) -> Resolution | None:
    """The resolution on a short link that redirects to `url`; None if that is a short link, too.

    If `url` is on the web site, the resolution has the page's address as `location`, without parameters. Any other
    address is a failure.
    """
    if hosts.same_origin("short", url) and not hosts.same_origin("web", url):
        return None
    path = _path_of_page(hosts, url)
    if path is None:
        return Resolution(Action.FAIL, error="foreign_host")
    if not path.strip("/"):
        return Resolution(Action.FAIL, "not_found")
    if given_secret(path, is_address=True):
        return Resolution(Action.FAIL, error="share_link")
    return Resolution(Action.FAIL, "end", location=f"{_PAGES}{path}")


def _path_of_page(hosts: Hosts, url: str) -> str | None:
    """The path of a page of the web site, in any of the forms that people use; None for any other address.

    It need not be on the configured host, because no request is sent to it.
    """
    try:
        parts = urlsplit(url)
        if parts.hostname in WEB_SITE and parts.port in (None, DEFAULT_PORTS.get(parts.scheme)):
            if parts.scheme not in DEFAULT_PORTS:
                return None
            return parts.path
        return urlsplit(hosts.relative("web", url)).path
    except ValueError:
        return None
