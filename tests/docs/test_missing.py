"""Each query of docs/missing.md finds what it is for, in data that lacks something in every way."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.dataset import Dataset
from tests.support.answers import http, page, playlist, stub, track, user
from tests.support.crawl import ROOT, Crawls, crawl
from tests.support.server import Server

PAGE = (ROOT / "docs" / "missing.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
RECORDS = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
USER = "soundcloud:users:1"
DATADOME = {"url": "https://geo.captcha-delivery.com/captcha/"}
IN_PART = {"kind": "playlist", "id": 7, "urn": "soundcloud:playlists:7", "title": "Seven", "track_count": 5}
WORLD: dict[str, bytes] = {
    "/users/1": http(200, user(1, likes_count=1, track_count=4)),
    "/users/1/followings": http(403, {"code": 403, "message": "This list is private."}),
    "/users/1/likes": page({"kind": "like", "created_at": "2025-01-01T00:00:00Z", "playlist": IN_PART}),
    "/stream/users/1/reposts": http(403, DATADOME),
    "/users/1/tracks": page(),
    "/users/1/albums": http(500, {}),
    "/users/1/toptracks": page(track(5), track(6, playback_count="many")),
    "/users/2": http(404, {}),
    "/tracks/10": http(404, {}),
    "/playlists/8": http(200, playlist(8, track_count=2, tracks=[track(5), stub(9)])),
    "/search/users": page(user(3), user(4)),
}
INCLUDE = "followers,followings,likes,reposts,tracks,toptracks,albums"


def queries(section: str) -> list[str]:
    """The SQL of a section's commands."""
    blocks = re.findall(r"^```sh\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)
    words = [word for block in blocks for word in shlex.split(block)]
    assert words[::3] == ["sc-spiders"] * (len(words) // 3)
    return words[2::3]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of a crawl that lacks much, of others for what it cannot lack, and of one with pseudonyms."""
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "ids.txt").write_text("soundcloud:tracks:10\n")

    def script(path: str, turn: int) -> bytes | None:
        if re.match(r"/tracks\b(?!/)", path):  # a batch: the API gives none of these
            return http(200, [])
        return WORLD.get(path)

    found = {}
    with Server(script) as server:
        haste = {**server.settings, "SC_ATTEMPTS": 2, "FAULTS_FIRST_WAIT": 0.002}
        given: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
            "user": ("user", {"user": "1,2", "include": INCLUDE}, {}),
            "playlist": ("playlist", {"playlist": "8"}, {}),
            "search": ("search", {"q": "a", "type": "users", "limit": "1"}, {}),
            "hydrate": ("hydrate", {"file": str(folder / "ids.txt")}, {}),
            "covered": ("user", {"user": "1", "include": "followers"}, {"SC_PSEUDONYMS": str(folder / "key")}),
        }
        for name, (spider, arguments, settings) in given.items():
            done = crawl(spider, folder / name, settings={**haste, **settings}, **arguments)
            found[name] = done.folder
    return found


def rows(section: str, data: Dataset) -> list[list[tuple[Any, ...]]]:
    """The rows that answer each query of a section, sorted."""
    return [sorted(data.sql(query).fetchall(), key=repr) for query in queries(section)]


TRACK, LIST = "soundcloud:tracks:", "soundcloud:playlists:"
FOUND: dict[str, list[list[tuple[Any, ...]]]] = {
    "Complete": [[("followers", USER, 2, 2), ("user_likes", USER, 1, 1)]],
    "Short": [[("user_tracks", USER, 4, 0)]],
    "Forbidden": [[("followings", USER, 2, "This list is private.")]],
    "Blocked": [[("user_reposts", USER)]],
    "Cut by a fault": [[("user_albums", USER, "error", "http_500", None, 0)], [("user", "incomplete", None)]],
    "Missing": [[("playlist", f"{LIST}8", f"{TRACK}9")]],
    "Rejected": [[("user_top_tracks", USER, 1)]],
    "Partial": [[(f"{LIST}7", "Seven", 5)]],
}


def test_each_query_finds_what_its_section_is_about(outputs: dict[str, Path]) -> None:
    lacking = [outputs[name] for name in ("user", "playlist", "search", "hydrate")]
    with Dataset(lacking) as data:
        found = {section: rows(section, data) for section in SECTIONS if section != "Pseudonymised"}

    assert {section: answers for section, answers in found.items() if section in FOUND} == FOUND
    (lists,) = found["At a glance"]
    assert sum(count for *_, count, _, _ in lists) == 10
    assert ("user", "soundcloud:users:2", None) in found["Not found"][0]
    assert [row[:2] for row in found["Gone"][0]] == [(f"{TRACK}10", "not_found")]
    bounded, arguments, walked = found["Bounded"]
    assert bounded == [("search_users", "search:users:a", 1, None)]
    assert {spider for spider, _ in arguments} == {"user", "playlist", "search", "hydrate"}
    assert walked == [(1,)]


def test_pseudonyms_are_told_from_names(outputs: dict[str, Path]) -> None:
    with Dataset([outputs["covered"]]) as data:
        ((_, key),) = rows("Pseudonymised", data)[0]
    assert re.fullmatch("[0-9a-f]{16}", key)
    with Dataset([outputs["user"]]) as data:
        assert rows("Pseudonymised", data) == [[]]


def test_the_table_names_every_section() -> None:
    linked = re.findall(r"^\| \[.*?\]\(#(.*?)\) \|", PAGE, re.MULTILINE)
    assert linked == [name.lower().replace(" ", "-") for name in list(SECTIONS)[1:]]


def test_the_table_names_every_ending() -> None:
    endings = re.findall(r"^\| `(\w+)` \|", RECORDS.split("\n| `ended` |")[1].split("\n\n")[0], re.MULTILINE)
    assert len(endings) > 8
    assert [one for one in endings if f"`{one}`" not in SECTIONS["At a glance"]] == ["end", "empty_pages"]


def test_the_command_answers(outputs: dict[str, Path], crawls: Crawls) -> None:
    (query,) = queries("Forbidden")
    done = crawls.tool("query", str(outputs["user"]), query, "--csv")
    assert done.code == 0, done.err
    assert done.out.splitlines()[1:] == [f"followings,{USER},2,This list is private."]
