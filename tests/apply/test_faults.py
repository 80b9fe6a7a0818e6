"""Whatever a write meets, nothing is done twice, and nothing is called done that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl

from .applying import Applier, Make, Row, statuses

BEFORE = ("502", "reset", "redirect-foreign", "html200")
LIES = ("html200after", "empty-after", "other-after")
"""Answers of 2xx that do not tell what was done."""
AFTER = (*LIES, "500after", "502after", "503after", "504after", "reset-after", "cut-after")
"""Faults that strike before the server has done the work, and after."""
NEW = {"do": "playlist", "key": "best", "playlist": {"title": "Best", "sharing": "public"}}


def show(folder: Path, size: int = 40_000, **fields: str) -> Row:
    (folder / "show.mp3").write_bytes(b"ID3" + bytes(size))
    return {"do": "upload", "key": "show", "file": "show.mp3", "track": {"title": "Show", **fields}}


def settled(one: Applier, line: Row, *, twice: bool) -> Crawl:
    """Carry the line out. If it was asked for twice, the run says so, and a later one looks for a second one."""
    dry = one.dry(line)
    if twice:
        first = one.apply(dry)
        (action,) = first.records("action")
        assert (first.code, action["status"], action["error"]) == (1, "in_doubt", "asked_twice"), first.log
        assert action["marker"] in first.log
    done = one.apply(dry)
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    return done


def titled(rows: list[Row], title: str) -> list[Row]:
    return [row for row in rows if row["title"] == title]


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
@pytest.mark.parametrize("path", ["/public/playlists", "/public/playlists/soundcloud*"])
def test_a_playlist_is_made_once(user: Make, fault: str, path: str) -> None:
    one = user(faults=f"{fault}@{path}#1", settings={"SC_SETTLE": "0.1"})
    settled(one, NEW, twice=fault in BEFORE and path == "/public/playlists")
    (made,) = titled(one.sandbox.account()["playlists"], "Best")
    assert (made["sharing"], made["description"]) == ("public", "")


@pytest.mark.parametrize("fault", ["404", "403json", "html200", "shape", "redirect-foreign", "empty"])
def test_a_list_that_cannot_be_read_is_no_empty_list(user: Make, fault: str) -> None:
    """What may have been made is looked for in the list. By an empty list it would be made again."""
    one = user(faults=f"502after@/public/playlists#1,{fault}@/public/me/playlists#3", settings={"SC_SETTLE": "0.1"})
    dry = one.dry(NEW)
    done = one.apply(dry)
    if done.code == 3:
        done = one.apply(dry)
    assert done.code == 0, done.log
    assert len(titled(one.sandbox.account()["playlists"], "Best")) == 1
    assert [row["method"] for row in one.sent] == ["POST", "PUT"]
    assert fault in {row["status"] for row in one.sandbox.requests}


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
def test_a_file_is_uploaded_once(user: Make, tmp_path: Path, fault: str) -> None:
    one = user(faults=f"{fault}@/public/tracks#1", settings={"SC_SETTLE": "0.1"})
    done = settled(one, show(tmp_path, sharing="public"), twice=fault in BEFORE)
    (made,) = titled(one.sandbox.account()["tracks"], "Show")
    (action,) = done.records("action")
    assert (made["sharing"], made["bytes"]) == ("public", 40_003)
    assert action["target"] == made["urn"]


def test_a_like_is_done_whatever_its_first_answer_was(user: Make) -> None:
    """Each of a plan's likes meets another fault."""
    faults = (*BEFORE, "429seconds", *AFTER)
    with Sandbox(users=60) as sandbox:
        targets = [f"soundcloud:tracks:{sandbox.world.track_ids.id(at)}" for at in range(1, 1 + len(faults))]
    given = zip(faults, targets, strict=True)
    one = user(new=True, faults=",".join(f"{fault}@/public/likes/tracks/{target}#1" for fault, target in given))
    done = one.both(*({"do": "like", "target": target} for target in targets))
    assert (done.code, statuses(done)) == (0, ["done"] * len(faults)), done.log
    assert sorted(one.sandbox.account(3000000001)["likes"]) == sorted(targets)
    assert {row["status"] for row in one.sandbox.requests} >= set(faults)


def test_what_is_answered_and_not_kept_is_accepted(user: Make) -> None:
    one = user(new=True, unkept=1)
    target = f"soundcloud:tracks:{one.sandbox.world.track_ids.id(1)}"
    done = one.both({"do": "like", "target": target})
    assert (done.code, statuses(done)) == (1, ["accepted"])


def test_a_field_that_is_not_written_is_accepted_and_named(user: Make) -> None:
    one = user(ignored="genre")
    mine = one.sandbox.account()["tracks"][0]["urn"]
    done = one.both({"do": "track", "target": mine, "track": {"genre": "Dub", "title": "New title"}})
    (action,) = done.records("action")
    assert (done.code, action["status"]) == (1, "accepted")
    assert "genre is" in action["message"]
    assert "title is" not in action["message"]


def test_an_unverified_account_gets_one_body_and_a_reason(user: Make, tmp_path: Path) -> None:
    one = user(unverified=True)
    one.take_renewable_token()
    done = one.both(show(tmp_path))
    assert one.sandbox.tokens.issued == 1  # the token is good, so it is not renewed
    (action,) = done.records("action")
    assert (done.code, action["status"], action["http_status"]) == (1, "refused", 401)
    assert "e-mail confirmed" in action["message"]
    (sent,) = one.sent
    assert sent["path"].endswith("/tracks")


def test_a_401_in_the_middle_of_a_body_ends_it(user: Make, tmp_path: Path) -> None:
    """The answer comes while most of the file is still to be sent."""
    one = user(unverified=True)
    done = one.both(show(tmp_path, 40_000_000))
    (action,) = done.records("action")
    assert (done.code, action["status"], action["http_status"]) == (1, "refused", 401), done.log
    (sent,) = one.sent
    assert sent["bytes"] < 40_000_000


def test_three_refusals_of_a_good_token_end_the_run(user: Make) -> None:
    one = user(unverified=True)
    mine = [row["urn"] for row in one.sandbox.account()["tracks"][:5]]
    done = one.both(*({"do": "track", "target": urn, "track": {"title": "New"}} for urn in mine))
    assert (done.code, len(one.sent)) == (4, 3)
    assert statuses(done) == ["refused", "refused", "refused", "waiting", "waiting"]


def test_what_was_refused_for_want_of_a_credential_is_sent_again_by_the_same_command(user: Make) -> None:
    one = user(faults="401@/public/likes/*#1-3")
    dry = one.dry(*({"do": "unlike", "target": urn} for urn in one.sandbox.account()["likes"][:4]))
    first = one.apply(dry)
    assert (first.code, statuses(first)) == (4, ["refused", "refused", "refused", "waiting"]), first.log
    last = one.apply(dry)
    assert (last.code, statuses(last)) == (0, ["done"] * 4), last.log
    assert len(one.sent) == 3 + 4


def test_a_warning_of_spam_ends_the_run(user: Make) -> None:
    one = user(new=True, ceilings="like=1")
    ids = one.sandbox.world.track_ids
    done = one.both(*({"do": "like", "target": f"soundcloud:tracks:{ids.id(at)}"} for at in (1, 2)))
    assert (done.code, len(one.sent)) == (3, 2)
    assert "confirm it" in done.log
    assert "like        1 sent, and not read back yet, 1 waiting" in done.log
    assert done.records("action")[0]["message"] == "it was sent; the next run reads it back"
    given = {"plan": one.folder / "run-0" / "out.jsonl", "apply": _given(done.log)}
    again = one.run("job", **given)
    assert again.code == 3
    one.sandbox.next_day()
    last = one.run("job", **given)
    assert (last.code, set(statuses(last))) == (0, {"done"})


def _given(log: str) -> str:
    return log.rpartition("apply=")[2][:8]


def test_bot_protection_ends_the_run(user: Make) -> None:
    one = user(new=True, faults="403datadome@/public/likes/*#1+")
    target = f"soundcloud:tracks:{one.sandbox.world.track_ids.id(1)}"
    done = one.both({"do": "like", "target": target})
    assert (done.code, len(one.sent)) == (3, 1)
    assert "bot protection" in done.log


def test_an_upload_may_take_longer_than_any_answer(user: Make, tmp_path: Path) -> None:
    one = user(upload_rate=400_000, settings={"DOWNLOAD_TIMEOUT": 1})
    done = one.both(show(tmp_path, 1_000_000))
    assert (done.code, statuses(done)) == (0, ["done"]), done.log


def test_an_upload_that_stands_still_ends_in_doubt(user: Make, tmp_path: Path) -> None:
    one = user(upload_stall=60, settings={"DOWNLOAD_TIMEOUT": 1, "SC_ATTEMPTS": 1})
    done = one.both(show(tmp_path, 60_000_000))  # more than Linux holds for a reader who stands still
    (action,) = done.records("action")
    assert (done.code, action["status"], action["error"]) == (1, "in_doubt", "timeout")
