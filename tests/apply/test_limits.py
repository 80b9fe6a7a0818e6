"""What is too much, or too dangerous, is refused before the first write."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sc_spiders.base_spiders import applying, wire

from .applying import Applier, Make, Row, statuses
from .test_apply import TRACK, strangers

HOUR = 3600.0


@pytest.fixture
def days_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of `apply` that many days forward."""

    def set_clock(days: float) -> None:
        clock = SimpleNamespace(time=lambda: time.time() + days * 24 * HOUR, monotonic=time.monotonic)
        monkeypatch.setattr(applying, "time", clock)
        monkeypatch.setattr(wire, "time", clock)

    return set_clock


def lossy(one: Applier) -> Row:
    """A playlist of forss of whose tracks some are gone: they are counted and not shown."""
    world = one.sandbox.world
    rows: list[Row] = one.sandbox.account()["playlists"]
    for row in rows:
        if any(not world.has_track(int(urn.rpartition(":")[2])) for urn in row["tracks"]):
            return row
    raise AssertionError("all tracks are there")


@pytest.mark.parametrize("change", ["add", "all"])
def test_a_playlist_with_tracks_that_nobody_can_see_is_not_touched_unasked(user: Make, change: str) -> None:
    one = user()
    before = lossy(one)
    tracks: Any = {"add": [TRACK]}
    if change == "all":
        tracks = [TRACK]
    line = {"do": "playlist", "target": before["urn"], "playlist": {"tracks": tracks}}
    dry = one.dry(line)
    assert (dry.code, statuses(dry)) == (0, ["refused"])
    assert "tracks cannot be seen, and would be lost; allow=lossy permits it" in dry.log
    assert "0 to do" in dry.log
    allowed = one.both(line, allow="lossy")
    assert (allowed.code, statuses(allowed)) == (0, ["done"]), allowed.log
    assert [row["path"].rpartition("/")[2] for row in one.sent] == [before["urn"]]


def too_long(one: Applier) -> Row:
    tracks = [f"soundcloud:tracks:{number}" for number in range(1, 601)]
    return {"do": "playlist", "playlist": {"title": "Long", "tracks": tracks}}


def too_large(one: Applier) -> Row:
    with (one.folder / "long.wav").open("wb") as file:
        file.truncate(4 * 1024**3 + 1)  # a hole: it takes no room
    return {"do": "upload", "file": "long.wav", "track": {"title": "Long"}}


def missing(one: Applier) -> Row:
    return {"do": "upload", "file": "nowhere.wav", "track": {"title": "Nowhere"}}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (too_long, "a playlist takes 500 tracks, not 600"),
        (too_large, "has 4,294,967,297 bytes; SoundCloud takes 4,294,967,296"),
        (missing, "there is no file"),
    ],
)
def test_what_cannot_be_done_ends_it_before_the_first_write(
    user: Make, line: Callable[[Applier], Row], words: str
) -> None:
    one = user()
    good = {"do": "like", "target": strangers(one, "tracks", 1)[0]}
    for arguments in ({}, {"apply": "01234567", "jobdir": "job"}):
        found = one.run(plan=one.write(good, line(one)), **arguments)
        assert (found.code, one.sent) == (2, [])
        (told,) = found.errors
        assert words in told


def test_the_2001st_following_ends_it_before_the_first_write(user: Make) -> None:
    one = user(new=True, users=2100)
    users = list(one.sandbox.world.users)
    written = one.sandbox._written
    for id in users[:2000]:
        written.followings.set(one.sandbox.newcomer, id, written.date(), written.moment())
    good = {"do": "like", "target": strangers(one, "tracks", 1)[0]}
    found = one.dry(good, {"do": "follow", "target": user_urn(users[2000])})
    assert (found.code, one.sent) == (2, [])
    (told,) = found.errors
    assert "the account would follow 2,001 users; SoundCloud takes 2,000" in told


def user_urn(number: int) -> str:
    return f"soundcloud:users:{number}"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([{"do": "unfollow", "target": user_urn(2)}, {"do": "follow", "target": user_urn(2)}], "unfollow and follow"),
        (
            [
                {"do": "comment", "target": TRACK, "comment": {"body": "So nice!"}},
                {"do": "comment", "target": "soundcloud:tracks:294", "comment": {"body": "so  NICE!"}},
            ],
            "the same comment twice",
        ),
        ([{"do": "comment", "target": TRACK, "comment": {"body": "look at www.example.com"}}], "holds a link"),
        ([{"do": "like", "target": f"soundcloud:tracks:{number}"} for number in range(1, 52)], "51 targets"),
    ],
)
def test_what_looks_like_spam_ends_it_before_the_first_request(user: Make, lines: list[Row], words: str) -> None:
    one = user()
    found = one.dry(*lines)
    assert (found.code, one.sandbox.requests) == (2, [])
    (told,) = found.errors
    assert words in told


def backup(folder: Path, likes: list[str]) -> Path:
    """The output of a `me` crawl of somebody with these likes."""
    path = folder / "backup.jsonl"
    subject = {"endpoint": "my_liked_tracks", "subject": "soundcloud:users:77", "complete": True}
    rows: list[Row] = [{"kind": "crawl", "spider": "me", "versions": {}}, {"kind": "listing", **subject}]
    rows += [{"kind": "edge", "relation": "likes", "source": "soundcloud:users:77", "target": urn} for urn in likes]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_ceiling_of_a_day_holds_over_runs_and_job_directories(
    user: Make, tmp_path: Path, days_later: Callable[[float], None]
) -> None:
    one = user(new=True, users=300)
    ids = one.sandbox.world.track_ids
    likes = [f"soundcloud:tracks:{ids.id(number)}" for number in range(260)]
    likes = [urn for urn in likes if one.sandbox.world.has_track(int(urn.rpartition(":")[2]))][:250]
    dry = one.dry(from_=backup(tmp_path, likes), include="likes")
    assert dry.code == 0
    assert "2 days at 200 a day (like)" in dry.log
    first = one.apply(dry)
    assert (first.code, Counter(statuses(first))) == (3, {"done": 200, "waiting": 50})
    assert "200 likes were sent in 24 hours: go on after" in first.log
    again = one.dry(from_=tmp_path / "backup.jsonl", include="likes")
    other = one.apply(again, "other")
    assert (other.code, Counter(statuses(other))) == (3, {"already": 200, "waiting": 50})
    assert len(one.sent) == 200
    days_later(1)
    last = one.apply(again, "other")
    assert (last.code, Counter(statuses(last))) == (0, {"already": 200, "done": 50})
    assert len(one.sent) == 250
    assert set(one.sandbox.account(3000000001)["likes"]) == set(likes)


def test_what_belongs_to_others_is_not_touched(user: Make) -> None:
    one = user()
    (first, second), (playlist, other) = strangers(one, "tracks", 2), strangers(one, "playlists", 2)
    dry = one.dry(
        {"do": "track", "target": first, "track": {"title": "Ours"}},
        {"do": "delete_track", "target": second},
        {"do": "playlist", "target": playlist, "playlist": {"title": "Ours"}},
        {"do": "delete_playlist", "target": other},
        allow="delete",
    )
    assert (dry.code, statuses(dry)) == (0, ["refused"] * 4)
    assert {row["error"] for row in dry.records("action")} == {"not_own"}
