"""Runs the sandbox in a thread, for tests and for crawls with `SC_SANDBOX=1`."""

from __future__ import annotations

import asyncio
import socket
import threading
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.app import State, application
from sc_spiders.sandbox.clients import ClientIds
from sc_spiders.sandbox.faults import Faults
from sc_spiders.sandbox.now import Now, Requests
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.relations import FORSS
from sc_spiders.sandbox.tokens import APP_ID, APP_SECRET, NEWCOMER_TOKEN, USER_TOKEN, Tokens
from sc_spiders.sandbox.truth import Stats
from sc_spiders.sandbox.world import FLICKERMOOD, World
from sc_spiders.sandbox.written import NEWCOMER, Delays, View, Written

# Servers share a world, because making one takes long. It never changes: writes are stored beside it.
_world = lru_cache(maxsize=8)(World)


class Sandbox:
    """An embedded SoundCloud on a loopback port.

        with Sandbox(users=300, seed=2) as sandbox:
            requests.get(sandbox.url + "/users/183", params={"client_id": sandbox.client_id})

    port: 0 for any free port. For the other arguments see `Options`. `go_to` shows the world on another date.
    """

    app_id, app_secret = APP_ID, APP_SECRET
    """Credentials of the app at the token endpoint."""

    oauth_token = USER_TOKEN
    """A token of the user forss, as in the web site's cookie. It is valid for both APIs, for ever."""

    newcomer, newcomer_token = NEWCOMER, NEWCOMER_TOKEN
    """A second user with a token, who has posted, liked and followed nothing yet."""

    def __init__(self, *, port: int = 0, host: str = "127.0.0.1", **options: Any) -> None:
        self.options = Options(**options)
        self.world = _world(self.options.users, self.options.seed, self.options.date)
        self.stats = Stats()
        self._faults = Faults.parse(self.options.faults)
        expire_after = self.options.expire_after or int(self._faults.options["expire"])
        self._clients = ClientIds(self.options.seed, expire_after)
        self.tokens = Tokens(FORSS, self.options.token_life, self.options.token_quota)
        self._requests = Requests()
        self._written = Written(self.world.links.now, self.options.unkept, self.options.seed)
        self._app = self._application()
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None

    def _application(self) -> web.Application:
        state = State(self._clients, self.tokens, self.stats, self._requests, self._faults, self._written)
        return application(self.world, state, self.options)

    def go_to(self, date: str) -> None:
        """Show the world as it is on another day, at the same address. Requests wait meanwhile.

        Raise ValueError if the date is not valid.
        """
        self.world = _world(self.options.users, self.options.seed, date)
        self._pause()
        self._app = self._application()
        if self._listener is not None:
            self._serve(self._listener)

    def account(self, user: int = FORSS) -> dict[str, Any]:
        """Return what a user with a token has now: forss, or `newcomer`. See `Now.account`."""
        return Now(Account(self.world, View(self._written, Delays())), self._written, self._requests).account(user)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """All requests so far: method, path, query, bytes of the body, begin, end (seconds since 1970), and status."""
        return [*self._requests.rows]

    def next_day(self) -> None:
        """Let users write again who have reached a ceiling."""
        self._written.done.clear()

    @property
    def client_id(self) -> str:
        """The current client id, as the web page shows it."""
        return self._clients.current

    def expire_client_id(self) -> None:
        """Expire the current client id, as SoundCloud does every few weeks."""
        self._clients.expire()

    @property
    def url(self) -> str:
        """The base address, without a slash at its end. It is known after `start`."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def urls(self) -> dict[str, str]:
        """The settings that point a crawl at this sandbox."""
        return {
            "SC_V2_URL": self.url,
            "SC_PUBLIC_URL": f"{self.url}/public",
            "SC_WEB_URL": self.url,
            "SC_TOKEN_URL": f"{self.url}/oauth/token",
            "SC_AUTHORIZE_URL": f"{self.url}/authorize",
            "SC_GRAPHQL_URL": f"{self.url}/graphql",
            "SC_SHORT_LINK_URL": self.url,
        }

    def start(self) -> Self:
        """Start serving. Requests are answered once this returns. Raise OSError if the port is in use."""
        if not self.options.recorded:
            # A large world takes seconds to make. It is made here, so that no request waits for it.
            self.world.user(FORSS)
            self.world.track(FLICKERMOOD)
        self._listener = socket.create_server(self._address, backlog=512)
        self._address = self._listener.getsockname()[:2]
        self._serve(self._listener)
        return self

    def _serve(self, listener: socket.socket) -> None:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        # A copy, since the server closes its socket at its end. The port stays ours until `stop`.
        served = listener.dup()
        self._thread = threading.Thread(target=self._run, args=(served, ready), name="sc-sandbox", daemon=True)
        self._thread.start()
        ready.wait()

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)

        async def serve() -> None:
            await runner.setup()
            await web.SockSite(runner, listener).start()

        try:
            self._loop.run_until_complete(serve())
        finally:  # if it fails, nobody waits for it for ever
            ready.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(runner.cleanup())
            # Clients that went away in the middle of a body have left tasks behind.
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.close()

    def stop(self) -> None:
        """Stop the server and its thread. A second call does nothing."""
        self._pause()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _pause(self) -> None:
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
