"""The sandbox as one web application: all hosts of SoundCloud on one port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sc_spiders.sandbox.clients import ClientIds
from sc_spiders.sandbox.failures import Failures
from sc_spiders.sandbox.faults import Faults
from sc_spiders.sandbox.oauth import OAuth
from sc_spiders.sandbox.public import Public
from sc_spiders.sandbox.recorded import Recorded
from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.shortlinks import ShortLinks
from sc_spiders.sandbox.tokens import Tokens
from sc_spiders.sandbox.truth import Stats, Truth
from sc_spiders.sandbox.v2 import guarded
from sc_spiders.sandbox.v2_private import Private
from sc_spiders.sandbox.web import WebPage
from sc_spiders.sandbox.wire import wired
from sc_spiders.sandbox.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROTECTED = "/users/{id}/tracks"
"""On this path, all recorded answers have DataDome's header for requests that it let pass."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a sandbox.

    users, seed, date: size and seed of its world, and the day on which it is shown: see `World`.
    latency: milliseconds before each answer.
    expire_after: requests until a client id expires (0: never).
    hydration: whether the web page's data have the client id.
    script: which of the web page's scripts has it (-1: the last).
    recorded: a folder of recorded answers, served instead of the world.
    faults: see `faults`.
    charts_today: whether /charts answers as in 2026 (only one chart) or as documented.
    urns_only: whether the public API gives URNs but no ids.
    token_life: seconds until an OAuth token expires.
    token_quota: OAuth tokens given in twelve hours.
    """

    users: int = 3000
    seed: int = 1
    date: str | None = None
    latency: float = 0
    expire_after: int = 0
    hydration: bool = True
    script: int = -1
    recorded: Path | None = None
    faults: str = ""
    charts_today: bool = False
    urns_only: bool = False
    token_life: float = 3600
    token_quota: int = 50


def protected(template: str, answer: web.StreamResponse) -> web.StreamResponse:
    """Add the header that DataDome gives to requests that it lets pass."""
    if template == PROTECTED and not answer.prepared:
        answer.headers["X-DataDome"] = "protected"
    return answer


def application(
    world: World, clients: ClientIds, tokens: Tokens, stats: Stats, faults: Faults, options: Options
) -> web.Application:
    """Return an application that serves all of SoundCloud's hosts."""
    failures = Failures(faults, clients, tokens)

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/-/"):
            return await handler(request)
        if options.latency:
            await asyncio.sleep(options.latency / 1000)
        resource = request.match_info.route.resource
        template = resource.canonical if resource else "unknown"
        fault = faults.draw(request, await request.read())
        if fault:
            stats.count(request, template, fault, fault=True)
            return protected(template, await failures.fail(fault, request, handler))
        try:
            answer = await handler(request)
        except web.HTTPNotFound:
            answer = reply({}, 404)
        stats.count(request, template, str(answer.status))
        return protected(template, answer)

    app = web.Application(middlewares=[wired(options.seed), count])
    app.add_routes(WebPage(clients, options.seed, hydration=options.hydration, script=options.script).routes())
    app.add_routes(Truth(world, stats, clients).routes())
    app.add_routes(OAuth(tokens).routes())
    if options.recorded:
        recorded = Recorded(options.recorded)
        for path in ("/public/{path:.*}", "/oembed"):
            app.router.add_get(path, recorded.answer)
        app.router.add_get("/{path:.*}", guarded(clients, tokens, recorded.answer))
        return app
    v2 = Private(world, tokens, options.charts_today)
    for path, handler in v2.routes().items():
        app.router.add_get(path, guarded(clients, tokens, handler))
    for path, handler in Public(world, tokens, options.urns_only).routes().items():
        app.router.add_get(path, handler)
    app.router.add_post("/graphql", guarded(clients, tokens, v2.graphql))
    app.router.add_get("/oembed", v2.oembed)
    app.add_routes(ShortLinks(world).routes())
    return app
