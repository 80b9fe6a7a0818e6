"""A plan is shown before anything happens, and done as it was shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

from .applying import Applier, Make, Row, digest, statuses

TRACK = "soundcloud:tracks:293"
NEWCOMER = "soundcloud:users:3000000001"


def strangers(one: Applier, kind: str, count: int) -> list[str]:
    """URNs of what forss has nothing to do with."""
    world = one.sandbox.world
    if kind == "users":
        there = {183, *world.followings(183)}
        return [f"soundcloud:users:{id}" for id in world.users if id not in there][:count]
    marked = {urn for urn, _ in world.likes(183) + world.reposts(183)}
    ids = getattr(world, f"{kind[:-1]}_ids")
    urns = [f"soundcloud:{kind}:{ids.id(at)}" for at in range(40, getattr(world.links, kind))]
    return [urn for urn in urns if urn not in marked][:count]


def every_action(one: Applier) -> list[Row]:
    """A plan with all thirteen kinds of actions."""
    tracks, playlists, users = strangers(one, "tracks", 4), strangers(one, "playlists", 2), strangers(one, "users", 1)
    mine = one.sandbox.account()
    (one.folder / "show.mp3").write_bytes(b"ID3" + bytes(40_000))
    return [
        {"do": "like", "target": tracks[0]},
        {"do": "unlike", "target": mine["likes"][0]},
        {"do": "like", "target": playlists[0]},
        {"do": "follow", "target": users[0]},
        {"do": "unfollow", "target": mine["followings"][0]},
        {"do": "repost", "target": tracks[1]},
        {"do": "unrepost", "target": mine["reposts"][0]},
        {"do": "upload", "key": "show", "file": "show.mp3", "track": {"title": "Show", "sharing": "public"}},
        {"do": "playlist", "key": "best", "playlist": {"title": "Best", "tracks": [*tracks[:2], "@show"]}},
        {"do": "playlist", "target": mine["playlists"][0]["urn"], "playlist": {"description": "Mine"}},
        {"do": "track", "target": mine["tracks"][0]["urn"], "track": {"tag_list": '"deep house" live'}},
        {"do": "comment", "target": tracks[2], "comment": {"body": "Lovely", "timestamp": 1500}},
        {"do": "delete_track", "target": mine["tracks"][1]["urn"]},
        {"do": "delete_playlist", "target": mine["playlists"][1]["urn"]},
    ]


def told(row: Row) -> Row:
    """An object without the time of its last change, and without tracks that are gone."""
    return {name: value for name, value in row.items() if name not in ("last_modified", "tracks", "track_count")}


def test_all_kinds_of_actions_are_shown_then_done_and_then_undone(user: Make) -> None:
    one = user()
    before = one.sandbox.account()
    plan = every_action(one)
    dry = one.dry(*plan, allow="delete")
    assert dry.code == 0, dry.log
    assert set(statuses(dry)) == {"planned"}
    assert one.sent == []
    assert one.sandbox.account() == before
    done = one.apply(dry, allow="delete")
    assert (done.code, set(statuses(done))) == (0, {"done"}), done.log
    now = one.sandbox.account()
    assert plan[0]["target"] in now["likes"]
    assert plan[1]["target"] not in now["likes"]
    assert plan[3]["target"] in now["followings"]
    assert plan[5]["target"] in now["reposts"]
    show = next(track for track in now["tracks"] if track["title"] == "Show")
    assert (show["sharing"], show["description"], show["bytes"]) == ("public", "", 40_003)
    upload = next(row for row in done.records("action") if row["do"] == "upload")
    assert (upload["target"], upload["sha256"], upload["bytes"]) == (show["urn"], show["sha256"], 40_003)
    best = next(playlist for playlist in now["playlists"] if playlist["title"] == "Best")
    assert best["tracks"] == [plan[0]["target"], plan[5]["target"], show["urn"]]
    assert {comment["body"] for comment in now["comments"]} >= {"Lovely"}
    assert not {plan[12]["target"], plan[13]["target"]} & {row["urn"] for row in now["tracks"] + now["playlists"]}
    again = one.dry(*plan[:7], plan[9], plan[10])
    assert set(statuses(again)) == {"already"}
    assert "0 to do" in again.log
    undo = one.run(plan=done.folder / "out.jsonl", undo=1)
    assert undo.code == 0, undo.log
    assert "left out    1 comment: the API has no way to delete a comment" in undo.log
    undone = one.run("undo", plan=done.folder / "out.jsonl", undo=1, apply=digest(undo))
    assert (undone.code, set(statuses(undone))) == (0, {"done"}), undone.log
    now = one.sandbox.account()
    gone = {plan[12]["target"], plan[13]["target"]}  # deletions cannot be undone
    for name in ("likes", "followings", "reposts"):
        assert set(now[name]) == set(before[name]) - gone
    for name in ("tracks", "playlists"):
        assert [told(row) for row in before[name] if row["urn"] not in gone] == list(map(told, now[name]))


def test_a_backup_is_restored_into_another_account(user: Make, tmp_path: Path) -> None:
    from tests.support.crawl import crawl

    old = user()
    backup = tmp_path / "backup"
    backup.mkdir()
    settings = {"SC_API": "public", "SC_OAUTH_TOKEN": old.sandbox.oauth_token}
    made = crawl(
        "me", backup, sandbox=old.sandbox, settings=settings, include="profile,likes,followings,playlists", warned=True
    )
    assert made.code == 0, made.log
    new = Applier(old.sandbox, tmp_path, old.sandbox.newcomer_token)
    dry = new.dry(from_=backup / "out.jsonl")
    assert dry.code == 0, dry.log
    assert new.sent == []
    assert {row["status"] for row in dry.records("action")} == {"planned"}, dry.log
    done = new.apply(dry)
    theirs, ours = old.sandbox.account(), new.sandbox.account(3000000001)
    wanted = {row["target"] for row in dry.records("action") if row["status"] == "planned" and row["do"] == "like"}
    assert done.code == 0, done.log
    assert 0 < len(wanted) <= 200
    for kind in (":tracks:", ":playlists:"):  # the API tells the order of each list, and not when a like was made
        assert [urn for urn in ours["likes"] if kind in urn] == [
            urn for urn in theirs["likes"] if kind in urn and urn in wanted
        ]
    assert [row["title"] for row in ours["playlists"]] == [row["title"] for row in theirs["playlists"]]
    shown = {edge["target"] for edge in made.edges("contains")}
    seen = [[track for track in row["tracks"] if track in shown] for row in theirs["playlists"]]
    assert [row["tracks"] for row in ours["playlists"]] == seen
    assert set(ours["likes"]) == set(theirs["likes"])
    assert set(ours["followings"]) == set(theirs["followings"])
    for name in ("description", "sharing", "tag_list", "genre"):
        assert [row[name] or "" for row in ours["playlists"]] == [row[name] or "" for row in theirs["playlists"]]
    again = new.dry(from_=backup / "out.jsonl")
    assert again.log.endswith("/run-2/out.jsonl\n")  # and no command follows
    assert "  0 to do\n" in again.log
    assert set(statuses(again)) == {"already"}
    undo = new.run(plan=done.folder / "out.jsonl", undo=1)
    undone = new.run("undo", plan=done.folder / "out.jsonl", undo=1, apply=digest(undo))
    assert (undone.code, set(statuses(undone))) == (0, {"done"}), undone.log
    assert {name: rows for name, rows in new.sandbox.account(3000000001).items() if rows} == {}
    assert new.sandbox.account() == theirs


def test_the_digest_is_of_this_plan_and_this_account(user: Make) -> None:
    one = user()
    target, other = strangers(one, "tracks", 2)
    dry = one.dry({"do": "like", "target": target})
    changed = one.write({"do": "like", "target": other})
    found = one.run("a", plan=changed, apply=digest(dry))
    assert (found.code, one.sent) == (2, [])
    assert "the digest is now" in found.log
    text = (dry.folder / "out.jsonl").read_text()
    (one.folder / "edited.jsonl").write_text(text.replace(target, other))
    found = one.run("b", plan=one.folder / "edited.jsonl", apply=digest(dry))
    assert (found.code, one.sent) == (2, [])
    stranger = Applier(one.sandbox, one.folder, one.sandbox.newcomer_token)
    found = stranger.apply(dry, "c")
    assert (found.code, one.sent) == (2, [])
    assert NEWCOMER in found.log


def test_a_finished_job_does_nothing_again(user: Make) -> None:
    one = user()
    (target,) = strangers(one, "tracks", 1)
    dry = one.dry({"do": "like", "target": target}, {"do": "delete_track", "target": "soundcloud:tracks:4"})
    first = one.apply(dry)
    assert (first.code, statuses(first)) == (0, ["done", "already"])
    begun, written = len(one.sandbox.requests), (first.folder / "out.jsonl").read_bytes()
    again = one.apply(dry)
    assert (again.code, len(one.sandbox.requests)) == (0, begun)
    assert (first.folder / "out.jsonl").read_bytes() == written


def test_a_later_run_takes_up_what_was_not_kept(user: Make) -> None:
    one = user(unkept=1)
    dry = one.dry({"do": "like", "target": strangers(one, "tracks", 1)[0]})
    for sent in (1, 2, 2):  # sent again once, and read again each time
        found = one.apply(dry)
        assert (found.code, statuses(found), len(one.sent)) == (1, ["accepted"], sent)


def test_what_another_spider_has_found_is_no_source(user: Make, tmp_path: Path) -> None:
    from tests.support.crawl import crawl

    one = user()
    (tmp_path / "graph").mkdir()
    graph = crawl("user_graph", tmp_path / "graph", sandbox=one.sandbox, user=183, warned=True)
    begun = len(one.sandbox.requests)
    found = one.dry(from_=graph.folder / "out.jsonl")
    assert (found.code, len(one.sandbox.requests)) == (2, begun)
    assert "is the output of user_graph" in found.log


def test_a_file_that_was_uploaded_may_go(user: Make) -> None:
    one = user(ceilings="like=0")
    (one.folder / "show.mp3").write_bytes(b"ID3" + bytes(20_000))
    upload = {"do": "upload", "file": "show.mp3", "track": {"title": "Show"}}
    dry = one.dry(upload, {"do": "like", "target": strangers(one, "tracks", 1)[0]})
    first = one.apply(dry)
    assert first.code == 3
    (one.folder / "show.mp3").unlink()
    again = one.apply(dry)
    assert again.code == 3, again.log
    assert "there is no file" not in again.log
    other = one.apply(dry, "other")
    assert other.code == 2
    assert "cannot be read" in other.log


def test_what_has_changed_since_the_dry_run_is_stale(user: Make) -> None:
    one = user()
    first, second = strangers(one, "tracks", 2)
    dry = one.dry({"do": "like", "target": first}, {"do": "like", "target": second})
    one.both({"do": "like", "target": first})  # somebody else does it meanwhile
    sent = len(one.sent)
    found = one.apply(dry, "later")
    assert (found.code, statuses(found)) == (1, ["stale", "done"])
    assert len(one.sent) == sent + 1


@pytest.mark.parametrize(
    ("settings", "arguments", "words"),
    [
        ({"SC_REDIS_URL": "redis://127.0.0.1:9"}, {}, "SC_REDIS_URL"),
        ({"SC_OAUTH_TOKEN": ""}, {}, "needs a user's token"),
        ({}, {"apply": "01234567"}, "JOBDIR"),
        ({}, {"apply": "xyz"}, "digest"),
        ({}, {"preview": "1"}, "dry run already"),
        ({}, {"undo": "1"}, "no action.jsonl of a finished run"),
        ({}, {"from": "elsewhere"}, "either plan=FILE or from=OUTPUT"),
        ({}, {"prune": "1"}, "prune is about from"),
        ({}, {"allow": "everything"}, "delete, lossy"),
        ({}, {"files": "nowhere"}, "there is no folder nowhere"),
    ],
)
def test_bad_settings_and_arguments_are_refused_in_one_line(
    user: Make, settings: Row, arguments: Row, words: str
) -> None:
    one = user(settings=settings)
    found = one.dry({"do": "like", "target": TRACK}, **arguments)
    assert found.code == 2
    (line,) = found.errors
    assert words in line
    assert one.sandbox.requests == []


def test_v2_takes_no_writes(user: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SC_API", "v2")
    one = user(settings={"SC_API": "v2"})
    found = one.dry({"do": "like", "target": TRACK})
    assert (found.code, one.sandbox.requests) == (2, [])
    assert "use SC_API=public" in found.log


def test_a_real_account_is_never_hurried(tmp_path: Path) -> None:
    from tests.support.crawl import crawl

    (tmp_path / "plan.jsonl").write_text(json.dumps({"do": "like", "target": TRACK}))
    for name, least in (("SC_SETTLE", "300"), ("SC_WRITE_DELAY", "5")):
        settings = {name: "1", "SC_PUBLIC_URL": "https://api.soundcloud.com", "SC_OAUTH_TOKEN": "token"}
        found = crawl("apply", tmp_path, settings=settings, plan=tmp_path / "plan.jsonl")
        assert found.code == 2
        assert f"{name} is less than {least} s" in found.log


def test_nothing_is_left_of_the_credentials(user: Make) -> None:
    one = user()
    one.both(*every_action(one), allow="delete")
    private = [
        f"s-{crc32(row['urn'].rpartition(':')[2].encode()):08x}xyz" for row in one.sandbox.account()["playlists"]
    ]
    hidden = [one.sandbox.oauth_token, *private]
    for path in one.folder.rglob("*"):
        if path.is_file() and path.name != "plan.jsonl":
            assert not [secret for secret in hidden if secret.encode() in path.read_bytes()], path


def test_only_the_user_can_read_what_a_job_writes_and_other_crawls_write_as_ever(user: Make) -> None:
    one = user()
    before = one.write({}, name="before").stat().st_mode
    refused = one.dry({"do": "like", "target": "soundcloud:nothing:1"})
    dry = one.dry({"do": "unlike", "target": one.sandbox.account()["likes"][0]})
    done = one.apply(dry)
    assert (refused.code, dry.code, done.code) == (2, 0, 0)
    written = [path for path in one.folder.rglob("*") if path.is_file() and path.name not in ("plan.jsonl", "before")]
    assert {path.name for path in written} >= {"out.jsonl", "actions.sqlite", "frontier.sqlite", "seen.log", "lock"}
    assert {path.name for path in written if path.stat().st_mode & 0o077} == set()
    assert one.write({}, name="after").stat().st_mode == before


def test_a_playlist_may_be_named_by_its_address(user: Make) -> None:
    one = user()
    (track,) = strangers(one, "tracks", 1)
    before = one.sandbox.account()["playlists"][-1]
    address = f"https://soundcloud.com/forss/sets/{before['permalink']}"
    line = {"do": "playlist", "target": address, "playlist": {"tracks": {"add": [track]}}}
    dry = one.dry(line)
    assert "1 to change (+1 -0 tracks)" in dry.log
    done = one.apply(dry)
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    after = next(row for row in one.sandbox.account()["playlists"] if row["urn"] == before["urn"])
    assert after["tracks"] == [*before["tracks"], track]


def test_a_dry_run_in_csv_is_a_plan_like_one_in_json(tmp_path: Path) -> None:
    with Sandbox(users=60, ceilings="") as sandbox:
        crawls = Crawls(tmp_path)
        mine = sandbox.account()
        (tmp_path / "show.mp3").write_bytes(b"ID3" + bytes(4000))
        fields = {"title": 'Bést; "x"\n, 1', "downloadable": False, "tag_list": ""}
        lines: list[Row] = [
            {"do": "unlike", "target": mine["likes"][0]},
            {"do": "track", "target": mine["tracks"][0]["urn"], "track": fields},
            {"do": "playlist", "target": mine["playlists"][0]["urn"], "playlist": {"title": "Best"}},
            {"do": "upload", "key": "=1+1", "file": "show.mp3", "track": {"title": "-Show"}},
            {"do": "like", "target": "https://soundcloud.com/forss/there-is-none"},
        ]
        (tmp_path / "plan.jsonl").write_text("\n".join(map(json.dumps, lines)))
        settings: dict[str, Any] = {"SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_SETTLE": "0", "SC_WRITE_DELAY": "0"}
        given: dict[str, Any] = {"sandbox": sandbox, "settings": {**settings, "SC_FORMAT": "csv"}}
        dry = crawls.run("apply", plan="plan.jsonl", **given)
        assert dry.code == 0, dry.log
        assert (dry.folder / "action.csv").stat().st_mode & 0o777 == 0o600
        (tmp_path / "any").mkdir()
        ours, any_ = ((tmp_path / name).stat().st_mode & 0o011 for name in ("output", "any"))
        assert ours == any_  # other users may have crawls of their own in there
        (command,) = re.findall(r"next: scrapy (crawl apply .*/action\.csv .*)", dry.log)
        done = crawls.ended(crawls.command(*command.split(), sandbox=sandbox, **settings), "apply")
        assert (done.code, statuses(done)) == (1, ["done", "done", "done", "done", "refused"]), done.log
        after = sandbox.account()
        changed = next(one for one in after["tracks"] if one["urn"] == lines[1]["target"])
        assert (changed["title"], changed["tag_list"]) == (fields["title"], "")


def test_an_address_that_leads_nowhere_is_told_and_stops_no_other_line(user: Make) -> None:
    one = user()
    lost = [f"https://soundcloud.com/forss/there-is-none-{number}" for number in range(3)]
    dry = one.dry(
        {"do": "like", "target": lost[0]},
        {"do": "comment", "target": lost[1], "comment": {"body": "Lovely"}},
        {"do": "track", "target": lost[2], "track": {"title": "x"}},
        {"do": "follow", "target": "https://soundcloud.com/nobody-at-all"},
        {"do": "like", "target": "https://on.soundcloud.com/none"},
        {"do": "like", "target": strangers(one, "tracks", 1)[0]},
    )
    assert (dry.code, statuses(dry)) == (0, [*["refused"] * 5, "planned"]), dry.log
    assert {row["error"] for row in dry.records("action")[:5]} == {"not_found"}
    for address in lost:
        assert f"1 not touched: {address} leads nowhere" in dry.log
    done = one.apply(dry)
    assert (done.code, statuses(done)) == (1, [*["refused"] * 5, "done"]), done.log
    assert len(one.sent) == 1


def test_lines_about_the_same_are_refused_by_the_dry_run_however_they_name_it(user: Make) -> None:
    one = user()
    mine = one.sandbox.account()["tracks"][0]
    address = f"https://soundcloud.com/forss/{mine['permalink']}"
    found = one.dry({"do": "like", "target": address}, {"do": "unlike", "target": mine["urn"]})
    assert found.code == 2
    (told,) = found.errors
    assert f"like and unlike of {mine['urn']}" in told
