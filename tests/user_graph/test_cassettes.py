"""Whole crawls from cassettes, recorded from the sandbox.

To record them anew: delete the files in tests/cassettes and run this file with CASSETTE_RECORD=1.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.clients import ClientIds
from tests.support.crawl import Crawl, Crawls

FOLDER = Path(__file__).parents[1] / "cassettes"
RECORD = os.environ.get("CASSETTE_RECORD") == "1"
PORT = 48181
ADDRESS = f"http://127.0.0.1:{PORT}"  # part of everything recorded


@dataclass(frozen=True)
class Story:
    """The story of a cassette: a crawl of a small sandbox in which one thing happens."""

    user: str = "forss"
    relations: str = "followings"
    faults: str = ""


STORIES = {
    "pagination": Story(relations="followings,reposts"),
    "expired": Story(relations="followers", faults="401@/users/*/followers#2"),
    "empty_page": Story(user="1108072194", relations="likes"),  # a page in the middle is empty
    "loop": Story(faults="loop@/users/*/followings#2"),
    "foreign": Story(faults="href-host@/users/*/followings#1"),
    "unknown_seed": Story(user="nobody-of-that-name"),
}


@pytest.fixture(scope="module", params=STORIES)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Crawl]:
    """Runs each story's crawl. It must send exactly the recorded requests."""
    name: str = request.param
    story = STORIES[name]
    clients = ClientIds(1)
    ids = [clients.current]
    clients.expire()
    ids.append(clients.current)
    sandbox = Sandbox(users=120, seed=1, port=PORT, faults=story.faults).start() if RECORD else None
    secrets = dict(zip(("<CLIENT-ID-1>", "<CLIENT-ID-2>"), ids if RECORD else ("a" * 32, "b" * 32), strict=True))
    folder = tmp_path_factory.mktemp(name)
    crawl = Crawls(folder).run(
        "user_graph",
        *("-s", "SC_DOWNLOAD_HANDLER=tests.cassette.CassetteHandler", "-s", "SC_PAGE_SIZE=10"),
        *("-s", f"CASSETTE={FOLDER / name}.json", "-s", f"CASSETTE_SECRETS={json.dumps(secrets)}"),
        *("-s", f"CASSETTE_REPORT={folder / 'report.json'}", "-s", f"CASSETTE_RECORD={int(RECORD)}"),
        settings={"SC_V2_URL": ADDRESS, "SC_WEB_URL": ADDRESS, "SC_ATTEMPTS": 2},
        user=story.user,
        relations=story.relations,
    )
    if sandbox:
        sandbox.stop()
    assert json.loads((folder / "report.json").read_text()) == {"missed": [], "left": []} or RECORD, crawl.log
    for secret in secrets.values():
        assert secret not in crawl.log
    return name, crawl


def test_the_story_as_it_went(played: tuple[str, Crawl]) -> None:
    name, crawl = played
    ends = {listing["endpoint"]: (listing["ended"], listing["error"]) for listing in crawl.records("listing")}
    codes = {"loop": 1, "foreign": 1, "unknown_seed": 1}
    expected = {
        "pagination": dict.fromkeys(("followings", "user_reposts"), ("end", None)),
        "expired": {"followers": ("end", None)},
        "empty_page": {"user_likes": ("end", None)},
        "loop": {"followings": ("loop", None)},
        "foreign": {"followings": ("error", "foreign_host")},
        "unknown_seed": {"resolve": ("not_found", None)},
    }

    assert ends == expected[name]
    assert crawl.code == codes.get(name, 0), crawl.log
    assert not crawl.records("rejected")


def test_the_story_is_in_the_cassette(played: tuple[str, Crawl]) -> None:
    """Each story's event did happen in its cassette. Otherwise the cassette would test nothing."""
    name, crawl = played
    talk = json.loads((FOLDER / f"{name}.json").read_text())["http_interactions"]
    statuses = [one["response"]["status"]["code"] for one in talk]
    bodies = [one["response"]["body"]["string"] for one in talk]
    answers = [json.loads(body) for body in bodies if body.startswith("{")]
    pages = [answer for answer in answers if "collection" in answer]
    went = {
        "pagination": lambda: len(pages) > 6,
        "expired": lambda: 401 in statuses and "<CLIENT-ID-2>" in talk[-1]["request"]["uri"],
        "empty_page": lambda: any(page["next_href"] and not page["collection"] for page in pages),
        "loop": lambda: cursor(pages[-1]["next_href"]) == cursor(talk[-1]["request"]["uri"]),
        "foreign": lambda: [page["next_href"].startswith(ADDRESS) for page in pages] == [False],
        "unknown_seed": lambda: statuses == [200, 404],
    }
    assert went[name]()
    assert sum(len(page["collection"]) for page in pages) == len(crawl.triples)


def cursor(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get("offset", [])


def test_no_cassette_holds_a_credential() -> None:
    ids = {ClientIds(1).current}
    for path in FOLDER.glob("*.json"):
        text = path.read_text()
        assert "<CLIENT-ID-1>" in text
        assert not any(secret in text for secret in ids), path.name
