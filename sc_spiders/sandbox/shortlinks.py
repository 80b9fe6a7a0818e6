"""on.soundcloud.com: short links. The public API resolves them, v2 does not."""

from __future__ import annotations

import re

from aiohttp import web

from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.replies import origin
from sc_spiders.sandbox.v2 import resolve
from sc_spiders.sandbox.world import World

SHORT = re.compile(r"https?://on\.soundcloud\.com/([^/?#]*)", re.IGNORECASE)
PAGES = "https://soundcloud.com"
TRACKING = "ref=clipboard&p=a&c=1&si=5f2c0ffee&utm_source=clipboard&utm_medium=text&utm_campaign=social_sharing"


def page_of(world: World, code: str) -> str:
    """Return the path of the page that a short link leads to, or raise NotFound.

    The code is `u`, `t` or `p` and the id of a user, track or playlist, or `s` and a system playlist's permalink.
    """
    kind, name = code[:1], code[1:]
    objects = {"u": world.user, "t": world.track, "p": world.playlist}
    if kind == "s":
        return str(world.system_playlist(f"soundcloud:system-playlists:{name}")["permalink_url"]).removeprefix(PAGES)
    if kind not in objects or not name.isdecimal():
        raise NotFound(code)
    return str(objects[kind](int(name))["permalink_url"]).removeprefix(PAGES)


def resolve_any(world: World, url: str) -> tuple[str, int | str]:
    """Return kind and id of the page at an address, which may be a short link, or raise NotFound."""
    if short := SHORT.match(url):
        return world.resolve(page_of(world, short[1]))
    return resolve(world, url)


class ShortLinks:
    """`/{code}`: redirects to the long address, with parameters that tell who shared it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the routes. They must come last in an application, since they match any path."""
        return [web.route("*", "/{code}", self._lead)]

    async def _lead(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "HEAD"):
            raise web.HTTPNotFound
        try:
            page = page_of(self._world, request.match_info["code"])
        except NotFound:
            raise web.HTTPNotFound from None
        return web.Response(status=302, headers={"Location": f"{origin(request)}{page}?{TRACKING}"})
