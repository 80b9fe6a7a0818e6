"""Serves long lists of full objects from memory: `python -m bench.server`.

Objects are those of the sandbox with other ids, 200 a page. Prints its address. Lists:
/users/{id}/followers, /users/{id}/tracks, /tracks/{id}/comments. The list of `id` has `id % 10**6` pages. No two lists
share an object. /asked tells the number of requests. Pages are compressed as SoundCloud's edge compresses them: by
Brotli if the client takes it, else by gzip.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
from itertools import chain
from typing import Any

import brotli
from aiohttp import web
from aiohttp.typedefs import Handler

from sc_spiders.sandbox import World

CLIENT_ID = "b" * 32
ROWS = 200
MARK = 987654321987654
OWNER = 123456789123456
"""The id of the list's track in a comment: a crawl rejects comments of other tracks."""


def pieces(object_: dict[str, Any]) -> list[bytes]:
    """The object as JSON, split at its id."""
    return json.dumps(object_, separators=(",", ":"), ensure_ascii=False).encode().split(str(MARK).encode())


def with_id(object_: dict[str, Any], kind: str) -> dict[str, Any]:
    urn = f"soundcloud:{kind}s:{MARK}"
    if kind == "comment":
        return {**object_, "id": MARK, "track_id": OWNER, "self": {"urn": urn}}
    return {**object_, "id": MARK, "urn": urn}


class Lists:
    """Pages of one kind of object, made from examples with other ids."""

    def __init__(self, examples: list[dict[str, Any]], kind: str) -> None:
        self._examples = [pieces(with_id(one, kind)) for one in examples]

    def page(self, base: str, path: str, list_id: int, offset: int) -> bytes:
        total = rows_of(list_id)
        first = (list_id // 10**6) * 10**6 * ROWS + offset
        count = min(ROWS, total - offset)
        rows = [
            str(first + row).encode().join(self._examples[row % len(self._examples)]) for row in range(1, count + 1)
        ]
        after = offset + count
        href = b"null"
        if after < total:
            href = f'"{base}{path}?offset={after}&limit={ROWS}"'.encode()
        collection = b",".join(rows).replace(str(OWNER).encode(), str(list_id).encode())
        return b'{"collection":[' + collection + b'],"next_href":' + href + b',"query_urn":null}'


def pack(body: bytes, accepted: str) -> tuple[str, bytes]:
    """The content encoding that a client with this Accept-Encoding gets, and the body in it.

    At the quickest level: the server must keep up with its client.
    """
    if "br" in accepted:
        return "br", brotli.compress(body, quality=1)
    if "gzip" in accepted:
        return "gzip", gzip.compress(body, compresslevel=1)
    return "", body


def rows_of(list_id: int) -> int:
    return list_id % 10**6 * ROWS


def application(latency: float) -> web.Application:
    world = World(users=400, seed=1)
    people = [world.user(user) for user in list(world.users)[:ROWS]]
    songs = list(chain.from_iterable(world.tracks(user)[:2] for user in list(world.users)[:ROWS]))[:ROWS]
    tracks = [world.track(track) for track in songs]
    said = list(chain.from_iterable(map(world.comments, songs)))[:ROWS]
    lists = {
        "followers": Lists(people, "user"),
        "tracks": Lists(tracks, "track"),
        "comments": Lists([world.comment(comment) for comment in said], "comment"),
    }

    asked = 0

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return await handler(request)

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(asked - 1)  # without this request

    async def page(request: web.Request) -> web.Response:
        if latency:
            await asyncio.sleep(latency)
        base = f"http://{request.host}"
        list_id, offset = int(request.match_info["id"]), int(request.query.get("offset", 0))
        body = lists[request.match_info["list"]].page(base, request.path, list_id, offset)
        encoding, packed = pack(body, request.headers.get("Accept-Encoding", ""))
        headers = {"Content-Encoding": encoding} if encoding else {}
        return web.Response(body=packed, headers=headers, content_type="application/json", charset="utf-8")

    async def user(request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        object_ = {**people[0], "id": number, "urn": f"soundcloud:users:{number}", "followers_count": rows_of(number)}
        return web.json_response({**object_, "permalink": f"user{number}", "track_count": rows_of(number)})

    async def track(request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        counted = {"comment_count": rows_of(number)}
        return web.json_response({**tracks[0], "id": number, "urn": f"soundcloud:tracks:{number}", **counted})

    async def page_of_web(request: web.Request) -> web.Response:
        data = [{"hydratable": "apiClient", "data": {"id": CLIENT_ID, "isExpiring": False}}]
        text = f"<html><script>window.__sc_hydration = {json.dumps(data)};</script></html>"
        return web.Response(text=text, content_type="text/html")

    app = web.Application(middlewares=[count])
    app.add_routes(
        [
            web.get("/", page_of_web),
            web.get("/asked", tell),
            web.get("/users/{id}", user),
            web.get("/tracks/{id}", track),
            web.get("/users/{id}/{list:followers|tracks}", page),
            web.get("/tracks/{id}/{list:comments}", page),
        ]
    )
    return app


async def serve(port: int, latency: float) -> None:
    runner = web.AppRunner(application(latency), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0, help="milliseconds an answer")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"a page (default: {ROWS})")
    options = parser.parse_args()
    ROWS = options.rows
    asyncio.run(serve(options.port, options.latency / 1000))
