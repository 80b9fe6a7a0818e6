"""SC_MAX_AGE: what an earlier output has a full record of is not asked for again."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.dataset.full_records import OF_ONE, Form, FullRecords
from sc_spiders.pages.listing import Listing
from sc_spiders.records import dumps, kind, schema
from sc_spiders.sandbox import Sandbox
from tests.records.samples import NOW, TRACK
from tests.support.crawl import Crawl, Crawls, Record, calling, crawl
from tests.support.points import KillAt

FORSS = "soundcloud:users:183"
KNOWN = {"SC_MAX_AGE": "30d"}
# When a crawl ran; all else must be the same, whether it asked or knew.
_TIMES = {"fetched_at", "started_at", "finished_at", "crawl_started_at", "known_until"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(users=80, seed=1, date="2026-01-01") as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which the earlier outputs are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass
class World:
    """Runs crawls of one sandbox, in one folder. `asked`: how often the last crawl requested each path."""

    folder: Path
    sandbox: Sandbox
    asked: Counter[str]

    def hydrate(self, *names: str, **settings: Any) -> Path:
        """Hydrate these names. Returns the output."""
        self._write(names)
        return self.called("hydrate", settings, file="ids.txt", kind="track")

    def called(self, spider: str, settings: dict[str, Any], **given: Any) -> Path:
        """Crawl into the default output. Returns that."""
        result = asyncio.run(calling(spider, self.folder, sandbox=self.sandbox, settings=settings, **given))
        assert result.exit_code == 0
        assert result.output
        return Path(result.output)

    def hydrated(self, *names: str, **settings: Any) -> Crawl:
        """Hydrate these names once more, into another place."""
        self._write(names)
        return self.crawl("hydrate", settings, file="ids.txt", kind="track")

    def crawl(self, spider: str, settings: dict[str, Any], **given: Any) -> Crawl:
        before = self.sandbox.stats.requests.copy()
        found = crawl(spider, self.folder, sandbox=self.sandbox, settings={**KNOWN, **settings}, **given)
        self.asked = self.sandbox.stats.requests - before
        return found

    def _write(self, names: tuple[str, ...]) -> None:
        (self.folder / "ids.txt").write_text("\n".join(names) + "\n")


@pytest.fixture
def world(folder: Path, sandbox: Sandbox) -> World:
    return World(folder, sandbox, Counter())


def lasting(crawl: Crawl) -> list[str]:
    """All records but the crawl's own, without times, in an order of their own."""
    rows = [{name: row[name] for name in row.keys() - _TIMES} for row in crawl.rows if row["kind"] != "crawl"]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def rows(file: Path) -> list[Record]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def edit(file: Path, change: Callable[[Record], object]) -> None:
    """Change each record of a file."""
    changed = rows(file)
    for row in changed:
        change(row)
    file.write_text("".join(f"{json.dumps(row, separators=(',', ':'))}\n" for row in changed))


def write(output: Path, *users: Record) -> None:
    """Let an output have these users."""
    text = "".join(f"{json.dumps(user, separators=(',', ':'))}\n" for user in users)
    (output / "user.jsonl").write_text(text)


def users(sandbox: Sandbox, count: int) -> list[str]:
    return [f"soundcloud:users:{id}" for id in sandbox.world.users[:count]]


def tracks(sandbox: Sandbox, count: int) -> list[str]:
    every = [id for user in sandbox.world.users for id in sandbox.world.tracks(user)]
    return [f"soundcloud:tracks:{id}" for id in every[:count]]


# -- what is known


@pytest.mark.parametrize("api", ["v2", "public"])
def test_seeds_that_are_known_cost_no_request_and_change_no_record(world: World, api: str) -> None:
    third = world.sandbox.world.users[2]
    token = {"SC_API": api, "SC_OAUTH_TOKEN": world.sandbox.oauth_token}
    output = world.hydrate(*users(world.sandbox, 4), **token)
    fetched = {row["urn"]: row["fetched_at"] for row in rows(output / "user.jsonl")}
    lists = "profile,tracks,followers,followings"
    seeds = ["183", users(world.sandbox, 2)[1], world.sandbox.world.user(third)["permalink"]]
    seeds += [f"https://soundcloud.com/{world.sandbox.world.user(world.sandbox.world.users[3])['permalink']}"]

    asking = world.crawl("user", {**token, "SC_MAX_AGE": ""}, user=",".join(seeds), include=lists)
    before = world.asked
    knowing = world.crawl("user", token, user=",".join(seeds), include=lists)

    assert lasting(knowing) == lasting(asking)
    assert {row["urn"]: row["fetched_at"] for row in knowing.records("user") if row["urn"] in fetched} == fetched
    profiles = {"/users/{id}", "/public/users/{urn}", "/resolve", "/public/resolve"}
    assert sum(count for path, count in before.items() if path in profiles) >= 4
    assert not profiles & world.asked.keys()
    assert knowing.stats["known/user"] == 4
    assert "known/user" not in asking.stats


def test_a_graph_and_a_sample_of_it_begin_with_what_is_known(world: World) -> None:
    world.hydrate("forss", FORSS)
    for given in ({"depth": "1"}, {"strategy": "random_walk", "max_users": "3"}):
        asking = world.crawl("user_graph", {"SC_MAX_AGE": "0"}, user="forss", **given)
        before = world.asked
        knowing = world.crawl("user_graph", {}, user="forss", **given)

        assert lasting(knowing) == lasting(asking)
        assert before - world.asked == {"/resolve": 1}


def test_batches_hold_only_what_is_not_known(world: World) -> None:
    every = tracks(world.sandbox, 120)
    world.hydrate(*every[::2])
    found = world.hydrated(*every)

    assert found.urns("track") == set(every)
    assert len(found.records("track")) == 120
    assert (world.asked["/tracks"], found.stats["known/track"]) == (2, 60)

    shutil.rmtree("output")
    world.hydrate(*every)
    found = world.hydrated(*every)
    assert found.urns("track") == set(every)
    assert (world.asked.total(), found.code) == (0, 0)


def test_of_several_records_the_newest_counts(world: World) -> None:
    output = world.hydrate(FORSS)
    for day in ("02", "04", "03"):
        other = shutil.copytree(output, output.with_name(f"2026-10-{day}T00-00-00"))
        edit(other / "user.jsonl", partial(dict.update, fetched_at=f"2026-10-{day}T00:00:00Z"))
    shutil.rmtree(output)
    found = world.hydrated(FORSS, SC_MAX_AGE="36500d")

    assert [row["fetched_at"] for row in found.records("user")] == ["2026-10-04T00:00:00Z"]


def test_a_crawl_that_was_killed_is_known_by_its_job(world: World, crawls: Crawls) -> None:
    kill = KillAt("finish.before")
    (world.folder / "ids.txt").write_text(f"{FORSS}\n")
    process = crawls.start("hydrate", sandbox=world.sandbox, inside=kill, file="ids.txt")
    assert crawls.ended(process, "hydrate").code < 0
    assert not list(Path("output").rglob("crawl.jsonl"))

    world.hydrated(FORSS)
    assert world.asked.total() == 0


# -- what is asked again


def _of_long_ago(row: Record) -> None:
    row["fetched_at"] = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("user", _of_long_ago, ""),
        ("user", lambda row: row.update(fetched_at="2999-01-01T00:00:00Z"), ""),
        ("user", lambda row: row.update(partial=True), ""),
        ("user", lambda row: row.update(api="public"), ""),
        ("user", lambda row: row.update(mood="good"), ""),
        ("user", lambda row: row.pop("city"), ""),
        ("crawl", lambda row: row["versions"].update(api="https://example.org"), "of another server or API"),
        ("crawl", lambda row: row["versions"].update(pseudonyms="0123"), "with pseudonyms"),
        ("crawl", lambda row: row["arguments"].update(params="x=1"), "with params"),
        ("crawl", lambda row: row.clear(), "without a crawl record"),
    ],
    ids=["old", "future", "partial", "api", "added", "lacking", "server", "pseudonyms", "params", "untold"],
)
def test_what_is_not_sound_is_asked_again(
    world: World, caplog: pytest.LogCaptureFixture, kind: str, change: Callable[[Record], object], words: str
) -> None:
    edit(world.hydrate(FORSS) / f"{kind}.jsonl", change)
    caplog.set_level(logging.INFO)
    found = world.hydrated(FORSS)

    assert (world.asked["/users/{id}"], len(found.records("user"))) == (1, 1)
    assert "SC_MAX_AGE=30d: none of 1 seed is known from output." in found.log
    assert not words or f" 1 output {words}: not read." in found.log


def test_so_is_what_was_gone_later_and_what_a_record_would_lack(world: World) -> None:
    output = world.hydrate(FORSS)
    world.hydrated(FORSS, SC_RAW="1")
    assert world.asked["/users/{id}"] == 1

    (user,) = rows(output / "user.jsonl")
    gone = {"kind": "gone", "urn": FORSS, "asked_at": user["fetched_at"], "how": "not_found"}
    gone |= {name: user[name] for name in ("fetched_at", "api")}
    (output / "gone.jsonl").write_text(json.dumps(gone, separators=(",", ":")) + "\n")
    world.hydrated(FORSS)
    assert world.asked["/users/{id}"] == 1


def _named(row: Record, name: str, day: int, **changes: Any) -> Record:
    """A user's record of that day, under that name."""
    address = f"https://soundcloud.com/{name}"
    return {**row, "permalink": name, "permalink_url": address, "fetched_at": f"2026-10-{day:02}T00:00:00Z", **changes}


OTHER = {"id": 1, "urn": "soundcloud:users:1"}


@pytest.mark.parametrize(
    "later",
    [("new", {}), ("new", {"partial": True}), ("forss", {**OTHER, "partial": True}), ("forss", OTHER)],
    ids=["renamed", "renamed in a list", "another's in a list", "another's"],
)
@pytest.mark.parametrize("first", [False, True], ids=["the newer is read last", "the newer is read first"])
def test_a_name_is_never_its_earlier_users(world: World, later: tuple[str, Record], first: bool) -> None:
    output = world.hydrate("forss")
    (row,) = rows(output / "user.jsonl")
    earlier, other = (output.with_name(f"2026-10-0{day}T00-00-00") for day in (1, 2))
    for folder in (earlier, other):
        shutil.copytree(output, folder)
    shutil.rmtree(output)
    write(earlier, _named(row, "forss", 3))
    write(other, _named(row, later[0], 4, **later[1]))
    if first:
        other.rename(other.with_name("2026-09-30T00-00-00"))

    found = world.hydrated("forss", SC_MAX_AGE="36500d")
    if later == ("forss", OTHER):  # who has the name now is known in full
        assert (found.urns("user"), world.asked.total()) == ({"soundcloud:users:1"}, 0)
    else:
        assert world.asked["/resolve"] == 1


def test_of_two_wanted_names_only_the_newer_is_known(world: World) -> None:
    output = world.hydrate("forss")
    (row,) = rows(output / "user.jsonl")
    write(output, _named(row, "forss", 3), _named(row, "forss-now", 4))

    code = world.hydrated("forss", "forss-now", SC_MAX_AGE="36500d").code
    assert (world.asked["/resolve"], code) == (1, 0)


def test_other_answers_and_other_questions_are_asked_for(world: World) -> None:
    output = world.hydrate(FORSS)
    world.crawl("user", {}, user=FORSS, params="x=1")
    assert world.asked["/users/{id}"] == 1
    world.crawl("recheck", {}, output=str(output))
    assert world.asked["/users/{id}"] == 1


def test_what_only_some_are_shown_is_asked_for(world: World) -> None:
    token, secret = {"SC_OAUTH_TOKEN": world.sandbox.oauth_token}, "soundcloud:tracks:9001"
    world.called("me", {"SC_API": "public", **token})
    (me,) = world.crawl("user", {"SC_API": "public", **token}, user=FORSS).records("user")
    assert (me["private_tracks_count"], world.asked["/public/users/{urn}"]) == (None, 1)

    world.hydrate(secret, SC_SECRET_TOKENS=f"{secret}={world.sandbox.world.secrets[secret]}")
    found = world.hydrated(secret)
    assert (found.urns("gone"), found.records("track")) == ({secret}, [])


def test_fields_of_ones_own_profile_are_known_as_such() -> None:
    fields = schema("user")["properties"].items()
    assert {name for name, field in fields if "Own profile only" in field["description"]} <= set(OF_ONE)


@pytest.mark.parametrize("name", ["https://soundcloud.com/forss", "soundcloud:users:1001"])
def test_a_track_is_not_taken_for_its_owner(tmp_path: Path, name: str) -> None:
    """With SC_RAW, a line has the owner's names as well. They come first where the track has none, or `raw` does."""
    track = {**TRACK, "permalink_url": None}
    (row,), _ = kind("track", "v2").project([track], NOW)
    owner = {"urn": "soundcloud:users:1001", "permalink_url": "https://soundcloud.com/forss"}
    lines = [{**row, "raw": {"user": owner}}, {"raw": {"user": owner}, **row}]
    (tmp_path / "track.jsonl").write_bytes(b"\n".join(map(dumps, [*lines, {}])))
    found = FullRecords([name], Form("v2", raw=True, oldest="", newest="9"))
    found.read(tmp_path / "track.jsonl")

    assert not found.has(name)


def test_a_short_link_is_asked_for(world: World) -> None:
    world.hydrate(FORSS)
    for api in ("v2", "public"):
        settings = {"SC_API": api, "SC_OAUTH_TOKEN": world.sandbox.oauth_token}
        world.crawl("resolve", settings, url="https://on.soundcloud.com/forss")
        assert world.asked.total() > 0


# -- what else must stay true


def test_nobody_on_the_list_is_known(world: World) -> None:
    own = [f"soundcloud:tracks:{id}" for id in world.sandbox.world.tracks(183)[:2]]
    names = [*users(world.sandbox, 2), *own, tracks(world.sandbox, 200)[-1]]
    world.hydrate(*names)
    Path("never.txt").write_text(f"{FORSS}\n")
    found = world.hydrated("forss", *names, SC_NEVER="never.txt")

    assert found.urns() == {names[1], names[-1]}
    assert ":183" not in (world.folder / "out.jsonl").read_text()
    assert world.asked.keys() <= {"/"}


def test_no_secret_comes_from_an_earlier_output(world: World) -> None:
    edit(world.hydrate(FORSS) / "user.jsonl", lambda row: row.update(description="soundcloud.com/a/b/s-AbCdEf12"))

    (user,) = world.hydrated(FORSS).records("user")
    assert (user["description"], world.asked.total()) == ("soundcloud.com/a/b", 0)


def test_pseudonyms_cover_what_is_known(world: World) -> None:
    world.hydrate(FORSS)
    found = world.hydrated(FORSS, SC_PSEUDONYMS="key")

    (user,) = found.records("user")
    assert user["urn"] != FORSS
    assert user["username"] is None
    assert world.asked.total() == 0


def _is_seed(seed: str, listing: Listing) -> bool:
    return listing.seed == seed


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "deleted"])
def test_after_a_kill_it_is_exact_even_if_the_earlier_output_is_deleted(
    world: World, crawls: Crawls, kept: bool
) -> None:
    seeds = users(world.sandbox, 4)
    output = world.hydrate(*seeds)
    given = {"user": ",".join(seeds), "include": "profile,tracks"}
    asking = world.crawl("user", {"SC_MAX_AGE": ""}, **given)
    kill = KillAt("commit.before", where=partial(_is_seed, seeds[2]))
    process = crawls.start("user", sandbox=world.sandbox, settings=KNOWN, inside=kill, **given)
    assert crawls.ended(process, "user").code < 0
    if not kept:
        shutil.rmtree(output)

    resumed = world.called("user", KNOWN, **given)

    assert len(list(Path("output/user").iterdir())) == 1
    assert lasting(Crawl(0, "", resumed)) == lasting(asking)


def test_the_log_says_how_many_from_where_and_how_old(world: World, caplog: pytest.LogCaptureFixture) -> None:
    output = world.hydrate(*users(world.sandbox, 2))
    edit(output / "user.jsonl", lambda row: row["urn"] == FORSS and row.update(fetched_at="2026-11-01T00:00:00Z"))
    caplog.set_level(logging.INFO)
    found = world.hydrated(*users(world.sandbox, 3), SC_MAX_AGE="36500d")

    where = output.relative_to(world.folder) if output.is_absolute() else output
    assert (
        f"SC_MAX_AGE=36500d: 2 of 3 seeds known and not asked for: 2 from {where}; "
        "the oldest was fetched at 2026-11-01T00:00:00Z." in found.log
    )


@pytest.mark.parametrize("value", ["30 days", "-1", "1.5h", "d", "40000d", "last"])
def test_a_bad_duration_is_one_clear_line(tmp_path: Path, value: str) -> None:
    found = crawl("user", tmp_path, settings={"SC_MAX_AGE": value}, user="forss")

    assert found.code == 2
    assert found.errors == [
        f"SC_MAX_AGE is {value!r}; it takes a duration such as 30d, 12h, 90m or 45s, of at most 36500d; 0: none"
    ]
