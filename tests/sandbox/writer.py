"""A client that writes to the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from sc_spiders.sandbox import Sandbox
from tests.support.patience import PATIENCE

Json = dict[str, Any]

ALL: Json = {"access": "playable,preview,blocked", "show_tracks": "false"}
"""Also blocked tracks, and playlists without their tracks."""


class Writer:
    """A client that writes with a user's token."""

    def __init__(self, sandbox: Sandbox, token: str = "") -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"OAuth {token or sandbox.oauth_token}"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.sandbox.url}/public{path}", timeout=PATIENCE, **options)

    def json(self, path: str, **query: Any) -> Any:
        response = self.ask("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def walk(self, path: str) -> list[str]:
        """Return the URNs of all rows of a list."""
        found, url, query = [], path, {"linked_partitioning": "true", "limit": 50} | ALL
        while url:
            page = self.json(url, **query)
            found += [row["urn"] for row in page["collection"]]
            url, query = (page["next_href"] or "").partition("/public")[2], ALL
        return found

    def upload(self, data: bytes = b"ID3" + b"\0" * 32_000, name: str = "a.mp3", **fields: str) -> requests.Response:
        form = {f"track[{field}]": value for field, value in ({"title": "New"} | fields).items()}
        return self.ask("POST", "/tracks", data=form, files={"track[asset_data]": (name, data)})


Connect = Callable[..., Writer]
"""Makes a writer for a new sandbox with these options."""


def strangers(writer: Writer, kind: str) -> list[str]:
    """The URNs of tracks, playlists or users that forss has nothing to do with."""
    world = writer.sandbox.world
    if kind == "users":
        there = {183, *world.followings(183)}
        return [f"soundcloud:users:{id}" for id in world.users if id not in there]
    marked = {urn for urn, _ in world.likes(183) + world.reposts(183)}
    ids = getattr(world, f"{kind[:-1]}_ids")
    count = getattr(world.links, kind)
    urns = [f"soundcloud:{kind}:{ids.id(at)}" for at in range(40, count)]
    return [urn for urn in urns if urn not in marked]
