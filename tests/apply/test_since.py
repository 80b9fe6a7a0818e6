"""What has changed since the dry run is noticed: the plan, the account, the token, a file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

from .applying import Applier, Make, Row, digest, statuses
from .test_apply import NEWCOMER, TRACK, strangers
from .test_faults import NEW, titled


def edited(one: Applier, dry: Any, **changes: Any) -> Path:
    """The output of a dry run, of which somebody has changed the first action."""
    rows = dry.records("action")
    rows[0] |= changes
    path = one.folder / "edited.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"do": "follow", "target": "soundcloud:users:2"},
        {"target": "soundcloud:tracks:9"},
        {"status": "already"},
        {"after": {"liked": False}},
        {"before": {"liked": True}},
        {"account": NEWCOMER},
        {"not_before": "2027-01-01T00:00:00Z"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_plan_that_was_edited_is_no_longer_the_one_that_was_shown(user: Make, changes: Row) -> None:
    one = user()
    dry = one.dry({"do": "like", "target": strangers(one, "tracks", 1)[0]})
    found = one.run("job", plan=edited(one, dry, **changes), apply=digest(dry))
    assert (found.code, one.sent) == (2, [])
    assert len(found.errors) == 1


def test_another_token_does_not_go_on_with_a_job(user: Make) -> None:
    one = user(new=True)
    first, second = (f"soundcloud:tracks:{one.sandbox.world.track_ids.id(at)}" for at in (1, 2))
    upload = {"do": "upload", "file": "show.mp3", "track": {"title": "Show"}, "not_before": "2099-01-01"}
    (one.folder / "show.mp3").write_bytes(b"ID3" + bytes(20_000))
    dry = one.dry({"do": "like", "target": first}, {"do": "like", "target": second}, upload)
    assert one.apply(dry).code == 3  # the upload has to wait
    sent = len(one.sent)
    forss = Applier(one.sandbox, one.folder, one.sandbox.oauth_token)
    found = forss.apply(dry)
    assert (found.code, len(one.sent)) == (2, sent)
    (told,) = found.errors
    assert f"the token is of soundcloud:users:183, and this job is for {NEWCOMER}" in told
    assert one.apply(dry).code == 3  # and the job is as it was


def test_a_playlist_that_another_client_has_made_meanwhile_is_not_changed(user: Make) -> None:
    one = user()
    dry = one.dry(NEW, {"do": "like", "target": strangers(one, "tracks", 1)[0]})
    other = Applier(one.sandbox, one.folder / "other", one.sandbox.oauth_token)
    other.folder.mkdir()
    other.both({**NEW, "playlist": {"title": "Best", "description": "Theirs"}})
    sent = len(one.sent)
    found = one.apply(dry)
    assert (found.code, statuses(found)) == (1, ["stale", "done"])
    assert len(one.sent) == sent + 1
    (there,) = titled(one.sandbox.account()["playlists"], "Best")
    assert there["description"] == "Theirs"


def test_a_track_that_is_gone_meanwhile_is_not_left_out_unseen(user: Make) -> None:
    one = user()
    mine = one.sandbox.account()["tracks"][0]["urn"]
    playlist = {"do": "playlist", "playlist": {"title": "Two", "tracks": [TRACK, mine]}}
    dry = one.dry(playlist, {"do": "like", "target": strangers(one, "tracks", 1)[0]})
    assert statuses(dry) == ["planned", "planned"]
    one.both({"do": "delete_track", "target": mine}, allow="delete")
    found = one.apply(dry, "later")
    assert (found.code, statuses(found)) == (1, ["stale", "done"])
    assert titled(one.sandbox.account()["playlists"], "Two") == []


def test_what_somebody_changes_while_it_runs_is_stale(user: Make) -> None:
    """The object is read once more before it is changed."""
    one = user(faults="reset@/public/likes/*#1", settings={"FAULTS_FIRST_WAIT": 1.0})
    mine = one.sandbox.account()["tracks"][0]["urn"]
    dry = one.dry(
        {"do": "like", "target": strangers(one, "tracks", 1)[0]},
        {"do": "track", "target": mine, "track": {"title": "Ours"}, "not_before": "2020-01-01"},
    )
    written = one.sandbox._written
    whole = {**one.sandbox.world.track(int(mine.rpartition(":")[2])), "title": "Theirs"}

    def somebody() -> None:
        while not one.sent:  # the like is under way
            time.sleep(0.01)
        written.tracks.set(183, whole["id"], whole, written.moment())

    other = Thread(target=somebody)
    other.start()
    found = one.apply(dry)
    other.join()
    assert (found.code, statuses(found)) == (1, ["done", "stale"])
    assert next(row for row in one.sandbox.account()["tracks"] if row["urn"] == mine)["title"] == "Theirs"


def test_a_file_that_has_another_length_is_not_sent(user: Make) -> None:
    one = user()
    (one.folder / "show.mp3").write_bytes(b"ID3" + bytes(20_000))
    (one.folder / "other.mp3").write_bytes(b"ID3" + bytes(20_000))
    lines = [{"do": "upload", "file": name, "track": {"title": name}} for name in ("show.mp3", "other.mp3")]
    dry = one.dry(*lines, {"do": "like", "target": strangers(one, "tracks", 1)[0]})
    (one.folder / "show.mp3").write_bytes(b"ID3" + bytes(30_000))
    os.utime(one.folder / "show.mp3", (1, 1))
    found = one.apply(dry)
    assert found.code == 2
    (told,) = found.errors
    assert "has 30,003 bytes, and had 20,003 when it was planned" in told
    assert one.sent == []


def test_the_projects_own_v2_is_refused_and_its_absence_is_not(
    user: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another Scrapy project."""
    monkeypatch.syspath_prepend(str(tmp_path))
    words = 'ADDONS = {"sc_spiders.Addon": 0}\nSPIDER_MODULES = ["sc_spiders.spiders"]\nLOG_LEVEL = "INFO"\n'
    (tmp_path / "theirs_without.py").write_text(words)
    (tmp_path / "theirs_with_v2.py").write_text(f'{words}SC_API = "v2"\n')
    one = user(settings={"SCRAPY_SETTINGS_MODULE": "theirs_without"})
    like = {"do": "like", "target": strangers(one, "tracks", 1)[0]}
    done = one.both(like)
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    one.settings["SCRAPY_SETTINGS_MODULE"] = "theirs_with_v2"
    asked = len(one.sandbox.requests)
    refused = one.dry(like)
    assert (refused.code, len(one.sandbox.requests)) == (2, asked)
    (told,) = refused.errors
    assert "use SC_API=public" in told


def test_two_processes_do_not_write_to_one_account(user: Make, tmp_path: Path) -> None:
    from tests.support.crawl import Crawls
    from tests.support.patience import PATIENCE

    one: Sandbox = user(new=True).sandbox
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = Crawls(tmp_path / "a"), Crawls(tmp_path / "b")
    lines = [{"do": "like", "target": f"soundcloud:tracks:{one.world.track_ids.id(at)}"} for at in range(6)]
    plan = tmp_path / "plan.jsonl"
    plan.write_text("".join(json.dumps(line) + "\n" for line in lines))
    settings = {
        **{"SC_OAUTH_TOKEN": one.newcomer_token, "SC_SETTLE": "0", "SC_WRITE_DELAY": "0.4"},
        "SC_TOKEN_FILE": str(tmp_path / "state" / "tokens.json"),
    }
    dry = first.run("apply", sandbox=one, settings=settings, plan=plan)
    given: Row = {"sandbox": one, "settings": settings, "plan": plan, "apply": dry.log.rpartition("apply=")[2][:8]}
    running = first.start("apply", "-s", f"JOBDIR={tmp_path / 'job'}", **given)
    until = time.monotonic() + PATIENCE
    while not [row for row in one.requests if row["method"] == "POST"] and time.monotonic() < until:
        time.sleep(0.02)
    other_job = second.run("apply", "-s", "JOBDIR=job", **given)
    same_job = second.run("apply", "-s", f"JOBDIR={tmp_path / 'job'}", **given)
    assert (other_job.code, same_job.code) == (2, 2)
    assert "another process is changing this account" in other_job.log
    assert running.wait() == 0
    assert len([row for row in one.requests if row["method"] == "POST"]) == 6


def uploads(one: Applier, **changes: Any) -> Row:
    (one.folder / "show.mp3").write_bytes(b"ID3" + bytes(20_000))
    track = {"title": "Show", "sharing": "public"}
    return {"do": "upload", "key": "show", "file": "show.mp3", "track": track, **changes}


def test_what_was_carried_out_is_not_carried_out_in_another_job_directory(user: Make) -> None:
    one = user()
    dry = one.dry(uploads(one))
    assert one.apply(dry).code == 0
    again = one.apply(dry, "other")
    assert again.code == 2
    (told,) = again.errors
    assert f"apply={digest(dry)} was begun at" in told
    assert "in another job directory: go on there" in told
    assert one.apply(dry).code == 0  # the first one goes on, and has nothing to do
    assert len(titled(one.sandbox.account()["tracks"], "Show")) == 1


def test_a_file_is_not_uploaded_twice_by_a_new_dry_run_either(user: Make) -> None:
    """Its job directory may be lost."""
    one = user()
    one.both(uploads(one))
    found = one.dry(uploads(one))
    assert (found.code, statuses(found)) == (0, ["refused"])
    assert "this file was sent with this key and title at" in found.log
    assert statuses(one.dry(uploads(one, key="once more"))) == ["planned"]


def test_a_file_that_was_refused_may_be_uploaded_by_another_plan(user: Make) -> None:
    one = user(faults="403json@/public/tracks#1")
    refused = one.both(uploads(one))
    assert statuses(refused) == ["refused"]
    done = one.apply(one.dry(uploads(one)), "other")
    assert statuses(done) == ["done"]
    assert len(titled(one.sandbox.account()["tracks"], "Show")) == 1


def test_a_playlist_whose_job_is_lost_is_not_made_again_while_lists_lag(user: Make) -> None:
    one = user(lag=600)
    one.both(NEW)
    later = one.dry(NEW)
    assert statuses(later) == ["refused"]
    assert "lists may not show it yet" in later.log


def test_what_was_sent_twice_is_undone(user: Make) -> None:
    one = user(faults="429@/public/likes/tracks/*#1,500after@/public/me/followings/*#1")
    before = one.sandbox.account()
    lines = [{"do": "unlike", "target": before["likes"][0]}, {"do": "unfollow", "target": before["followings"][0]}]
    done = one.both(*lines)
    assert [(row["status"], row["attempts"]) for row in done.records("action")] == [("done", 2), ("done", 2)]
    undo = one.run(plan=done.folder / "out.jsonl", undo=1)
    undone = one.run("undo", plan=done.folder / "out.jsonl", undo=1, apply=digest(undo))
    assert (undone.code, set(statuses(undone))) == (0, {"done"}), undone.log
    now = one.sandbox.account()
    assert {*now["likes"], *now["followings"]} == {*before["likes"], *before["followings"]}
