"""The web page and its scripts, which hold the anonymous client id."""

from __future__ import annotations

import json
from random import Random

from aiohttp import web

from sc_spiders.sandbox.clients import ClientIds

SCRIPTS = 6


class WebPage:
    """`/` and `/assets/…`.

    hydration: whether the page's data have the client id. script: which of the scripts has it (0 is the first, -1 the
    last).
    """

    def __init__(self, clients: ClientIds, seed: int, *, hydration: bool = True, script: int = -1) -> None:
        self._clients = clients
        self._hydration = hydration
        self._script = script % SCRIPTS
        dice = Random(f"{seed}/scripts")
        self._names = [f"{at}-{dice.getrandbits(32):08x}.js" for at in range(SCRIPTS)]

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/", self._page), web.get("/assets/{name}", self._asset)]

    async def _page(self, request: web.Request) -> web.Response:
        data: list[object] = [
            {"hydratable": "anonymousId", "data": "1-1-1-1"},
            {"hydratable": "features", "data": {"features": ["v2_signals_collection"]}},
            {"hydratable": "geoip", "data": {"country_code": "DE"}},
        ]
        if self._hydration:
            client = {"id": self._clients.current, "isExpiring": False}
            data.append({"hydratable": "apiClient", "data": client})
        origin = f"{request.scheme}://{request.host}"
        scripts = "\n".join(f'<script crossorigin src="{origin}/assets/{name}"></script>' for name in self._names)
        text = (
            '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Listen</title></head>\n'
            '<body>\n<div id="app"></div>\n<script>window.__sc_version="1776124800"</script>\n'
            f"<script>window.__sc_hydration = {json.dumps(data)};</script>\n{scripts}\n</body>\n</html>\n"
        )
        return web.Response(text=text, content_type="text/html")

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._names:
            raise web.HTTPNotFound
        filler = f"/* {name} */" + 'function(e,t,n){"use strict";n.r(t)},' * 480
        body = filler
        if self._names.index(name) == self._script:
            body += f'env="production",client_application_id:46941,client_id:"{self._clients.current}",app:1,'
        body += filler * 4
        return _ranged(request, body.encode())


def _ranged(request: web.Request, body: bytes) -> web.Response:
    """Answer with `body`, or with the part that the request asks for."""
    try:
        part = request.http_range
    except ValueError:
        part = slice(None)
    if part.start is None and part.stop is None:
        return web.Response(body=body, content_type="application/javascript")
    start, stop, _ = part.indices(len(body))
    return web.Response(
        status=206,
        body=body[start:stop],
        content_type="application/javascript",
        headers={"Content-Range": f"bytes {start}-{max(stop - 1, 0)}/{len(body)}"},
    )
