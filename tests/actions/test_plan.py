"""A plan is read as it was meant, or refused with file and line before any request."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from scrapy.settings import Settings

from sc_spiders.actions.account import Account
from sc_spiders.actions.action import Action, moment
from sc_spiders.actions.approval import Wanted, approve
from sc_spiders.actions.compare import Comparison, digest
from sc_spiders.actions.ledger import DAY, Ledger
from sc_spiders.actions.plan import Plan, Reader
from sc_spiders.actions.restore import Backup
from sc_spiders.actions.rows import rows
from sc_spiders.base_spiders.applying import ledger_folder
from sc_spiders.base_spiders.plans import _named
from sc_spiders.base_spiders.targets import refuse_secrets
from sc_spiders.errors import ArgumentError

ME = "soundcloud:users:1"
NOW = 1_800_000_000.0
TRACK = "soundcloud:tracks:1"

Row = dict[str, Any]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path, ME)) as found:
        yield found


def written(folder: Path, lines: Sequence[Any]) -> Path:
    path = folder / "plan.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def read(path: Path, **given: Any) -> Plan:
    return Reader(_named, refuse_secrets, rows, **given).read(path)


def like(number: int, do: str = "like") -> Row:
    return {"do": do, "target": f"soundcloud:tracks:{number}"}


def playlist(**fields: Any) -> Row:
    return {"do": "playlist", "playlist": {"title": "Best", **fields}}


def comment(body: str, number: int = 1) -> Row:
    return {"do": "comment", "target": f"soundcloud:tracks:{number}", "comment": {"body": body}}


def later(not_before: str, **fields: Any) -> Row:
    return {"do": "track", "target": TRACK, "track": fields, "not_before": not_before}


REFUSED: dict[str, tuple[list[Any], str]] = {
    "nothing": ([], "has no action"),
    "no JSON": (["{"], "line 1: is not JSON"),
    "no object": (["[]"], "line 1: is not an object"),
    "an unknown word": ([like(1), {"do": "love"}], "line 2: do is 'love'; it takes like, unlike"),
    "no target": ([{"do": "like"}], "needs a target"),
    "a target of another kind": ([{"do": "follow", "target": TRACK}], "not the URN of a user"),
    "a share link": ([{"do": "like", "target": "https://soundcloud.com/a/b/s-abcDEF123"}], "private share link"),
    "a share link in a text": ([playlist(description="https://soundcloud.com/a/b/s-abcDEF123")], "private share link"),
    "an unknown member": ([{**like(1), "when": "now"}], "like takes no 'when'"),
    "an unknown field": ([playlist(colour="red")], "playlist has no field 'colour'"),
    "a bad sharing": ([playlist(sharing="friends")], "it takes public or private"),
    "a number for a text": ([playlist(genre=3)], "genre is 3; it takes text"),
    "600 tracks": ([playlist(tracks=[f"soundcloud:tracks:{n}" for n in range(1, 601)])], "takes 500 tracks, not 600"),
    "a track twice": ([playlist(tracks=[TRACK, TRACK])], "is in the playlist twice"),
    "a track to add twice": ([playlist(tracks={"add": [TRACK, TRACK]})], "tracks to add and to remove twice"),
    "a track to add and remove": (
        [playlist(tracks={"add": [TRACK], "remove": [TRACK]})],
        "tracks:1 is among the tracks to add and to remove twice",
    ),
    "tracks that are none": ([playlist(tracks=["forss/flickermood"])], "a list of URNs"),
    "a key of no line": ([playlist(tracks=["@show"])], "@show is no key of an earlier line"),
    "a key twice": ([{**playlist(), "key": "a"}, {**playlist(), "key": "a"}], "has the key 'a' twice"),
    "like and unlike": ([like(1), like(1, "unlike")], "like and unlike of soundcloud:tracks:1"),
    "unfollow and follow": (
        [{"do": "unfollow", "target": "soundcloud:users:2"}, {"do": "follow", "target": "soundcloud:users:2"}],
        "unfollow and follow",
    ),
    "the same twice": ([like(1), like(1)], "two lines about soundcloud:tracks:1"),
    "two equal comments": ([comment("So nice!"), comment("so  NICE!", 2)], "the same comment twice"),
    "two comments on a track": ([comment("One"), comment("Two")], "two comments on"),
    "a link in a comment": ([comment("look at example.com")], "holds a link"),
    "51 lines that engage": ([like(n) for n in range(1, 52)], "51 targets; a plan written by hand may have 50"),
    "no file": ([{"do": "upload", "track": {"title": "A"}}], "upload needs a file"),
    "a missing file": ([{"do": "upload", "file": "no.mp3", "track": {"title": "A"}}], "there is no file"),
    "a file elsewhere": ([{"do": "upload", "file": "../../a.mp3", "track": {"title": "A"}}], "is not in"),
    "a file of no sound": ([{"do": "upload", "file": "plan.jsonl", "track": {"title": "A"}}], "ends in none of"),
    "a bad moment": ([{**like(1), "not_before": "soon"}], "it takes a moment like"),
    "a moment after the last": ([{**like(1), "not_before": "9999-12-31T23:59:59-12:00"}], "it takes a moment like"),
    "a moment before the first": ([{**like(1), "not_before": "0001-01-01T00:00:00+12:00"}], "it takes a moment like"),
    "a field set twice": (
        [later("2026-12-24", sharing="public"), later("2026-12-26", sharing="private")],
        "two lines about soundcloud:tracks:1 (track, track); give one. What shall change twice takes two plans",
    ),
    "a change and a deletion": (
        [later("2026-12-24", title="A"), {"do": "delete_track", "target": TRACK}],
        "two lines about soundcloud:tracks:1 (track, delete_track)",
    ),
    "records of another kind": ([{"kind": "edge", "relation": "likes", "target": TRACK}], "do is None"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    lines, words = REFUSED[name]
    path = written(tmp_path, lines)
    with pytest.raises(ArgumentError) as refused:
        read(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_over_four_gigabytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "long.wav").open("wb") as file:
        file.truncate(4 * 1024**3 + 1)  # a hole: it takes no room
    with pytest.raises(ArgumentError, match="SoundCloud takes"):
        read(written(tmp_path, [{"do": "upload", "file": "long.wav", "track": {"title": "A"}}]))


def test_csv_has_flat_actions(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(
        "do,target,title,tracks,downloadable\n"
        "like,soundcloud:tracks:1,,,\n"
        "playlist,,Best of,soundcloud:tracks:1 soundcloud:tracks:2,\n"
        "track,soundcloud:tracks:2,,,false\n"
    )
    liked, made, changed = read(path).actions
    assert (liked.do, liked.target) == ("like", TRACK)
    assert made.after == {"title": "Best of", "tracks": [TRACK, "soundcloud:tracks:2"]}
    assert changed.after == {"downloadable": False}


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_csv_may_name_its_separator_first_and_its_columns_in_any_case(tmp_path: Path, first: str) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(f"{first}Do;Target;Title;Tag_List\ntrack;soundcloud:tracks:1;One, two, three;a,b\n")
    (changed,) = read(path).actions
    assert changed.after == {"title": "One, two, three", "tag_list": "a,b"}
    path.write_text(f"{first}Do;Target\n\nlike\n")
    with pytest.raises(ArgumentError, match=r"line 4: has 1 cells"):
        read(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_may_come_from_a_spreadsheet(tmp_path: Path, delimiter: str) -> None:
    """With a mark at its beginning, lines of Windows, texts of several lines, empty lines and columns."""
    rows = [
        ["do", " target ", "title", "description", "downloadable", ""],
        ["like", "soundcloud:tracks:1", "", "", "", ""],
        ["", "", "", "", "", ""],
        ["track", "soundcloud:tracks:2", 'Bést, ½; "x"', "one\ntwo, three", "TRUE", ""],
    ]
    with (tmp_path / "plan.CSV").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    liked, changed = read(tmp_path / "plan.CSV").actions
    assert (liked.do, liked.target) == ("like", TRACK)
    assert changed.after == {"title": 'Bést, ½; "x"', "description": "one\ntwo, three", "downloadable": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("target,title\nsoundcloud:tracks:1,A\n", "line 1: has no column 'do'"),
        ("do,target,do\nlike,soundcloud:tracks:1,like\n", "line 1: has the column 'do' twice"),
        ("do,target\nlike,soundcloud:tracks:1\nlike\n", "line 3: has 1 cells, and the first line has 2"),
        ("do,target,title\nlike,soundcloud:tracks:1,A\n", "line 2: like takes no 'title'"),
        ('do,target\nlike,"soundcloud:tracks:1', "is not CSV"),
        ("do,target\nlike,nobody knows\n", "line 2: "),
        ("", "line 1: has no column 'do'"),
    ],
)
def test_bad_csv_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "plan.csv").write_text(text)
    with pytest.raises(ArgumentError) as refused:
        read(tmp_path / "plan.csv")
    assert words in str(refused.value)


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_bytes("do,target,title\ntrack,soundcloud:tracks:1,Bést\n".encode("cp1252"))
    with pytest.raises(ArgumentError, match="is not text in UTF-8; spreadsheets call that 'CSV UTF-8'"):
        read(tmp_path / "plan.csv")


def test_texts_may_have_every_character(tmp_path: Path) -> None:
    """For Python some of these characters end a line, for JSON they do not."""
    title = "a\u2028b\u2029c\x85d \N{HEADPHONE} ½ \u202e"
    (tmp_path / "plan.jsonl").write_text(json.dumps(playlist(title=title), ensure_ascii=False) + "\n", "utf-8")
    (action,) = read(tmp_path / "plan.jsonl").actions
    assert action.after["title"] == title
    (tmp_path / "plan.jsonl").write_text(json.dumps(playlist(title="\ud800")))
    with pytest.raises(ArgumentError, match="line 1: holds half of a character"):
        read(tmp_path / "plan.jsonl")


def test_what_belongs_to_others_is_not_touched(tmp_path: Path) -> None:
    mine = account()
    mine.there |= {"soundcloud:tracks:5", "soundcloud:tracks:6", "soundcloud:playlists:5", "soundcloud:playlists:6"}
    lines = [
        {"do": "track", "target": "soundcloud:tracks:5", "track": {"title": "Ours"}},
        {"do": "delete_track", "target": "soundcloud:tracks:6"},
        {"do": "playlist", "target": "soundcloud:playlists:5", "playlist": {"title": "Ours"}},
        {"do": "delete_playlist", "target": "soundcloud:playlists:6"},
        {"do": "delete_track", "target": "soundcloud:tracks:777"},
    ]
    plan = read(written(tmp_path, lines))
    Comparison(mine, allow=("delete",)).compare(plan, NOW)
    assert [action.error for action in plan.actions] == [*["not_own"] * 4, None]
    assert plan.actions[4].status == "already"


def test_a_restored_playlist_that_would_be_too_long_loses_nothing(tmp_path: Path) -> None:
    urn = "soundcloud:playlists:1"
    added = [f"soundcloud:tracks:{number}" for number in range(1000, 1400)]
    mine = account(own={"playlist": {urn: {"title": "Best"}}, "track": {}}, tracks={urn: added}, counts={urn: 400})
    mine.there |= {f"soundcloud:tracks:{number}" for number in range(1, 201)}
    plan = Plan(
        [Action(1, "playlist", "playlist", urn, after={"tracks": [f"soundcloud:tracks:{n}" for n in range(1, 201)]})]
    )
    Comparison(mine, restores=True).compare(plan, NOW)
    assert (plan.actions[0].status, plan.actions[0].error) == ("refused", "too_long")


def account(**given: Any) -> Account:
    return Account(urn=ME, there={f"soundcloud:tracks:{n}" for n in range(1, 30)}, **given)


def records(plan: Plan) -> list[Row]:
    return [action.record(ME, "2026-11-30T00:00:00Z") for action in plan.actions]


def test_the_digest_is_the_same_for_a_plan_and_its_dry_run(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"1")
    lines = [
        like(1),
        like(2),
        playlist(tracks=[TRACK, "soundcloud:tracks:99"]),
        {"do": "upload", "file": "a.mp3", "track": {"title": "A"}, "not_before": "2026-12-24"},
        {"do": "delete_track", "target": TRACK},
    ]
    mine = account(own={"playlist": {}, "track": {TRACK: {"title": "Mine"}}})
    mine.relations["liked"].add(TRACK)
    plan = read(written(tmp_path, lines))
    Comparison(mine).compare(plan, NOW)
    assert [action.status for action in plan.actions] == ["already", "planned", "planned", "planned", "refused"]
    assert plan.actions[2].missing == ["soundcloud:tracks:99"]
    again = read(written(tmp_path, records(plan)))
    assert again.is_dry_run
    assert digest(again.account, again.actions) == digest(ME, plan.actions)


def test_a_playlist_is_changed_only_if_nothing_gets_lost(tmp_path: Path) -> None:
    """161 tracks are announced, and 128 are shown (api#449)."""
    urn = "soundcloud:playlists:1"
    shown = [f"soundcloud:tracks:{n}" for n in range(1, 129)]
    line = {"do": "playlist", "target": urn, "playlist": {"tracks": {"add": ["soundcloud:tracks:9999"]}}}
    for allow, status in ((), "refused"), (("lossy",), "planned"):
        mine = account(own={"playlist": {urn: {"title": "Long"}}, "track": {}}, tracks={urn: shown}, counts={urn: 161})
        mine.there.add("soundcloud:tracks:9999")
        plan = read(written(tmp_path, [line]))
        Comparison(mine, allow).compare(plan, NOW)
        (action,) = plan.actions
        assert action.status == status
    assert action.after["tracks"] == [*shown, "soundcloud:tracks:9999"]
    assert action.undo == {"do": "playlist", "target": urn, "playlist": {"tracks": shown}}


def test_the_2001st_following_is_refused(tmp_path: Path) -> None:
    mine = account()
    mine.relations["followed"] = {f"soundcloud:users:{n}" for n in range(10, 2010)}
    mine.there.add("soundcloud:users:2")
    plan = read(written(tmp_path, [{"do": "follow", "target": "soundcloud:users:2"}]))
    with pytest.raises(ArgumentError, match="2,001 users"):
        Comparison(mine).compare(plan, NOW)


def wanted(tmp_path: Path, lines: list[Row], apply: str = "") -> Wanted:
    return Wanted(read(written(tmp_path, lines)), apply)


def test_only_what_a_dry_run_has_printed_is_done(tmp_path: Path, ledger: Ledger) -> None:
    plan = wanted(tmp_path, [like(1)])
    Comparison(account()).compare(plan.plan, NOW)
    unseen = digest(ME, plan.plan.actions)
    with pytest.raises(ArgumentError, match="no dry run on this machine has printed"):
        approve(wanted(tmp_path, [like(1)], unseen), account(), ledger, NOW)
    assert approve(wanted(tmp_path, [like(1)]), account(), ledger, NOW) == unseen
    assert approve(wanted(tmp_path, [like(1)], unseen), account(), ledger, NOW) == unseen
    with pytest.raises(ArgumentError, match="the digest is now"):
        approve(wanted(tmp_path, [like(2)], unseen), account(), ledger, NOW)
    other = account()
    other.urn = "soundcloud:users:2"
    with pytest.raises(ArgumentError, match="of another plan or account"):
        approve(wanted(tmp_path, [like(1)], unseen), other, ledger, NOW)


def test_a_forged_dry_run_does_not_pass_for_a_backup(tmp_path: Path, ledger: Ledger) -> None:
    plan = Plan(read(written(tmp_path, [like(n) for n in range(1, 40)])).actions)
    Comparison(account()).compare(plan, NOW)
    rows = records(plan)
    forged = [{**rows[0], "target": f"soundcloud:tracks:{n}"} for n in range(1, 100)]
    with pytest.raises(ArgumentError, match="make the plan by a dry run from a `me` crawl on this machine"):
        approve(wanted(tmp_path, forged), account(), ledger, NOW)


@pytest.mark.parametrize(("do", "back"), [("like", "unlike"), ("follow", "unfollow"), ("repost", "unrepost")])
def test_nothing_is_taken_back_and_forth(tmp_path: Path, do: str, back: str, ledger: Ledger) -> None:
    target = "soundcloud:users:2" if do == "follow" else TRACK
    first, second = {"do": do, "target": target}, {"do": back, "target": target}
    (action,) = read(written(tmp_path, [second])).actions
    ledger.note("run", action, NOW)
    (action,) = read(written(tmp_path, [first])).actions
    assert "30 days" in (ledger.objection(action, NOW + 29 * DAY) or "")
    assert ledger.objection(action, NOW + 31 * DAY) is None


def test_no_text_is_sent_twice_and_no_track_gets_two_comments_a_day(tmp_path: Path, ledger: Ledger) -> None:
    (said,) = read(written(tmp_path, [comment("So nice!")])).actions
    ledger.note("run", said, NOW)
    (same,) = read(written(tmp_path, [comment("so NICE!", 2)])).actions
    (other,) = read(written(tmp_path, [comment("Lovely")])).actions
    assert ledger.objection(same, NOW + 400 * DAY)
    assert ledger.objection(other, NOW + DAY / 2)
    assert ledger.objection(other, NOW + 2 * DAY) is None


def crawl(spider: str) -> Row:
    return {"kind": "crawl", "spider": spider, "versions": {}}


@pytest.mark.parametrize("spider", ["user_graph", "search", "charts", "track", "user", "apply"])
def test_only_an_accounts_own_data_is_restored(spider: str) -> None:
    with pytest.raises(ArgumentError, match=f"is the output of {spider}; from takes that of a `me` crawl"):
        Backup.of("output", [crawl(spider)])
    with pytest.raises(ArgumentError, match="no crawl that has ended"):
        Backup.of("output", [{"kind": "edge", "relation": "likes", "source": ME, "target": TRACK}])


def edge(number: int) -> Row:
    return {
        "kind": "edge",
        "relation": "likes",
        "source": ME,
        "target": f"soundcloud:tracks:{number}",
        "position": number,
    }


def listing(complete: bool) -> Row:
    return {"kind": "listing", "endpoint": "my_liked_tracks", "subject": ME, "complete": complete}


def test_the_oldest_is_restored_first_and_nothing_is_taken_away_unasked() -> None:
    rows = [crawl("me"), listing(True), *map(edge, range(5))]
    mine = account()
    mine.relations["liked"] = {"soundcloud:tracks:20"}
    backup = Backup.of("output", rows[:2] + [edge(n) for n in range(1, 5)])
    plan = backup.plan(["likes"], prune=False)
    Comparison(mine, restores=True).compare(plan, NOW)
    assert [action.target for action in plan.actions] == [f"soundcloud:tracks:{n}" for n in (4, 3, 2, 1)]
    pruned = backup.plan(["likes"], prune=True)
    Comparison(mine, restores=True, prune={"liked": backup.wanted("likes")}).compare(pruned, NOW)
    assert [(action.do, action.target) for action in pruned.actions[4:]] == [("unlike", "soundcloud:tracks:20")]


def test_a_backup_that_lacks_something_takes_nothing_away() -> None:
    with pytest.raises(ArgumentError, match="prune would take good ones away"):
        Backup.of("output", [crawl("me"), listing(False), edge(1)]).plan(["likes"], prune=True)


def test_only_the_accounts_own_relations_are_restored() -> None:
    """A back-up with followers, feed and activities has what other people follow, like and repost."""
    others = [
        {"kind": "edge", "relation": relation, "source": f"soundcloud:users:{number}", "target": target}
        for number, (relation, target) in enumerate(
            [("follows", ME), ("likes", TRACK), ("reposts", "soundcloud:tracks:2")], start=2
        )
    ]
    backup = Backup.of("output", [crawl("me"), listing(True), edge(1), *others])
    words = ["likes", "followings", "reposts"]
    assert [(action.do, action.target) for action in backup.plan(words, prune=False).actions] == [("like", TRACK)]
    assert backup.wanted("reposts") == set()
    with pytest.raises(ArgumentError, match="nobody knows whose data it is"):
        Backup.of("output", [crawl("me"), edge(1)])


def test_what_was_sent_twice_can_be_taken_back(tmp_path: Path, ledger: Ledger) -> None:
    """The record has the moment of one sending, the ledger has both."""
    (unlike,) = read(written(tmp_path, [like(1, "unlike")])).actions
    for at in (NOW, NOW + 7):
        ledger.note("run", unlike, at)
        (back,) = read(written(tmp_path, [like(1)])).actions
        back.undoes = moment(at)
        assert ledger.objection(back, NOW + 60) is None
    back.undoes = moment(NOW + 8)
    assert "30 days" in (ledger.objection(back, NOW + 60) or "")
    assert ledger.free_at("take_back", NOW + 8) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        *("visit mysite.shop", "bit.do/x", "my-site.photography now", "a@mail.example", "ftp://1.2.3.4", "münchen.рф"),
        *("MYSITE.SHOP!", "mysite\uff0eshop", "mysite\u3002shop", "my\u200bsite.sh\u200bop", "x.xn--p1ai"),
    ],
)
def test_a_comment_with_anything_like_a_host_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ArgumentError, match="holds a link"):
        read(written(tmp_path, [comment(f"So nice, {text}")]))
    forged = {"kind": "action", "status": "planned", "account": ME, "do": "comment", "target": TRACK}
    with pytest.raises(ArgumentError, match="holds a link"):
        read(written(tmp_path, [{**forged, "after": {"body": text}}]))


@pytest.mark.parametrize("text", ["So nice... really", "At 3.15 it drops. Wow", "Vol.2, e.g. the end", "10/10 :)"])
def test_a_comment_without_a_host_is_taken(tmp_path: Path, text: str) -> None:
    assert read(written(tmp_path, [comment(text)])).actions[0].after == {"body": text}


@pytest.mark.parametrize("name", ["before", "after", "missing"])
def test_a_record_that_no_dry_run_writes_is_refused(tmp_path: Path, name: str) -> None:
    row = {"kind": "action", "status": "planned", "account": ME, **like(1), name: "nothing"}
    with pytest.raises(ArgumentError, match=f"line 1: {name} is 'nothing', which no dry run writes"):
        read(written(tmp_path, [row]))


def test_other_fields_of_a_track_may_change_at_another_time(tmp_path: Path) -> None:
    plan = read(written(tmp_path, [later("2026-12-24", sharing="public"), later("2026-12-26", title="Out now")]))
    Comparison(account(own={"playlist": {}, "track": {TRACK: {"sharing": "private", "title": "A"}}})).compare(plan, NOW)
    assert [action.status for action in plan.actions] == ["planned", "planned"]


ADDRESS = "https://soundcloud.com/forss/flickermood"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (comment("One"), {**comment("Two"), "target": ADDRESS}, "two comments on"),
        ({"do": "like", "target": ADDRESS}, like(1, "unlike"), "like and unlike of"),
        (
            {"do": "track", "target": ADDRESS, "track": {"genre": "A"}},
            {"do": "track", "target": TRACK, "track": {"genre": "B"}},
            "two lines about",
        ),
    ],
)
def test_an_address_and_a_urn_may_be_the_same(tmp_path: Path, first: Row, second: Row, words: str) -> None:
    plan = read(written(tmp_path, [first, second]))
    with pytest.raises(ArgumentError, match=words):
        Comparison(account(addresses={ADDRESS: TRACK})).compare(plan, NOW)


def test_an_address_that_turns_out_to_be_of_another_kind_does_not_stop_the_others(tmp_path: Path) -> None:
    short = "https://on.soundcloud.com/abc"
    plan = read(written(tmp_path, [{"do": "track", "target": short, "track": {"title": "A"}}, like(2)]))
    Comparison(account(addresses={short: "soundcloud:playlists:1"})).compare(plan, NOW)
    assert [(action.status, action.error) for action in plan.actions] == [("refused", "not_found"), ("planned", None)]
    again = read(written(tmp_path, records(plan)))
    assert digest(again.account, again.actions) == digest(ME, plan.actions)


def playlist_rows(error: str | None, shown: int = 2) -> list[Row]:
    """The back-up of a playlist of three tracks."""
    urn = "soundcloud:playlists:1"
    walked = {"kind": "listing", "endpoint": "playlist_tracks", "subject": urn, "complete": not error, "error": error}
    mine = {"kind": "listing", "endpoint": "my_playlists", "subject": ME, "complete": True}
    row = {"kind": "playlist", "urn": urn, "user_urn": ME, "title": "Best", "track_count": 3}
    contains = {"kind": "edge", "relation": "contains", "source": urn}
    edges = [{**contains, "target": f"soundcloud:tracks:{n}", "position": n} for n in range(shown)]
    return [crawl("me"), mine, row, walked, *edges]


def restored(rows: list[Row], *, prune: bool) -> Action:
    urn, tracks = "soundcloud:playlists:1", [f"soundcloud:tracks:{n}" for n in (0, 1, 2, 20)]
    mine = account(own={"playlist": {urn: {"title": "Best"}}, "track": {}}, tracks={urn: tracks}, counts={urn: 4})
    plan = Backup.of("output", rows).plan(["playlists"], prune=prune)
    Comparison(mine, restores=True, prune={} if prune else None).compare(plan, NOW)
    return plan.actions[0]


@pytest.mark.parametrize("prune", [False, True])
def test_a_list_that_broke_off_takes_no_track_away(prune: bool) -> None:
    action = restored(playlist_rows("http_500"), prune=prune)
    assert (action.status, action.error) == ("refused", "not_in_backup")
    assert "broke off (http_500): take a new one" in (action.message or "")


def test_prune_takes_no_track_away_that_the_backup_could_not_see() -> None:
    assert restored(playlist_rows("short"), prune=True).status == "already"
    whole = restored(playlist_rows(None, shown=3), prune=True)
    assert (whole.status, whole.after["tracks"]) == ("planned", [f"soundcloud:tracks:{n}" for n in range(3)])


def test_a_comment_that_was_refused_may_be_sent_again(tmp_path: Path, ledger: Ledger) -> None:
    (said,) = read(written(tmp_path, [comment("So nice!")])).actions
    ledger.note("run", said, NOW)
    ledger.forget("run", said)
    assert ledger.objection(said, NOW + 60) is None
    ledger.note("other", said, NOW + 60)
    assert "sent before" in (ledger.objection(said, NOW + 120) or "")


def test_no_setting_moves_the_ledger_of_a_real_account(tmp_path: Path) -> None:
    given = {"SC_TOKEN_FILE": str(tmp_path / "tokens.json")}
    real = Settings({**given, "SC_PUBLIC_URL": "https://api.soundcloud.com"})
    assert ledger_folder(real) == platformdirs.user_state_path("sc_spiders")
    assert ledger_folder(Settings({**given, "SC_PUBLIC_URL": "http://127.0.0.1:8000/public"})) == tmp_path
