"""Only what was read back is done, what cannot be read back is told so, and no credential is stored on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .applying import Applier, Make, Row, digest, statuses
from .test_apply import NEWCOMER

LINK = "https://soundcloud.com/forss/mix/s-AbCdEf12345"


def track(one: Applier, at: int = 0) -> Row:
    return dict(one.sandbox.account()["tracks"][at])


def change(row: Row, **fields: Any) -> Row:
    return {"do": "track", "target": row["urn"], "track": fields}


def test_fields_that_answers_name_otherwise_are_read_back_and_undone(user: Make) -> None:
    one = user()
    before = track(one)
    line = change(before, isrc="DEA000000001", permalink="new-one")
    done = one.both(line)
    (row,) = done.records("action")
    assert (done.code, row["status"], row["irreversible"]) == (0, "done", None)
    assert row["before"].keys() == row["after"].keys()
    assert track(one)["permalink"] == "new-one"
    assert statuses(one.dry(line)) == ["already"]
    undo = one.run(plan=done.folder / "out.jsonl", undo=1)
    undone = one.run("undo", plan=done.folder / "out.jsonl", undo=1, apply=digest(undo))
    assert statuses(undone) == ["done"], undone.log
    assert track(one)["permalink"] == before["permalink"]


def test_a_date_of_release_is_read_back(user: Make) -> None:
    one = user()
    line = change(track(one), release_date="2026-12-24")
    done = one.both(line)
    assert statuses(done) == ["done"]
    assert statuses(one.dry(line)) == ["already"]
    before = done.records("action")[0]["before"]
    assert before == {"release_date": ""}
    undo = one.run(plan=done.folder / "out.jsonl", undo=1)
    undone = one.run("undo", plan=done.folder / "out.jsonl", undo=1, apply=digest(undo))
    assert (undone.code, statuses(undone)) == (0, ["done"]), undone.log
    assert statuses(one.dry({**line, "track": before})) == ["already"]


def test_an_album_is_read_back(user: Make) -> None:
    one = user()
    mine = next(row for row in one.sandbox.account()["playlists"] if row["set_type"] != "album")
    line = {"do": "playlist", "target": mine["urn"], "playlist": {"set_type": "album"}}
    assert statuses(one.both(line)) == ["done"]
    assert statuses(one.dry(line)) == ["already"]


def test_what_the_api_drops_is_never_done(user: Make) -> None:
    one = user(ignored="isrc,permalink,release,release_date")
    row = track(one)
    lines = [change(track(one, at), **{name: "2026-12-24"}) for at, name in enumerate(("isrc", "permalink", "release"))]
    found = one.both(*lines, change(track(one, 3), release_date="2026-12-24"))
    assert (found.code, statuses(found)) == (1, ["accepted"] * 4)
    assert {row["error"] for row in found.records("action")} == {"not_kept"}
    assert track(one)["permalink"] == row["permalink"]


def test_what_the_api_does_not_show_is_told_as_not_read_back(user: Make) -> None:
    one = user(ignored="reveal_stats")
    dry = one.dry(change(track(one), reveal_stats=False, genre="Techno"))
    found = one.apply(dry)
    (row,) = found.records("action")
    assert (found.code, row["status"], row["error"]) == (1, "accepted", "not_read_back")
    assert "the API took it, and does not show reveal_stats: it was not read back" in found.log
    assert row["irreversible"] == "the API does not give the reveal_stats that was there before"
    assert row["undo"]["track"].keys() == {"genre"}
    sent = len(one.sent)
    again = one.apply(dry)
    assert (again.code, statuses(again), len(one.sent)) == (1, ["accepted"], sent)


def put(one: Applier, kind: str, urn: str, description: str) -> None:
    """Somebody writes a description on the web site."""
    written = getattr(one.sandbox._written, f"{kind}s")
    id = int(urn.rpartition(":")[2])
    whole = {**getattr(one.sandbox.world, kind)(id), "description": description}
    written.set(183, id, whole, one.sandbox._written.moment())


def back_up(one: Applier, folder: Path) -> Path:
    from tests.support.crawl import crawl

    folder.mkdir()
    settings = {"SC_API": "public", "SC_OAUTH_TOKEN": one.sandbox.oauth_token}
    include = "profile,likes,playlists,tracks"
    made = crawl("me", folder, sandbox=one.sandbox, settings=settings, include=include, warned=True)
    assert made.code == 0, made.log
    return folder / "out.jsonl"


def test_a_share_link_in_a_description_is_stored_nowhere_and_not_overwritten(user: Make, tmp_path: Path) -> None:
    one = user()
    mine = track(one)
    playlist = one.sandbox.account()["playlists"][3]
    for kind, urn in (("track", mine["urn"]), ("playlist", playlist["urn"])):
        put(one, kind, urn, f"Private mix: {LINK} enjoy")
    dry = one.dry(from_=back_up(one, tmp_path / "backup"), include="likes,playlists,tracks")
    assert set(statuses(dry)) == {"already"}, dry.log
    lines = [change(mine, description="Another"), change(track(one, 1), genre="Techno")]
    done = one.both(*lines)
    assert (done.code, statuses(done)) == (0, ["done", "done"]), done.log
    first, second = done.records("action")
    assert (first["undo"], first["irreversible"]) == (None, "its description held a credential, which is not stored")
    assert second["undo"]["track"].keys() == {"genre"}
    for path in one.folder.rglob("*"):
        assert not path.is_file() or b"s-AbCdEf12345" not in path.read_bytes(), path


def test_what_a_backup_has_and_nothing_can_restore_is_told_with_its_number(user: Make, tmp_path: Path) -> None:
    one = user()
    place = back_up(one, tmp_path / "backup")
    new = Applier(one.sandbox, tmp_path, one.sandbox.newcomer_token)
    dry = new.dry(from_=place)
    stations = dry.log.count("likes of stations: the API takes none from programs")
    assert stations == 1
    assert "tracks of playlists: the back-up could not see them" in dry.log
    assert new.apply(dry).code == 0
    theirs = {row["title"]: row["set_type"] for row in one.sandbox.account()["playlists"]}
    ours = {row["title"]: row["set_type"] for row in one.sandbox.account(int(NEWCOMER.rpartition(":")[2]))["playlists"]}
    assert {title: kind == "album" for title, kind in theirs.items()} == {
        title: kind == "album" for title, kind in ours.items()
    }
