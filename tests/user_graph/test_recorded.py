"""The spider reads recorded answers: it writes every object, rejects none, and keeps all values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import jmespath
import pytest

from sc_spiders import records
from tests.support.crawl import Crawl, Crawls

Json = dict[str, Any]
ROWS = 200
SEED = 4242


def objects(answer: Any, kind: str) -> Iterator[Json]:
    """All objects of that kind in an answer that a list could have: with a name, so no stubs."""
    if isinstance(answer, list):
        for one in answer:
            yield from objects(one, kind)
    elif isinstance(answer, dict):
        if answer.get("kind") == kind and ("username" in answer or "title" in answer):
            yield answer
        for name, one in answer.items():
            if not (kind == "user" and name == "user"):  # the small form in other objects gives no record
                yield from objects(one, kind)


@pytest.fixture(scope="module")
def found(recorded: Path) -> dict[str, dict[int, Json]]:
    """The recorded v2 objects by kind and id; the fullest of each."""
    kinds: dict[str, dict[int, Json]] = {"user": {}, "track": {}, "playlist": {}}
    for line in (recorded / "INDEX.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["api"] != "v2" or entry["status"] != 200 or entry["error"] or not entry["file"].endswith(".json"):
            continue
        answer = json.loads((recorded / entry["file"]).read_bytes())
        for kind, known in kinds.items():
            for one in objects(answer, kind):
                if isinstance(one.get("id"), int) and len(one) >= len(known.get(one["id"], ())):
                    known[one["id"]] = one
    assert all(len(known) > 50 for known in kinds.values())
    return kinds


@pytest.fixture(scope="module")
def crawl(found: dict[str, dict[int, Json]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    """A crawl of a user who follows all recorded users and likes all recorded tracks and playlists."""
    seed = {**next(iter(found["user"].values())), "id": SEED, "urn": f"soundcloud:users:{SEED}"}
    likes = [
        {"created_at": "2026-01-01T00:00:00Z", "kind": "like", kind: one}
        for kind in ("track", "playlist")
        for one in found[kind].values()
    ]
    lists = {
        f"/users/{SEED}/followings": list(found["user"].values()),
        f"/users/{SEED}/likes": likes,
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, at = urlsplit(self.path).path, self.path.partition("offset=")[2].partition("&")[0]
            answer: Json = seed
            if path in lists:
                first = int(at or 0)
                rows, after = lists[path][first : first + ROWS], first + ROWS
                href = f"http://{self.headers['Host']}{path}?offset={after}" if after < len(lists[path]) else None
                answer = {"collection": rows, "next_href": href, "query_urn": None}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    yield Crawls(tmp_path_factory.mktemp("recorded")).run(
        "user_graph",
        settings={"SC_V2_URL": address, "SC_WEB_URL": address, "SC_CLIENT_ID": "x" * 32},
        user=SEED,
        relations="followings,likes",
    )
    server.shutdown()
    server.server_close()


def test_every_object_arrives_and_none_is_refused(crawl: Crawl, found: dict[str, dict[int, Json]]) -> None:
    assert crawl.code == 0, crawl.log
    assert not crawl.records("rejected")
    for kind, known in found.items():
        assert {record["id"] for record in crawl.records(kind)} - {SEED} == known.keys()
    assert all(listing["complete"] for listing in crawl.records("listing"))


@pytest.mark.parametrize("kind", ["user", "track", "playlist"])
def test_each_value_is_as_recorded(crawl: Crawl, found: dict[str, dict[int, Json]], kind: str) -> None:
    sources = {
        name: jmespath.compile(field["source"]["v2"])
        for name, field in records.schema(kind)["properties"].items()
        if isinstance(field.get("source"), dict) and "v2" in field["source"] and "pair" not in field
    }
    dates = {name for name, field in records.schema(kind)["properties"].items() if field.get("convert") == "date"}
    compared = 0
    for record in crawl.records(kind):
        if record["id"] == SEED:
            continue
        for name, source in sources.items():
            value = source.search(found[kind][record["id"]])
            if isinstance(value, str):
                # Tokens of share links are removed everywhere. Answers of 2015 have another form of date.
                value = records.iso_date(value) if name in dates else records.strip(value)
            assert record[name] == value, (record["id"], name)
            compared += record[name] is not None
    assert compared > 1000
