"""Recorded answers in place of the world's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sc_spiders.sandbox import Sandbox

from .client import Client

V2 = "https://api-v2.soundcloud.com"
ANSWERS = {
    f"{V2}/users/7/likes?client_id=REDACTED&limit=20&linked_partitioning=1": {
        "collection": [{"kind": "like"}],
        "next_href": f"{V2}/users/7/likes?offset=2025-07-08T15%3A40%3A31.345Z%2Ca%2Cb&limit=20",
    },
    f"{V2}/users/7/likes?offset=2025-07-08T15%3A40%3A31.345Z%2Ca%2Cb&limit=20&client_id=REDACTED": {
        "collection": [{"kind": "like", "created_at": "2025-01-01T00:00:00Z"}],
        "next_href": None,
    },
    f"{V2}/resolve?url=https%3A%2F%2Fsoundcloud.com%2FSeven&client_id=REDACTED": {"kind": "user", "id": 7},
    f"{V2}/tracks?ids=2%2C1&client_id=REDACTED": [{"id": 1}, {"id": 2}],
    "https://api.soundcloud.com/resolve?url=https://soundcloud.com/seven": {
        "status": "302 - Found",
        "location": "https://api.soundcloud.com/users/soundcloud:users:7",
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    lines = []
    for number, (url, body) in enumerate(ANSWERS.items()):
        (tmp_path / f"{number}.json").write_text(json.dumps(body), encoding="utf-8")
        location = body.get("location") if isinstance(body, dict) else None
        lines.append({
            "file": f"{number}.json", "url": url, "status": 302 if location else 200, "date": "2026-02-21",
            "headers": {"location": location} if location else {},
        })  # fmt: skip
    (tmp_path / "INDEX.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with Sandbox(users=10, recorded=tmp_path) as sandbox:
        client = Client(sandbox)
        yield client
        client.close()


def test_a_recorded_list_is_walked_on_the_own_host(client: Client) -> None:
    pages = client.pages("/users/soundcloud:users:7/likes", limit=200, linked_partitioning=1)

    assert pages == [[{"kind": "like"}], [{"kind": "like", "created_at": "2025-01-01T00:00:00Z"}]]


def test_what_was_not_recorded_is_not_found(client: Client) -> None:
    assert client.get("/users/8/likes").status_code == 404
    assert client.get("/users/7/likes", offset="x").status_code == 404
    assert client.get("/users/7/likes", signed=False).status_code == 401


def test_recorded_tracks_come_in_any_composition(client: Client) -> None:
    assert client.json("/tracks", ids="1,2") == [{"id": 1}, {"id": 2}]
    assert client.json("/tracks", ids="2,3") == [{"id": 2}]


def test_a_recorded_redirect_leads_to_the_own_host(client: Client) -> None:
    response = client.get("/public/resolve", url="https://soundcloud.com/seven")

    assert response.status_code == 302
    assert response.headers["Location"] == f"{client.sandbox.url}/public/users/soundcloud:users:7"
    assert client.json("/resolve", url="http://soundcloud.com/seven#t=0")["id"] == 7


def test_a_real_folder_of_recordings(recorded: Path) -> None:
    with Sandbox(users=10, recorded=recorded) as sandbox:
        client = Client(sandbox)
        entries = [json.loads(line) for line in (recorded / "INDEX.jsonl").read_text().splitlines()]
        for entry in entries:
            if entry["api"] in ("v2", "public"):
                prefix = "" if entry["api"] == "v2" else "/public"
                path = urlsplit(entry["url"])._replace(scheme="", netloc="").geturl().replace("client_id=REDACTED", "")
                assert client.get(prefix + path).status_code < 404 or entry["error"], entry["url"]
        assert len(client.pages("/users/4803918/albums", limit=200)) == 2
        client.close()
