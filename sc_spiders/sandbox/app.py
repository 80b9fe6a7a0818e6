"""The sandbox as one web application: all hosts of SoundCloud on one port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.clients import ClientIds
from sc_spiders.sandbox.failures import Failures, datadome
from sc_spiders.sandbox.faults import Faults
from sc_spiders.sandbox.now import Now, Requests
from sc_spiders.sandbox.oauth import OAuth, problem
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.public import PREFIX, Public
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
from sc_spiders.sandbox.writes import Writes
from sc_spiders.sandbox.written import Delays, View, Written

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROTECTED = "/users/{id}/tracks"
"""On this path, all recorded answers have DataDome's header for requests that it let pass."""


CLOSED = {"tracks", "playlists", "me", "users", "uploads", "comments"}
"""Where paths of v2 begin that take writes of browsers only."""


async def small_body(request: web.Request) -> bytes:
    """Return the body of a request, but none of a form with files: those are read once, as a stream."""
    if request.content_type == "multipart/form-data":
        return b""
    return await request.read()


async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request. v2 takes no writes: DataDome stands before them."""
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        if request.path.startswith(PREFIX):
            return problem(error.status)
        if request.method in ("POST", "PUT", "DELETE") and request.path.split("/")[1] in CLOSED:
            return datadome()
        return reply({}, error.status)


def protected(template: str, answer: web.StreamResponse) -> web.StreamResponse:
    """Add the header that DataDome gives to requests that it lets pass."""
    if template == PROTECTED and not answer.prepared:
        answer.headers["X-DataDome"] = "protected"
    return answer


@dataclass(frozen=True)
class State:
    """What a sandbox remembers of requests."""

    clients: ClientIds
    tokens: Tokens
    stats: Stats
    requests: Requests
    faults: Faults
    written: Written


def application(world: World, state: State, options: Options) -> web.Application:
    """Return an application that serves all of SoundCloud's hosts."""
    clients, tokens, stats, faults, written = state.clients, state.tokens, state.stats, state.faults, state.written
    failures = Failures(faults, clients, tokens)

    async def served(request: web.Request, handler: Handler, row: Json) -> web.StreamResponse:
        async def genuine(request: web.Request) -> web.StreamResponse:
            return await answered(request, handler)

        if options.latency:
            await asyncio.sleep(options.latency / 1000)
        resource = request.match_info.route.resource
        template = resource.canonical if resource else "unknown"
        fault = faults.draw(request, await small_body(request))
        if fault:
            row["status"] = fault
            stats.count(request, template, fault, fault=True)
            return protected(template, await failures.fail(fault, request, genuine))
        answer = await genuine(request)
        row["status"] = str(answer.status)
        stats.count(request, template, row["status"])
        return protected(template, answer)

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/-/"):
            return await handler(request)
        row = state.requests.begin(request)
        try:
            return await served(request, handler, row)
        except ConnectionError:
            return web.Response(status=400)  # for nobody: the client went away before the end of its body
        finally:
            state.requests.end(row, request)

    app = web.Application(middlewares=[wired(options.seed), count])
    app.add_routes(WebPage(clients, options.seed, hydration=options.hydration, script=options.script).routes())
    app.add_routes(Truth(world, stats, clients).routes())
    account = Account(world, View(written, Delays(0, options.processing, options.description_lag)))
    listed = Account(world, View(written, Delays(options.lag, options.processing, options.description_lag)))
    app.add_routes(Now(account, written, state.requests).routes())
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
    for path, handler in Public(account, listed, written, tokens, options).routes().items():
        app.router.add_get(path, handler)
    app.add_routes(Writes(account, written, tokens, options).routes())
    app.router.add_post("/graphql", guarded(clients, tokens, v2.graphql))
    app.router.add_get("/oembed", v2.oembed)
    app.add_routes(ShortLinks(world).routes())
    return app
