"""SC_NEVER: nothing is written about those on the list, and nothing is lost of others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.test import get_crawler

from sc_spiders import records
from sc_spiders.base_spiders.privacy import join_forgotten
from sc_spiders.context import context
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import Seen
from sc_spiders.records import OptOut, People
from sc_spiders.records.opt_out import _scalars
from sc_spiders.sandbox import Sandbox, World
from sc_spiders.sandbox.ids import NotFound

from ..records.samples import NOW, V2
from ..support.answers import page, user
from ..support.crawl import Crawl, Crawls, crawl
from ..support.server import Server
from .catalogue import CRAWLS, ONLY_V2, arguments, write_given
from .test_pseudonyms import left_in, told
from .world import of_user

CASES = [
    pytest.param(spider, given, api, id=f"{spider}-{api}")
    for spider, given in CRAWLS
    for api in ("v2", "public")
    if (api == "v2" or spider not in ONLY_V2) and spider not in ("resolve", "playlist")
]


def by_id(sandbox: Sandbox, user: int) -> str:
    return f"# asked for it on 2026-11-01\n{user}  # by mail\n"


def by_address(sandbox: Sandbox, user: int) -> str:
    return f"https://soundcloud.com/{sandbox.world.user(user)['permalink']}\n"


@pytest.mark.parametrize(("spider", "given", "api"), CASES)
def test_nobody_on_the_list_is_written_about(
    sandbox: Sandbox,
    shy: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spider: str,
    given: dict[str, str],
    api: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_given(tmp_path, sandbox, shy)
    listed = by_id(sandbox, shy) if api == "v2" else by_address(sandbox, shy)
    if spider == "me":  # its activities may name an account by id before the crawl has met it: then both are needed
        listed += by_id(sandbox, shy)
    (tmp_path / "never").write_text(listed)
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_RAW": "1", "SC_NEVER": tmp_path / "never"}
    found = crawl(spider, tmp_path, sandbox=sandbox, settings=settings, **arguments(spider, given, api))

    assert found.code == 0
    assert sum(found.kinds.values()) > 2
    assert told(of_user(sandbox.world, shy), left_in(found)) == set()


@pytest.mark.parametrize("form", [by_id, by_address])
def test_all_others_are_there(sandbox: Sandbox, shy: int, tmp_path: Path, form: Any) -> None:
    given = {"user": "forss", "include": "profile,followings,likes,playlists,tracks,comments"}
    (tmp_path / "never").write_text(form(sandbox, shy))
    plain = crawl("user", _folder(tmp_path, "plain"), sandbox=sandbox, **given)
    found = crawl(
        "user", _folder(tmp_path, "never_"), sandbox=sandbox, settings={"SC_NEVER": tmp_path / "never"}, **given
    )
    theirs = {f"soundcloud:users:{shy}"}
    theirs |= {f"soundcloud:tracks:{track}" for track in sandbox.world.tracks(shy)}
    theirs |= {row["urn"] for row in plain.rows if {row.get("user_urn"), row.get("track_urn")} & theirs}

    assert found.urns("user", "track", "playlist", "comment") == {
        urn for urn in plain.urns("user", "track", "playlist", "comment") if urn not in theirs
    }
    assert found.triples == {edge for edge in plain.triples if theirs.isdisjoint(edge)}
    assert _lists(found) == _lists(plain)


def _folder(place: Path, name: str) -> Path:
    folder = place / name
    folder.mkdir()
    return folder


def _lists(found: Crawl) -> set[tuple[Any, ...]]:
    return {(row["endpoint"], row["subject"], row["fetched"], row["complete"]) for row in found.records("listing")}


def test_a_playlist_keeps_only_the_tracks_of_others(sandbox: Sandbox, tmp_path: Path) -> None:
    """Most tracks of a playlist come as ids only: whose they are is known when their batch has come."""
    world = sandbox.world
    playlist = max((one for user in world.users for one in world.playlists(user)), key=_tracks_of(world))
    tracks = [track for track in world.playlist_tracks(playlist) if _is_there(world, track)]
    owners = {track: world.track(track)["user_id"] for track in tracks}
    shy = owners[tracks[-1]]
    if shy == world.playlist(playlist)["user_id"]:
        shy = next(owner for track, owner in owners.items() if owner != shy)
    (tmp_path / "never").write_text(str(shy))
    settings = {"SC_NEVER": tmp_path / "never"}
    found = crawl("playlist", tmp_path, sandbox=sandbox, settings=settings, playlist=playlist, include="profile,tracks")

    assert found.code == 0
    kept = {f"soundcloud:tracks:{track}" for track in tracks if owners[track] != shy}
    gone = set(found.listing("playlist")["missing"])
    assert {edge["target"] for edge in found.edges("contains")} == kept | gone
    assert found.urns("track") == kept
    assert found.listing("playlist")["fetched"] == len(set(tracks))
    assert found.listing("playlist")["complete"] == (not gone)


@pytest.mark.parametrize(
    "settings", [{"CLOSESPIDER_PAGECOUNT": 1}, {"SC_ATTEMPTS": 1, "SC_SANDBOX_FAULTS": "403json@/tracks=1"}]
)
def test_tracks_of_a_playlist_that_did_not_come_are_not_named(
    sandbox: Sandbox, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """Whose they are, nobody knows."""
    world = sandbox.world
    playlist = max((one for user in world.users for one in world.playlists(user)), key=_tracks_of(world))
    tracks = [track for track in world.playlist_tracks(playlist) if _is_there(world, track)]
    shy = world.track(tracks[-1])["user_id"]
    (tmp_path / "never").write_text(str(shy))
    settings = {**settings, "SC_NEVER": tmp_path / "never"}
    with Sandbox(users=30, seed=3, faults=settings.pop("SC_SANDBOX_FAULTS", "")) as faulty:
        found = crawl("playlist", tmp_path, sandbox=faulty, settings=settings, playlist=playlist, include="tracks")

    assert found.code in (1, 3)
    assert not found.listing("playlist")["complete"]
    named = {edge["target"] for edge in found.edges("contains")}.union(found.listing("playlist")["missing"])
    assert named <= found.urns("track")


def _tracks_of(world: World) -> Callable[[int], int]:
    return lambda playlist: len(world.playlist_tracks(playlist))


def _is_there(world: World, track: int) -> bool:
    try:
        return bool(world.track(track))
    except NotFound:
        return False


def test_seeds_on_the_list_are_not_asked_for(sandbox: Sandbox, shy: int, tmp_path: Path) -> None:
    name = sandbox.world.user(shy)["permalink"]
    (tmp_path / "never").write_text(by_address(sandbox, shy) + by_id(sandbox, shy))
    crawls = Crawls(tmp_path)
    words = f"forss,{name},{shy},soundcloud:users:{shy},https://soundcloud.com/{name}"
    words += f",https://soundcloud.com/{name}?si=0a1b&utm_source=clipboard"  # as the site gives it to share
    before = sandbox.stats.requests.total()
    done = crawls.run(
        "user", sandbox=sandbox, settings={"SC_NEVER": "never", "SC_CLIENT_ID": sandbox.client_id}, user=words
    )

    assert done.code == 0
    assert sandbox.stats.requests.total() - before == 1
    assert done.last["arguments"] == {"include": "profile", "user": "forss"}
    assert told(of_user(sandbox.world, shy), b"".join(done.files.values()).decode() + done.log) == set()


def test_a_seed_that_is_on_the_list_by_id_is_not_in_the_log(sandbox: Sandbox, shy: int, tmp_path: Path) -> None:
    """Until its answer has come, nobody knows that the address is theirs."""
    (tmp_path / "never").write_text(by_id(sandbox, shy))
    name = sandbox.world.user(shy)["permalink"]
    done = Crawls(tmp_path).run("user", sandbox=sandbox, settings={"SC_NEVER": "never"}, user=f"forss,{name}")

    assert done.code == 0
    assert "user: begins (the v2 API" in done.log
    assert name not in done.log


def test_a_seed_that_turns_out_to_be_on_the_list_is_in_no_argument(sandbox: Sandbox, shy: int, tmp_path: Path) -> None:
    (tmp_path / "never").write_text(by_id(sandbox, shy))
    name = sandbox.world.user(shy)["permalink"]
    settings = {"SC_NEVER": tmp_path / "never"}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user=f"{name},forss", include="followers")

    assert found.code == 0
    assert found.last["arguments"]["user"] == "forss"
    assert {row["subject"] for row in found.records("listing")} == {"soundcloud:users:183"}


def test_a_list_that_changes_counts_from_then_on(sandbox: Sandbox, shy: int, tmp_path: Path) -> None:
    never = tmp_path / "never"
    never.write_text("")
    given: dict[str, Any] = {"user": f"forss,{shy}", "include": "followings,followers", "sandbox": sandbox}
    settings = {"SC_NEVER": never, "JOBDIR": str(tmp_path / "job"), "SC_PAGE_SIZE": "5"}
    assert crawl("user", tmp_path, settings={**settings, "CLOSESPIDER_ITEMCOUNT": 4}, **given).code == 3
    length = (tmp_path / "out.jsonl").stat().st_size
    never.write_text(str(shy))
    found = crawl("user", tmp_path, settings=settings, **given)

    assert found.code == 0
    later = found.files["out"][length:].decode()
    assert str(shy) not in re.findall(r"\d+", later)


class _FailsOnce:
    """An item pipeline that fails on a user who comes on one page with somebody on the list."""

    failed = False

    def process_item(self, item: Any) -> Any:
        if item.get("urn") == "soundcloud:users:11" and not _FailsOnce.failed:
            _FailsOnce.failed = True
            raise ValueError
        return item


@pytest.mark.parametrize("pipelines", [{}, {_FailsOnce: 1}], ids=["", "one of their pages is not written"])
@pytest.mark.parametrize("later", ["https://soundcloud.com/user-9", "5", ""])
def test_whom_the_crawl_has_met_stays_on_the_list_after_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str, pipelines: dict[type, int]
) -> None:
    """The list has an address. Two pages show it with its id; after the stop, a page has the id only."""
    monkeypatch.setattr(_FailsOnce, "failed", False)
    shown = {
        "/users/1/followings": page(user(9), user(11)),
        "/users/2/followings": page(user(9), user(12)),
        "/users/3/followings": page({"kind": "user", "id": 9}, user(7)),
    }
    (tmp_path / "never").write_text("https://soundcloud.com/user-9")
    settings = {"SC_NEVER": tmp_path / "never", "JOBDIR": str(tmp_path / "job"), "CONCURRENT_REQUESTS": 1}
    given = {"user": "1,2,3", "relations": "followings", "broken": bool(pipelines)}
    with Server(lambda path, turn: shown.get(path)) as server:
        settings |= server.settings
        first = {**settings, "CLOSESPIDER_PAGECOUNT": 5, "ITEM_PIPELINES": pipelines}
        crawl("user_graph", tmp_path, settings=first, **given)
        assert (server.asked["/users/2/followings"], server.asked["/users/3/followings"]) == (1, 0)
        (tmp_path / "never").write_text(later)
        found = crawl("user_graph", tmp_path, settings=settings, **given)

    assert {edge["target"] for edge in found.records("edge")} >= {"soundcloud:users:12", "soundcloud:users:7"}
    assert "soundcloud:users:9" not in str(found.rows)


def test_a_quick_look_goes_on_after_a_stop() -> None:
    """What the crawl has met is known by its ids, and a page is not searched one record after the other for it."""
    people = People((), ["user-9"])
    people.learn("soundcloud:users:9", "user-9")
    seen = Seen()
    for kind, ids in people.met.items():
        seen.add(Namespace.met(kind), list(ids))
    crawler = get_crawler()
    context(crawler).add(OptOut, OptOut(People((), ["user-9"])))
    join_forgotten(crawler, seen)

    later = context(crawler).get(OptOut)
    assert later.people.has_urn("soundcloud:users:9")
    assert later.quick_look.passes_objects("user", [user(7), user(8)])
    assert not later.quick_look.passes_objects("user", [user(7), user(9, permalink="renamed")])


def test_with_pseudonyms_there_is_no_pseudonym_either(sandbox: Sandbox, shy: int, tmp_path: Path) -> None:
    (tmp_path / "never").write_text(by_id(sandbox, shy))
    settings = {"SC_NEVER": tmp_path / "never", "SC_PSEUDONYMS": str(tmp_path / "key")}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss", include="followings")

    assert len(found.records("user")) == len(sandbox.world.followings(183)) - 1


def test_a_text_that_mentions_somebody_loses_the_mention(sandbox: Sandbox, tmp_path: Path) -> None:
    people = People([], ["shy-one"])
    texts = {
        "thanks @shy-one!": "thanks [left out]!",
        "@shy-one-more": "@shy-one-more",
        "see https://soundcloud.com/shy-one/track-1 and": "see [left out] and",
        "mail@shy-one": "mail@shy-one",
    }
    assert {text: people.without_mentions(text) for text in texts} == texts


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "-5",
        "soundcloud:users:x",
        "soundcloud:comments:5",
        "https://example.com/forss",
        "https://on.soundcloud.com/abc",
        "https://soundcloud.com/",
    ],
)
def test_a_bad_line_is_refused_before_the_first_request(sandbox: Sandbox, tmp_path: Path, line: str) -> None:
    never = tmp_path / "never"
    never.write_text(f"# fine\n183\n{line}\n")
    before = sandbox.stats.requests.total()
    found = crawl("user", tmp_path, sandbox=sandbox, settings={"SC_NEVER": never}, user="forss")

    assert found.code == 2
    (error,) = found.errors
    assert error.startswith(f"SC_NEVER: {never}, line 3: {line}: ")
    assert sandbox.stats.requests.total() == before


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    found = crawl("user", tmp_path, settings={"SC_NEVER": str(tmp_path / "none")}, user="forss")

    assert found.code == 2
    assert found.errors == [f"SC_NEVER: the list {tmp_path / 'none'} cannot be read: No such file or directory"]
    assert json.dumps(found.rows) == "[]"


@pytest.mark.parametrize(
    "path",
    [
        "/users/soundcloud%3Ausers%3A{id}",
        "/users%2F{id}/tracks",
        "/resolve?url=https://soundcloud.com/{name}",
        "/resolve?url=https%3A%2F%2Fsoundcloud.com%2F{name}%2Fsets%2Fone",
    ],
)
def test_a_path_of_somebody_on_the_list_is_not_asked_for(sandbox: Sandbox, shy: int, tmp_path: Path, path: str) -> None:
    (tmp_path / "never").write_text(by_id(sandbox, shy) + by_address(sandbox, shy))
    before = sandbox.stats.requests.total()
    settings = {"SC_NEVER": tmp_path / "never", "SC_CLIENT_ID": sandbox.client_id}
    named = path.format(id=shy, name=sandbox.world.user(shy)["permalink"])
    found = crawl("resource", tmp_path, sandbox=sandbox, settings=settings, path=named)

    assert sandbox.stats.requests.total() == before
    assert found.last["arguments"]["path"] == ""
    assert {row["subject"] for row in found.records("listing")} <= {"/resolve"}  # which names nobody


@pytest.mark.quick
def test_the_embedding_code_of_somebody_on_the_list_is_left_out() -> None:
    """The list has the id only. The answer has it in the address of the player."""
    opt_out = OptOut(People(["soundcloud:users:5"], []))
    player = (
        '<iframe src="https://w.soundcloud.com/player/?visual=true&url=https%3A%2F%2Fapi.soundcloud.com%2Fusers%2F{}">'
    )
    blank = dict.fromkeys(records.FIELDS["oembed"])
    theirs, other = ({**blank, "url": "https://soundcloud.com/x", "html": player.format(user)} for user in (5, 55))

    assert opt_out.kept("oembed", [theirs, other]) == [other]


@pytest.mark.quick
@pytest.mark.parametrize(
    "object_",
    [
        {"user_id": "5"},
        {"user": {"id": 5.0, "username": "Forss"}},
        {"kind": "user", "id": "5"},
        {"urn": "soundcloud:system-playlists:artist-stations:5"},
        {"uri": "https://api.soundcloud.com/users/soundcloud%3Ausers%3A5"},
        {"user_permalink": "Forss"},
        {"permalink_url": "https://soundcloud.com/%66orss?si=1"},
    ],
)
def test_a_rejected_object_of_somebody_on_the_list_is_left_out(object_: dict[str, Any]) -> None:
    """It was rejected because its form is odd: so may be the form of what names its owner."""
    opt_out = OptOut(People(["soundcloud:users:5"], ["forss"]))
    other = {"user_id": "55", "uri": "https://api.soundcloud.com/users/55", "user_permalink": "forss-2"}
    rows: list[dict[str, Any]] = [
        {"kind": "track", "subject": None, "object": one, "reasons": []} for one in (object_, other)
    ]

    assert opt_out.kept("rejected", rows) == rows[1:]


@pytest.mark.quick
@pytest.mark.parametrize("owner", [{}, {"user": {"id": 5}}])
def test_an_address_of_its_own_tells_whose_a_track_is(owner: dict[str, Any]) -> None:
    """Some lists, such as featured tracks, name the owner in no other way."""
    sample = {name: value for name, value in V2["track"][0].items() if name not in ("user", "user_id")} | owner
    for is_quick in (True, False):
        opt_out = OptOut(People([], ["nobody"]))
        opt_out.quick_look.is_on = is_quick
        theirs = {**sample, "permalink_url": "https://soundcloud.com/Nobody/song?si=1"}
        other = {**sample, "permalink_url": "https://soundcloud.com/nobody-else/song"}
        rows, _ = records.kind("track", "v2").project([deepcopy(theirs), deepcopy(other)], NOW)
        assert [row["permalink_url"] for row in opt_out.kept("track", rows)] == [other["permalink_url"]]
        assert opt_out.found("track", [other, theirs]) == [theirs]


@pytest.mark.quick
@pytest.mark.parametrize("kind", ["user", "track", "playlist", "comment"])
def test_a_quick_look_passes_nobody(kind: str) -> None:
    """Whatever an object has is put on the list, one by one: as a URN, as a name, and mentioned in a text."""
    (sample,) = V2[kind][:1]
    for word in {str(one) for _, one in _scalars(sample) if isinstance(one, str | int)}:
        for urn in (word, *(f"soundcloud:{plural}:{word}" for plural in ("users", "tracks", "playlists"))):
            _compare(kind, sample, [urn], [])
        _compare(kind, sample, [], [word])
    for text in ("for @nobody", "https://SoundCloud.com/Nobody/song"):
        mentioning = {**sample, "description": text, "body": text}
        _compare(kind, mentioning, [], ["nobody"])
        _compare(kind, mentioning, [], ["nobody/song"])


def _compare(kind: str, sample: Any, urns: list[str], names: list[str]) -> None:
    found = []
    for is_quick in (True, False):
        opt_out = OptOut(People(urns, names))
        opt_out.quick_look.is_on = is_quick
        rows, _ = records.kind(kind, "v2").project([deepcopy(sample)], NOW)
        found.append((opt_out.found(kind, [sample]), opt_out.kept(kind, rows)))
    assert found[0] == found[1], (urns, names)
