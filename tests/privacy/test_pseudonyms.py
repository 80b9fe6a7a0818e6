"""SC_PSEUDONYMS: nothing that a crawl leaves names anybody, and its graph stays whole."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.dataset.fields import key as identity
from sc_spiders.errors import OutputError
from sc_spiders.feeds.keys import check_keys
from sc_spiders.records import FIELDS, KINDS, Pseudonyms, check, schema
from sc_spiders.sandbox import Sandbox

from ..support.crawl import Crawl, Crawls, calling, crawl
from ..support.patience import wait_for_next_second
from .catalogue import CRAWLS, GIVEN, ONLY_V2, arguments, write_given

KEY = "0123456789abcdef" * 4
CASES = [
    pytest.param(spider, given, api, id=f"{spider}-{api}")
    for spider, given in CRAWLS
    for api in ("v2", "public")
    if api == "v2" or spider not in ONLY_V2
]


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "key"
    path.write_text(KEY)
    return str(path)


@pytest.mark.parametrize(("spider", "given", "api"), CASES)
def test_nothing_that_is_left_names_anybody(
    sandbox: Sandbox,
    names: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    spider: str,
    given: dict[str, str],
    api: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_given(tmp_path, sandbox, sandbox.world.followings(183)[0])
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_RAW": "1", "SC_PSEUDONYMS": key}
    found = crawl(spider, tmp_path, sandbox=sandbox, settings=settings, **arguments(spider, given, api))

    assert found.code == 0
    assert sum(found.kinds.values()) > 2
    assert told(names, left_in(found)) == set()
    for kind in found.kinds:
        rows = [{name: row[name] for name in FIELDS[kind]} for row in found.records(kind)]
        assert check(kind, rows)[1] == []


def left_in(found: Crawl) -> str:
    """All that a crawl leaves: its files, and its log. The files of the settings are no part of it."""
    given = {"key", "never", "tokens.json", GIVEN}
    files = [
        path for path in sorted(found.folder.rglob("*")) if path.is_file() and not given & {path.name, path.parent.name}
    ]
    return "\n".join(map(text_of, files)) + found.log


def text_of(file: Path) -> str:
    """What a file says. Of a card, without the schemas: their words are the same in all cards."""
    if not file.name.endswith("datapackage.json"):
        return file.read_text()
    return json.dumps(json.loads(file.read_text(), object_hook=_without_schemas))


def _without_schemas(object_: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in object_.items() if name != "schema"}


def told(names: set[str], text: str) -> set[str]:
    """Those of the names that the text has, as words of their own."""
    words = set(re.findall(r"[\w-]+", text))
    values = "\n".join(set(re.findall(r'"[^"]+"', text)))  # each once: most are there a thousand times
    return {name for name in names if name in words or (" " in name and name in values)}


def test_the_graph_stays_whole(sandbox: Sandbox, tmp_path: Path, key: str) -> None:
    given = {"user": "forss", "relations": "followings,likes", "depth": "2"}
    folders = tmp_path / "plain", tmp_path / "covered"
    for folder in folders:
        folder.mkdir()
    plain = crawl("user_graph", folders[0], sandbox=sandbox, **given)
    covered = crawl("user_graph", folders[1], sandbox=sandbox, settings={"SC_PSEUDONYMS": key}, **given)

    assert covered.kinds == plain.kinds
    assert _shape(covered) == _shape(plain)
    ends = {end for edge in covered.records("edge") for end in (edge["source"], edge["target"])}
    assert ends - covered.urns() == set()


def _shape(found: Crawl) -> dict[str, Any]:
    """What does not depend on names: how many things there are, who has how many edges, which owner how many tracks."""
    return {
        "urns": [len(found.urns(kind)) for kind in ("user", "track", "playlist")],
        "out": sorted(Counter(edge["source"] for edge in found.records("edge")).values()),
        "in": sorted(Counter(edge["target"] for edge in found.records("edge")).values()),
        "owned": sorted(Counter(track["user_urn"] for track in found.records("track")).values()),
        "followers": sorted(user["followers_count"] for user in found.records("user")),
    }


def test_the_log_and_the_progress_name_nobody(sandbox: Sandbox, names: set[str], tmp_path: Path, key: str) -> None:
    seeds = "forss,nobody-is-called-so,soundcloud:users:999999999999"
    words = ["user", "-a", f"user={seeds}", "-a", "include=followers", "-L", "DEBUG"]
    crawls = Crawls(tmp_path)
    done = crawls.command("crawl", *words, sandbox=sandbox, SC_PSEUDONYMS=key, SC_ON_END="tee told.json")

    assert done.code == 1
    assert told(names | set(seeds.split(",")), done.printed) == set()
    assert "999999999999" not in done.printed
    arguments = json.loads((tmp_path / "told.json").read_bytes())["arguments"]
    assert re.fullmatch(r"[0-9a-f]{16},[0-9a-f]{16},soundcloud:users:[0-9]+", arguments["user"])


def test_the_result_for_programs_names_nobody(
    sandbox: Sandbox, names: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Batches that fail are named by the ids in them."""
    monkeypatch.chdir(tmp_path)
    playlist = max(sandbox.world.playlists(183), key=lambda one: len(sandbox.world.playlist_tracks(one)))
    settings = {"SC_PSEUDONYMS": key, "SC_ATTEMPTS": "1"}
    with Sandbox(users=30, seed=3, faults="403json@/tracks=1") as faulty:
        result = asyncio.run(calling("playlist", tmp_path, sandbox=faulty, settings=settings, playlist=str(playlist)))

    assert result.incomplete
    assert told(names, "\n".join([*result.incomplete, str(result), repr(result)])) == set()


@pytest.mark.quick
@pytest.mark.parametrize(
    ("ended", "error", "kept"),
    [
        ("forbidden", "forss", None),  # a message of one word
        ("not_found", "forss is gone", None),
        ("credentials", "forss", None),
        ("error", "http_400: forss", "http_400"),
        ("error", "filter_ignored: place", "filter_ignored"),
        ("blocked", "http_403", "http_403"),
        ("limit", "since 2026-01-01T00:00:00Z", "since 2026-01-01T00:00:00Z"),
    ],
)
def test_of_an_error_only_our_own_code_stays(ended: str, error: str, kept: str | None) -> None:
    row = {**dict.fromkeys(FIELDS["listing"]), "ended": ended, "error": error}
    Pseudonyms(bytes.fromhex(KEY)).cover("listing", [row])
    assert row["error"] == kept


@pytest.mark.quick
@pytest.mark.parametrize("kind", KINDS)
def test_what_differs_still_differs(kind: str) -> None:
    """In each field that tells records of a kind apart: otherwise a merge would take two records for one."""
    fields = schema(kind)["properties"]
    texts = [name for name in identity(kind) if "string" in fields[name]["type"]]
    for name in texts:
        rows = [{**dict.fromkeys(FIELDS[kind]), name: value} for value in ("charts: one", "charts: two")]
        Pseudonyms(bytes.fromhex(KEY)).cover(kind, rows)
        assert rows[0][name] != rows[1][name], name
        assert fields[name]["personal"] in ("no", "id") or "charts" not in str(rows[0][name])


def test_a_key_is_made_that_only_its_owner_can_read(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "secret" / "key"
    for _ in range(2):
        found = crawl("user", tmp_path, sandbox=sandbox, settings={"SC_PSEUDONYMS": str(path)}, user=183)
        assert found.code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["key"]
    made = path.read_text()
    assert made.strip() not in found.files["out"].decode() + found.log


@pytest.mark.parametrize("content", ["", "secret", "ab" * 31, "zz" * 32])
def test_what_is_no_key_is_refused(sandbox: Sandbox, tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    found = crawl("user", tmp_path, sandbox=sandbox, settings={"SC_PSEUDONYMS": str(path)}, user=183)

    assert found.code == 2
    (error,) = found.errors
    assert error.startswith(f"SC_PSEUDONYMS: {path} is no key: a key is 64 hexadecimal digits")


def test_a_crawl_goes_on_with_its_own_key_only(sandbox: Sandbox, tmp_path: Path, key: str) -> None:
    other = tmp_path / "other"
    settings = {"SC_PSEUDONYMS": key, "JOBDIR": str(tmp_path / "job")}
    given: dict[str, Any] = {"sandbox": sandbox, "user": "forss", "include": "followers,followings"}
    stop = {**settings, "CLOSESPIDER_ITEMCOUNT": 5, "SC_PAGE_SIZE": "2"}
    assert crawl("user", tmp_path, settings=stop, **given).code == 3

    refused = crawl("user", tmp_path, settings={**stop, "SC_PSEUDONYMS": str(other)}, **given)
    assert refused.code == 2
    assert "its SC_PSEUDONYMS is" in refused.errors[0]

    assert crawl("user", tmp_path, settings={**stop, "SC_PSEUDONYMS": ""}, **given).code == 2
    for its_key in (key, ""):
        another = crawl("user", tmp_path, settings={**stop, "SC_PSEUDONYMS": its_key}, **{**given, "user": "somebody"})
        assert another.code == 2
        assert "its argument 'user' is another one; " in another.errors[0]  # not whose
    done = crawl("user", tmp_path, settings={**stop, "CLOSESPIDER_ITEMCOUNT": 0}, **given)
    assert done.code == 0
    whole = tmp_path / "whole"
    whole.mkdir()
    assert done.triples == crawl("user", whole, settings={"SC_PSEUDONYMS": key}, **given).triples


def test_records_of_another_key_are_not_appended(sandbox: Sandbox, tmp_path: Path, key: str) -> None:
    crawls = Crawls(tmp_path)
    words = ["crawl", "user", "-a", "user=183", "-o", "all.jsonl"]
    assert crawls.command(*words, sandbox=sandbox, SC_PSEUDONYMS=key).code == 0
    assert crawls.command(*words, sandbox=sandbox, SC_PSEUDONYMS=key).code == 0
    before = (tmp_path / "all.jsonl").read_bytes()

    for other in (str(tmp_path / "other"), ""):
        refused = crawls.command(*words, sandbox=sandbox, SC_PSEUDONYMS=other)
        assert refused.code == 2
        assert "all.jsonl has pseudonyms of the key" in refused.printed
    assert (tmp_path / "all.jsonl").read_bytes() == before


def test_another_key_is_found_in_lines_with_spaces(tmp_path: Path) -> None:
    """Other tools write JSON so, which may have copied the records."""
    line = json.dumps({"kind": "crawl", "versions": {"pseudonyms": "ab12"}})
    (tmp_path / "all.jsonl").write_text(f"{line}\n")
    with pytest.raises(OutputError, match="of the key ab12"):
        check_keys([str(tmp_path / "all.jsonl")], "")


def test_another_key_is_found_before_the_many_records_of_a_killed_crawl(tmp_path: Path) -> None:
    line = json.dumps({"kind": "crawl", "versions": {"pseudonyms": "ab12"}})
    later = json.dumps({"kind": "edge", "source": "crawl"})
    (tmp_path / "all.jsonl").write_text(f"{line}\n" + f"{later}\n" * 50_000)
    with pytest.raises(OutputError, match="of the key ab12"):
        check_keys([str(tmp_path / "all.jsonl")], "")


def test_what_came_since_the_last_crawl_is_found(sandbox: Sandbox, tmp_path: Path, key: str) -> None:
    crawls = Crawls(tmp_path)
    words = ["crawl", "user", "-a", "user=forss", "-a", "include=likes", "-a", "since=last", "-o", "all.jsonl"]
    printed = []
    for _ in range(2):
        wait_for_next_second()
        printed.append(crawls.command(*words, sandbox=sandbox, SC_PSEUDONYMS=key).printed)

    assert "there is no earlier crawl" in printed[0]
    assert re.search("complete lists in all.jsonl, whose last crawl began at .*: 1\\.", printed[1])


def test_rejected_objects_and_their_reasons_name_nobody(
    sandbox: Sandbox, names: set[str], tmp_path: Path, key: str
) -> None:
    with Sandbox(users=30, seed=3, faults="number@/users/*=1,string@/users/*=1") as faulty:
        settings = {"SC_PSEUDONYMS": key}
        found = crawl("user", tmp_path, sandbox=faulty, settings=settings, user="forss", include="followers,comments")

    assert found.records("rejected")
    assert told(names, b"\n".join(found.files.values()).decode()) == set()


def test_csv_names_nobody(sandbox: Sandbox, names: set[str], tmp_path: Path, key: str) -> None:
    crawls = Crawls(tmp_path)
    settings = {"SC_PSEUDONYMS": key, "SC_FORMAT": "csv"}
    done = crawls.run("user", sandbox=sandbox, settings=settings, user="forss", include="followers,likes")

    assert done.code == 0
    card = json.loads((done.folder / "datapackage.json").read_bytes())
    files = list(done.folder.glob("*.csv"))
    assert {path.name for path in files} >= {"user.csv", "edge.csv", "track.csv"}
    del card["resources"]  # their schemas have numbers and words of ours
    assert told(names, json.dumps(card)) == set()
    assert told(names, "".join(path.read_text() for path in files)) == set()


def test_pipelines_get_pseudonyms(sandbox: Sandbox, names: set[str], tmp_path: Path, key: str) -> None:
    seen: list[Any] = []

    class Watching:
        def process_item(self, item: Any) -> Any:
            seen.append(dict(item))
            return item

    settings = {"SC_PSEUDONYMS": key, "ITEM_PIPELINES": {Watching: 1}, "SC_OAUTH_TOKEN": sandbox.oauth_token}
    given = {"track": "forss/flickermood", "reactions": "1", "threaded": "1"}
    crawl("track_comments", tmp_path, sandbox=sandbox, settings=settings, **given)

    assert seen
    assert told(names, json.dumps(seen)) == set()
