"""A server sends back credentials from the request, and others: none of them is stored."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import suppress
from typing import Any

from tests.support.answers import http, user
from tests.support.crawl import Crawls

TOKEN, CLIENT, SHARE = "2-290059-777-FgHiJkLmXX", "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "s-QrStUvWxYz1"


def texts(url: str) -> list[str]:
    """The ways in which a text may contain a credential."""
    return [
        TOKEN,
        CLIENT,
        f"OAuth {TOKEN}",
        f"OAuth%20{TOKEN}",
        f"{url}/users/1?client_id={CLIENT}",
        json.dumps({"client_id": CLIENT, "oauth_token": TOKEN}),
        f"https://x/?a=b#access_token={TOKEN}",
        f"https://x/?Client_ID={CLIENT}",
        f"https://x/?a=1;client_id={CLIENT}",
        f"https%253A%252F%252Fx%252F%253Fclient_id%253D{CLIENT}",
        f"HTTPS://SoundCloud.com/u/t/{SHARE}",
        f"https://soundcloud.com:443/u/t/{SHARE}",
        f"https://soundcloud.com//u/t/{SHARE}",
        f"https:\\/\\/soundcloud.com\\/u\\/t\\/{SHARE}",
        f"https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1%3Fsecret_token%3D{SHARE}&x=1",
        f"https://x/?secret_token%3D{SHARE}",
        f"https://x/?a=1\\u0026secret_token={SHARE}",
    ]


class Echo:
    """Answers any number of requests on a port of its own."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    path = connection.recv(65536).split(b" ")[1].decode()
                    connection.sendall(http(200, self.answer(path)))

    def answer(self, path: str) -> dict[str, Any]:
        found = texts(self.url)
        if "/followings" not in path:
            return {**user(1), "description": " ".join(found), "first_name": TOKEN, "city": CLIENT}
        if "x=" in path:
            return {"collection": [], "next_href": None}
        rows: list[Any] = [{**user(10 + number), "description": text} for number, text in enumerate(found)]
        rows.append({**user(90), "followers_count": TOKEN, "likes_count": -5})
        rows.append({"kind": "user", "id": TOKEN, "clientId": CLIENT, "nested": [{"Secret_Token": SHARE}], TOKEN: 1})
        rows.append({**user(91), "followers_count": "x", "dateOfBirth": "1970", "secretToken": SHARE})
        return {"collection": rows, "next_href": f"{self.url}/users/1/followings?x={TOKEN}&client_id={CLIENT}"}


def test_nothing_of_it_is_kept(crawls: Crawls) -> None:
    echo = Echo()
    settings = {
        **{f"SC_{name}_URL": echo.url for name in ("V2", "WEB", "GRAPHQL")},
        "SC_CLIENT_ID": CLIENT,
        "SC_OAUTH_TOKEN": TOKEN,
    }
    options = ("-s", "JOBDIR=job", "-s", "SC_RAW=1", "-s", "FAULTS_FIRST_WAIT=0.05", "-s", "SC_ATTEMPTS=2")

    crawl = crawls.run("user", *options, settings=settings, user=1, include="profile,followings")
    echo.socket.close()

    assert len(crawl.records("user")) == 1 + len(texts(""))
    assert len(crawl.records("rejected")) == 3
    left = [path for path in crawls.folder.rglob("*") if path.is_file()]
    for path in left:
        for secret in (TOKEN, CLIENT, SHARE, "1970"):
            found = re.search(rb".{0,60}" + secret.encode(), path.read_bytes())
            assert not found, (path.name, found)
