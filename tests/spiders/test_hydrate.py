"""Records of what is named by ids (`hydrate`), and what of an output is gone (`recheck`)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.answers import http, track
from tests.support.crawl import Crawl, Crawls, Record, crawl
from tests.support.server import Server

NOBODY = 184  # no user, track or playlist has this id

Answer = Callable[[list[int], int], bytes | None]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(users=80, seed=1, date="2026-01-01") as sandbox:
        yield sandbox


@pytest.fixture
def names(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of names."""

    def write(*names: str | int) -> Path:
        path = tmp_path / "names.txt"
        path.write_text("\n".join(map(str, names)) + "\n")
        return path

    return write


def urn(kind: str, id: int) -> str:
    return f"soundcloud:{kind}s:{id}"


def urns(*tracks: int) -> set[str]:
    return {urn("track", id) for id in tracks}


def gone(found: Crawl) -> dict[str, str]:
    """How each thing showed that it is gone, by URN."""
    return {row["urn"]: row["how"] for row in found.records("gone")}


def tracks_of(sandbox: Sandbox, count: int) -> list[int]:
    every = [id for user in sandbox.world.users for id in sandbox.world.tracks(user)]
    assert len(every) >= count
    return every[:count]


class Asked:
    """Counts the sandbox's requests from now on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._before = sandbox.stats.requests.copy()

    def __getitem__(self, template: str) -> int:
        return self._sandbox.stats.requests[template] - self._before[template]


# -- what comes


@pytest.mark.parametrize("api", ["v2", "public"])
def test_names_of_all_kinds_and_forms(tmp_path: Path, sandbox: Sandbox, names: Callable[..., Path], api: str) -> None:
    world = sandbox.world
    tracks = tracks_of(sandbox, 3)
    file = names(
        "# a comment", "", urn("user", 183), world.users[1], urn("track", tracks[1]), urn("track", tracks[1]),
        "forss/flickermood", f"https://soundcloud.com/{world.user(world.users[2])['permalink']}",
        "soundcloud.com/forss/sets/soulhack", urn("track", tracks[2]), urn("track", NOBODY), urn("user", NOBODY),
        urn("playlist", NOBODY), "soundcloud:system-playlists:track-stations:293",
    )  # fmt: skip
    given = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token}
    found = crawl("hydrate", tmp_path, sandbox=sandbox, settings=given, file=file, kind="user")

    assert found.urns("user") == {urn("user", id) for id in world.users[:3]}
    assert found.urns("track") == urns(293, *tracks[1:3])
    assert found.urns("playlist") == {urn("playlist", 1), "soundcloud:system-playlists:track-stations:293"}
    assert not any(row["partial"] for kind in ("user", "track") for row in found.records(kind))
    assert gone(found) == {
        urn("user", NOBODY): "not_found",
        urn("playlist", NOBODY): "not_found",
        urn("track", NOBODY): "left_out" if api == "v2" else "not_found",
    }
    assert len(found.rows) == 3 + 3 + 2 + 3 + 1
    assert found.code == 0


@pytest.mark.parametrize("spider", ["hydrate", "track"])
def test_121_tracks_cost_three_requests(
    tmp_path: Path, sandbox: Sandbox, names: Callable[..., Path], spider: str
) -> None:
    tracks = tracks_of(sandbox, 121)
    asked = Asked(sandbox)
    file = names(*map(urn, ["track"] * 121, tracks))
    given: dict[str, Any] = {"file": file} if spider == "hydrate" else {"track": f"@{file}"}
    found = crawl(spider, tmp_path, sandbox=sandbox, **given)

    assert found.urns("track") == urns(*tracks)
    assert len(found.records("track")) == 121
    assert (asked["/tracks"], asked["/tracks/{id}"], found.code) == (3, 0, 0)


@pytest.mark.parametrize("urns_only", [False, True])
def test_the_public_api_gives_users_and_tracks_by_urn(
    tmp_path: Path, names: Callable[..., Path], urns_only: bool
) -> None:
    with Sandbox(users=80, seed=1, date="2026-01-01", urns_only=urns_only) as sandbox:
        tracks, users = tracks_of(sandbox, 121), sandbox.world.users[:60]
        left = [urn("user", NOBODY), urn("track", NOBODY)]
        given = {"SC_API": "public", "SC_OAUTH_TOKEN": sandbox.oauth_token}
        file = names(*left, *(urn("track", id) for id in tracks), *(urn("user", id) for id in users))
        found = crawl("hydrate", tmp_path, sandbox=sandbox, settings=given, file=file)
        requests = sandbox.stats.requests

    assert found.urns("track") == urns(*tracks)
    assert found.urns("user") == {urn("user", id) for id in users}
    assert (requests["/public/tracks"], requests["/public/tracks/{urn}"]) == (3, 1)
    assert (requests["/public/users"], requests["/public/users/{urn}"]) == (2, 1)
    assert gone(found) == dict.fromkeys(left, "not_found")
    assert found.code == 0


def test_a_batch_has_the_records_that_single_requests_have(
    tmp_path: Path, sandbox: Sandbox, names: Callable[..., Path]
) -> None:
    tracks = tracks_of(sandbox, 5)
    batch = crawl("hydrate", tmp_path, sandbox=sandbox, file=names(*tracks), kind="track").records("track")
    single = crawl(
        "track", tmp_path, sandbox=sandbox, track=",".join(map(str, tracks)), include="profile,related"
    ).records("track")

    by_id = {row["id"]: row | {"fetched_at": ""} for row in single}
    for row in batch:
        assert row | {"fetched_at": ""} == by_id[row["id"]]


def test_a_track_that_is_not_there_is_a_seed_that_was_not_found(tmp_path: Path, sandbox: Sandbox) -> None:
    first, second, *_ = tracks_of(sandbox, 3)
    found = crawl("track", tmp_path, sandbox=sandbox, track=f"{first},{second},{NOBODY}")

    assert found.urns("track") == urns(first, second)
    assert (found.listing("track")["subject"], found.listing("track")["ended"]) == (urn("track", NOBODY), "not_found")
    assert (found.code, found.records("gone")) == (1, [])


def test_private_tracks_are_not_gone_if_their_share_token_is_given(
    tmp_path: Path, sandbox: Sandbox, names: Callable[..., Path]
) -> None:
    private, token = next(one for one in sandbox.world.secrets.items() if ":tracks:" in one[0])
    file = names(private, *map(urn, ["track"] * 3, tracks_of(sandbox, 3)))
    found = crawl("hydrate", tmp_path, sandbox=sandbox, settings={"SC_SECRET_TOKENS": f"{private}={token}"}, file=file)

    assert private in found.urns("track")
    assert (len(found.records("track")), gone(found), found.code) == (4, {}, 0)


def test_names_may_come_by_standard_input(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.BytesIO(b"\xef\xbb\xbfsoundcloud:users:183\r\nforss/flickermood")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=text))
    found = crawl("hydrate", tmp_path, sandbox=sandbox, file="-")

    assert found.urns() == {urn("user", 183), urn("track", 293)}


# -- what goes wrong


class Run:
    """Hydrates tracks from a server. `answer`: to the n-th request for these ids; None: a 404."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.batches: list[list[int]] = []
        self.single: list[int] = []

    def __call__(self, tracks: list[int], answer: Answer, alone: Answer | None = None, **settings: Any) -> Crawl:
        def script(path: str, turn: int) -> bytes | None:
            place, _, ids = path.partition("?ids=")
            if ids:
                self.batches.append([int(id) for id in ids.split(",")])
                return answer(self.batches[-1], turn)
            self.single.append(int(place.rpartition("/")[2]))
            return (alone or answer)([self.single[-1]], turn)

        file = self.folder / "names.txt"
        file.write_text("".join(f"{id}\n" for id in tracks))
        with Server(script) as server:
            given = {**server.settings, "FAULTS_FIRST_WAIT": 0.002, "SC_ATTEMPTS": 2, **settings}
            return crawl("hydrate", self.folder, settings=given, file=file, kind="track")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def good(ids: list[int], turn: int = 1) -> bytes:
    return http(200, [track(id) for id in reversed(ids)])


def one(ids: list[int], turn: int = 1) -> bytes:
    return http(200, track(ids[0]))


MANY = list(range(1, 61))


def kept(folder: Path) -> dict[str, Any]:
    """Settings of a crawl that a later one goes on with, in the same file."""
    return {"JOBDIR": str(folder / "job"), "FEEDS": {str(folder / "out.jsonl"): {"format": "jsonlines"}}}


def test_nothing_is_gone_for_an_answer_about_other_tracks(run: Run) -> None:
    found = run(MANY, lambda ids, _: good([90, 91]), one)

    assert found.urns("track") == urns(*MANY)  # each of them alone
    assert gone(found) == {}
    assert {row["object"]["id"] for row in found.records("rejected")} == {90, 91}


def test_what_is_left_out_beside_strangers_is_asked_for_again(run: Run) -> None:
    found = run([1, 2, 3], lambda ids, _: good([ids[0], 90]) if len(ids) > 1 else good(ids), one)

    assert (found.urns("track"), gone(found), found.code) == (urns(1, 2, 3), {}, 0)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_broken_id_costs_no_other(run: Run, status: int) -> None:
    def answer(ids: list[int], turn: int) -> bytes:
        return http(status, {}) if 7 in ids else good(ids)

    found = run(MANY, answer, lambda ids, _: http(404, {}))

    assert found.urns("track") == urns(*MANY) - urns(7)
    assert gone(found) == {urn("track", 7): "not_found"}
    assert (run.single, found.code) == ([7], 0)


def test_what_fails_alone_is_not_gone(run: Run) -> None:
    def answer(ids: list[int], turn: int) -> bytes:
        return http(500, {}) if 7 in ids else good(ids)

    found = run(MANY, answer)

    assert (gone(found), found.code) == ({}, 1)
    assert (found.listing("track")["subject"], found.listing("track")["error"]) == (urn("track", 7), "http_500")


@pytest.mark.parametrize("status", [400, 404, 410, 500])
def test_without_batches_each_track_is_asked_for_alone(run: Run, status: int) -> None:
    """An endpoint that is not there any more says nothing about any track."""
    tracks = list(range(1, 13))
    found = run(tracks, lambda ids, _: http(status, {}), lambda ids, _: one(ids) if ids[0] % 2 else http(404, {}))

    assert found.urns("track") == urns(*tracks[::2])
    assert gone(found) == dict.fromkeys(urns(*tracks[1::2]), "not_found")
    assert found.code == 0


def test_only_a_second_empty_answer_means_that_all_are_gone(run: Run) -> None:
    first = run([1, 2, 3], lambda ids, turn: http(200, []) if turn == 1 else good(ids))
    assert (first.urns("track"), gone(first)) == (urns(1, 2, 3), {})

    second = run([1, 2, 3], lambda ids, _: http(200, []))
    assert (gone(second), second.code) == (dict.fromkeys(urns(1, 2, 3), "left_out"), 0)


def test_a_track_that_its_schema_refuses_is_rejected_and_not_gone(run: Run) -> None:
    found = run([1, 2], lambda ids, _: http(200, [track(1), track(2, title=[])]))

    assert (found.urns("track"), gone(found)) == (urns(1), {})
    assert [row["object"]["id"] for row in found.records("rejected")] == [2]
    assert found.listing("track_batch")["rejected"] == 1


def test_a_blocked_endpoint_is_missing_until_a_later_run_asks_again(run: Run, tmp_path: Path) -> None:
    blocked = http(403, "<html>captcha-delivery</html>", "text/html")
    given: dict[str, Any] = {
        "JOBDIR": str(tmp_path / "job"),
        "FEEDS": {str(tmp_path / "out.jsonl"): {"format": "jsonlines"}},
    }
    first = run(MANY, lambda ids, _: blocked, **given)
    assert (gone(first), first.urns("track"), first.code) == ({}, set(), 1)
    told = first.listings("track_batch")
    assert {one["ended"] for one in told} == {"blocked"}
    assert {urn for one in told for urn in one["missing"]} == urns(*MANY)

    second = run(MANY, lambda ids, _: good([id for id in ids if id != 9]), **given)
    assert (second.urns("track"), second.code) == (urns(*MANY) - urns(9), 0)
    assert (gone(second), second.listings("track_batch")) == ({urn("track", 9): "left_out"}, [])


def test_a_crawl_that_was_stopped_goes_on(tmp_path: Path, sandbox: Sandbox, names: Callable[..., Path]) -> None:
    tracks = tracks_of(sandbox, 160)
    file = names(*tracks, NOBODY, NOBODY + 1)
    given = {**kept(tmp_path), "CONCURRENT_REQUESTS": 1}
    stopped = crawl(
        "hydrate", tmp_path, sandbox=sandbox, settings={**given, "CLOSESPIDER_PAGECOUNT": 2}, file=file, kind="track"
    )
    assert stopped.code == 3
    found = crawl("hydrate", tmp_path, sandbox=sandbox, settings=given, file=file, kind="track")

    assert sorted(row["id"] for row in found.records("track")) == sorted(tracks)
    assert gone(found) == dict.fromkeys(urns(NOBODY, NOBODY + 1), "left_out")
    assert found.code == 0


def test_the_list_may_grow_while_a_crawl_is_stopped(
    tmp_path: Path, sandbox: Sandbox, names: Callable[..., Path]
) -> None:
    *tracks, last = tracks_of(sandbox, 120)
    never = tmp_path / "never.txt"
    never.write_text("")
    given = {**kept(tmp_path), "CONCURRENT_REQUESTS": 1, "SC_NEVER": str(never)}
    words: dict[str, Any] = {"sandbox": sandbox, "file": names(*tracks, last), "kind": "track"}
    assert crawl("hydrate", tmp_path, settings={**given, "CLOSESPIDER_PAGECOUNT": 1}, **words).code == 3
    never.write_text(f"{urn('track', last)}\n")
    found = crawl("hydrate", tmp_path, settings=given, **words)

    assert (found.code, found.errors) == (0, [])
    assert found.urns("track") == urns(*tracks)


def test_who_is_on_the_list_is_neither_asked_for_nor_gone(tmp_path: Path) -> None:
    run, never = Run(tmp_path), tmp_path / "never.txt"
    never.write_text(f"{urn('track', 7)}\n")
    found = run(MANY, lambda ids, _: good([id for id in ids if id != 9]), SC_NEVER=str(never))

    assert found.urns("track") == urns(*MANY) - urns(7, 9)
    assert (gone(found), found.code) == ({urn("track", 9): "left_out"}, 0)
    assert (run.single, [ids for ids in run.batches if 7 in ids]) == ([], [])


# -- what is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "293",
            "hydrate: 293 may be a user, track or playlist: give -a kind=track, say, or URNs like soundcloud:",
        ),
        (
            "soundcloud:comments:5",
            "hydrate: file=soundcloud:comments:5: not the URN of one of users, tracks",
        ),
        ("soundcloud:tracks:x", "hydrate: file=soundcloud:tracks:x: not the URN of a track"),
        ("https://example.com/forss", "hydrate: file=https://example.com/forss: not an address on soundcloud.com"),
        ("what is this", "hydrate: file=what is this: names nothing; give an id, URN, permalink"),
        ("https://soundcloud.com/forss/x/s-AbCdEfG1", "hydrate: file: holds a private share link"),
        ("# nothing", "names nothing; it takes ids, URNs, permalinks or addresses, one a line"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, names: Callable[..., Path], text: str, message: str) -> None:
    found = crawl("hydrate", tmp_path, file=names(text))

    assert found.code == 2
    (line,) = found.errors
    assert message in line
    assert "s-AbCdEfG1" not in found.log


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    found = crawl("hydrate", tmp_path, file=tmp_path / "nowhere.txt")

    assert found.code == 2
    assert "No such file or directory" in found.log


# -- recheck and dehydrate


def nodes(rows: list[Record]) -> set[str]:
    return {row["urn"] for row in rows if row["kind"] in ("user", "track", "playlist")}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Crawl:
    folder = tmp_path_factory.mktemp("before")
    return crawl("user_graph", folder, sandbox=sandbox, user="forss", relations="followings,likes,reposts", max_users=8)


def moved(output: Crawl, folder: Path, server: str, **versions: str) -> Path:
    """A copy of an output, as if that server had given it."""
    rows = [*output.rows[:-1], {**output.last, "versions": {"api": server, **versions}}]
    file = folder / "before" / "out.jsonl"
    file.parent.mkdir()
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return file


def test_recheck_tells_what_is_gone_by_then(tmp_path: Path, output: Crawl) -> None:
    before = nodes(output.rows)
    tracks = [one for one in before if ":tracks:" in one]
    with Sandbox(users=80, seed=1, date="2026-12-31") as later:
        file = moved(output, tmp_path, later.url)
        found = crawl("recheck", tmp_path, sandbox=later, output=file)
        world, requests = later.world, later.stats.requests

    there = {urn("user", id) for id in world.users}
    there |= {urn("track", id) for user in world.users for id in world.tracks(user)}
    there |= {urn("playlist", id) for user in world.users for id in world.albums(user) + world.playlists(user)}
    assert set(gone(found)) == before - there
    assert {one.split(":")[1] for one in gone(found)} >= {"users", "tracks"}
    assert nodes(found.rows) == before & there
    assert requests["/tracks"] == -(-len(tracks) // 50)
    assert requests["/tracks/{id}"] == 0
    assert requests["/users/{id}"] + requests["/playlists/{id}"] == len(before) - len(tracks)
    assert found.code == 0


def test_the_ids_of_an_output_lead_back_to_its_records(tmp_path: Path, sandbox: Sandbox, output: Crawl) -> None:
    crawls = Crawls(tmp_path)
    file = tmp_path / "ids.txt"
    written = crawls.tool("dehydrate", str(output.folder), "-o", str(file))
    printed = crawls.tool("dehydrate", str(output.folder / "out.jsonl"))

    lines = file.read_text().splitlines()
    assert lines == sorted(nodes(output.rows))
    assert printed.printed.splitlines() == lines
    assert f"{len(lines):,} URNs" in written.printed
    found = crawl("hydrate", tmp_path, sandbox=sandbox, file=file)
    assert (nodes(found.rows), found.code) == (set(lines), 0)
    full = {row["urn"]: row | {"fetched_at": ""} for row in output.rows if "urn" in row and not row["partial"]}
    assert full
    for row in found.rows:
        if row["kind"] != "crawl" and row["urn"] in full:
            assert row | {"fetched_at": ""} == full[row["urn"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dehydrate"], "dehydrate takes files or folders of records"),
        (["dehydrate", "nowhere"], "dehydrate: nowhere: no such file or folder"),
        (["dehydrate", "edges.jsonl"], "dehydrate: edges.jsonl: has no record of a user, track or playlist"),
        (["recheck", "edges.jsonl"], "recheck: output=edges.jsonl: has no record of a user, track or playlist"),
        (["recheck", "nowhere"], "recheck: output: nowhere: no such file or folder"),
        (["hydrate", "one.txt", "two.txt"], "takes one value, not 2"),
    ],
)
def test_what_is_no_output_is_refused(tmp_path: Path, words: list[str], message: str) -> None:
    crawls = Crawls(tmp_path)
    (tmp_path / "edges.jsonl").write_text("")
    process = crawls.tool(*words)

    assert process.wait() == 2
    assert message in process.printed
    assert "Traceback" not in process.printed


def test_data_of_another_server_is_not_rechecked(tmp_path: Path, sandbox: Sandbox, output: Crawl) -> None:
    found = crawl("recheck", tmp_path, sandbox=sandbox, output=moved(output, tmp_path, "http://elsewhere:80"))

    assert found.code == 2
    assert f"is from http://elsewhere:80, and {sandbox.url} is asked" in found.log


def test_pseudonyms_lead_to_nobody(tmp_path: Path, sandbox: Sandbox, output: Crawl) -> None:
    file = moved(output, tmp_path, sandbox.url, pseudonyms="12ab")
    found = crawl("recheck", tmp_path, sandbox=sandbox, output=file)
    written = Crawls(tmp_path).tool("dehydrate", str(file))

    assert (found.code, written.wait()) == (2, 2)
    for text in (found.log, written.printed):
        assert "its URNs are pseudonyms, by which nobody can ask for anything" in text


@pytest.mark.parametrize(("verb", "words"), [("hydrate", ["ids.txt"]), ("recheck", ["out"])])
def test_scrapy_has_the_same_commands(tmp_path: Path, sandbox: Sandbox, verb: str, words: list[str]) -> None:
    crawls = Crawls(tmp_path)
    (tmp_path / "ids.txt").write_text(urn("user", 183))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "user.csv").write_text(f"kind,urn\nuser,{urn('user', 183)}\n")
    process = crawls.command(verb, *words, "-O", "new.jsonl", sandbox=sandbox)

    assert process.wait() == 0
    assert urn("user", 183) in (tmp_path / "new.jsonl").read_text()
    assert crawls.command(verb).wait() == 2
