"""Files that are sent: artwork, and audio that the API cannot process."""

from __future__ import annotations

from hashlib import sha256
from types import SimpleNamespace

import pytest

from sc_spiders.api.writes import Form
from sc_spiders.downloader import writing
from sc_spiders.downloader.writing import Transfer

from .applying import Applier, Make, statuses
from .test_faults import NEW, show, titled

PICTURE = b"\xff\xd8\xff" + bytes(500)


def picture(one: Applier) -> str:
    """The digest of a picture in the folder of the plan."""
    (one.folder / "cover.jpg").write_bytes(PICTURE)
    return sha256(PICTURE).hexdigest()


def test_a_track_gets_artwork_alone_or_with_fields_and_gets_it_again(user: Make) -> None:
    one = user()
    digest = picture(one)
    first, second = (row["urn"] for row in one.sandbox.account()["tracks"][:2])
    alone = {"do": "track", "target": first, "artwork": "cover.jpg"}
    both = {"do": "track", "target": second, "artwork": "cover.jpg", "track": {"title": "Nëw ½", "downloadable": True}}
    done = one.both(alone, both)
    assert (done.code, statuses(done)) == (0, ["done", "done"]), done.log
    rows = {row["urn"]: row for row in one.sandbox.account()["tracks"]}
    assert (rows[first]["artwork"], rows[second]["artwork"], rows[second]["title"]) == (digest, digest, "Nëw ½")
    assert [row["method"] for row in one.sent] == ["PUT", "PUT"]
    assert {row["irreversible"] for row in done.records("action")} == {
        "the API does not give the artwork that was there before"
    }
    again = one.apply(one.dry(alone), "again")
    assert (again.code, statuses(again)) == (0, ["done"]), again.log


def test_an_upload_and_a_new_playlist_get_artwork(user: Make) -> None:
    one = user()
    digest = picture(one)
    done = one.both({**show(one.folder), "artwork": "cover.jpg"}, {**NEW, "artwork": "cover.jpg"})
    assert (done.code, statuses(done)) == (0, ["done", "done"]), done.log
    account = one.sandbox.account()
    (track,), (playlist,) = titled(account["tracks"], "Show"), titled(account["playlists"], "Best")
    assert (track["artwork"], playlist["artwork"]) == (digest, digest)
    assert (track["bytes"], done.records("action")[1]["bytes"]) == (40_003, None)


def test_a_playlist_that_is_there_takes_no_artwork(user: Make) -> None:
    one = user()
    picture(one)
    mine = one.sandbox.account()["playlists"][0]["urn"]
    line = {"do": "playlist", "target": mine, "artwork": "cover.jpg", "playlist": {"title": "New"}}
    dry = one.dry(line)
    assert statuses(dry) == ["refused"]
    assert "takes artwork with a new playlist only" in dry.log


@pytest.mark.parametrize("fault", ["502", "502after", "reset-after"])
def test_artwork_in_doubt_is_looked_at(user: Make, fault: str) -> None:
    one = user(faults=f"{fault}@/public/tracks/*#2")  # the first is the read before the write
    picture(one)
    mine = one.sandbox.account()["tracks"][0]["urn"]
    done = one.both({"do": "track", "target": mine, "artwork": "cover.jpg"})
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    assert len(one.sent) == (2 if fault == "502" else 1)


def test_a_file_that_cannot_be_processed_is_sent_again_by_two_later_runs(user: Make) -> None:
    one = user(faults="422asset@/public/tracks#1+")
    dry = one.dry(show(one.folder))
    for sent in (1, 2, 3, 3):
        found = one.apply(dry)
        (action,) = found.records("action")
        assert (found.code, action["status"], action["error"], len(one.sent)) == (1, "refused", "asset_data", sent)
        assert "unable to process provided asset_data" in str(action["message"])
    assert titled(one.sandbox.account()["tracks"], "Show") == []


def test_a_file_that_can_be_processed_later_is_uploaded(user: Make) -> None:
    one = user(faults="422asset@/public/tracks#1")
    dry = one.dry(show(one.folder))
    assert "the same command sends it again" in one.apply(dry).log
    found = one.apply(dry)
    assert (found.code, statuses(found)) == (0, ["done"]), found.log
    assert len(titled(one.sandbox.account()["tracks"], "Show")) == 1
    asked = len(one.sandbox.requests)
    assert (one.apply(dry).code, len(one.sandbox.requests)) == (0, asked)  # the job has ended


def test_an_answer_may_have_any_bytes_in_its_headers() -> None:
    """What was done would be in doubt if its answer could not be read."""
    read = "\u20ac\udcff"  # as aiohttp gives them
    assert writing._grouped([("X-Message", read)]) == {b"X-Message": [b"\xe2\x82\xac\xff"]}


def test_the_time_that_an_upload_takes_is_told_by_its_present_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """At first the buffers of the system take 4 MB at once. Then the line takes 1 MB a second, and later half of it."""
    now = 100.0
    monkeypatch.setattr(writing, "time", SimpleNamespace(monotonic=lambda: now))
    transfer = Transfer(Form({}, {"track[asset_data]": "show.wav"}), "show.wav")
    transfer.size = 300_000_000
    transfer.move(4_000_000)
    assert transfer.told == ("show.wav", "4.0 of 300.0 MB")
    for rate, seconds, left in ((1_000_000, 6, "0:04:50"), (500_000, 40, "0:09:00")):
        for _ in range(seconds):
            now += 1
            transfer.move(rate)
        assert transfer.told[1].endswith(f"MB, about {left} left"), transfer.told
