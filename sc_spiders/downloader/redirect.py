"""Follows up to REDIRECTS redirects in a row, if they stay within the same API and the same list."""

from __future__ import annotations

from scrapy import Request

from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import REDIRECTS, Action, Resolution
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.scope import leads_astray
from sc_spiders.pages.short_links import leads_to

__all__ = ["follow"]


def follow(hosts: Hosts, request: Request, listing: Listing, location: str) -> Request | Resolution:
    """The request that follows a redirect, or the resolution if the redirect must not be followed."""
    api = hosts.api_of(request.url)
    url = Hosts.clean(Hosts.join(request.url, location))
    hops = request.meta.get("redirects", 0) + 1
    if listing.spec.shape == "redirect" and (answer := leads_to(hosts, url)):
        return answer
    to, path = hosts.locate(url)
    if not api or to != api:
        return Resolution(Action.FAIL, error="foreign_host")
    if leads_astray(listing, api, path):
        return Resolution(Action.FAIL, error="foreign_path")
    if hops > REDIRECTS:
        return Resolution(Action.FAIL, error="redirects")
    return request.replace(url=url, meta={**request.meta, "redirects": hops})
