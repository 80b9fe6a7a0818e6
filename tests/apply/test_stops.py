"""A run may be stopped, and a token may run out: the same command goes on, and nothing is done twice."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls
from tests.support.patience import PATIENCE

from .applying import Make, statuses


def test_the_same_command_goes_on_after_ctrl_c_and_after_a_kill(tmp_path: Path) -> None:
    with Sandbox(users=60, ceilings="") as sandbox:
        crawls = Crawls(tmp_path)
        ids = sandbox.world.track_ids
        lines = [f'{{"do":"like","target":"soundcloud:tracks:{ids.id(number)}"}}' for number in range(8)]
        (tmp_path / "plan.jsonl").write_text("\n".join(lines))
        settings = {"SC_OAUTH_TOKEN": sandbox.newcomer_token, "SC_SETTLE": "0", "SC_WRITE_DELAY": "0.2"}
        dry = crawls.run("apply", sandbox=sandbox, settings=settings, plan="plan.jsonl")
        assert dry.code == 0, dry.log
        (digest,) = re.findall(r"-a apply=([0-9a-f]{8})", dry.log)
        given = {"plan": "plan.jsonl", "apply": digest, "sandbox": sandbox, "settings": settings}

        def sent() -> int:
            return sum(row["method"] == "POST" for row in sandbox.requests)

        for number, code in ((signal.SIGINT, 3), (signal.SIGKILL, -9)):
            begun = sent()
            process = crawls.start("apply", "-s", "JOBDIR=job", **given)
            until = time.monotonic() + PATIENCE
            while sent() < begun + 2 and time.monotonic() < until:
                time.sleep(0.02)
            process.send(number)
            assert process.wait() == code, process.printed
        last = crawls.run("apply", "-s", "JOBDIR=job", **given)
        assert (last.code, set(statuses(last))) == (0, {"done"}), last.log
        assert len(sandbox.account(3000000001)["likes"]) == 8
        assert sent() <= 9  # the one that was under way when the process was killed may be sent again


def test_a_token_that_has_run_out_is_renewed_once_and_the_write_is_sent_again(user: Make) -> None:
    one = user(faults="401@/public/likes/*#1")
    one.take_renewable_token()
    done = one.both({"do": "unlike", "target": one.sandbox.account()["likes"][0]})
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    assert [row["status"] for row in one.sent] == ["401", "200"]
    assert one.sandbox.tokens.issued == 2


def test_ctrl_c_finishes_an_upload_and_says_so_and_a_second_one_leaves_it_in_doubt(tmp_path: Path) -> None:
    with Sandbox(users=60, ceilings="", upload_rate=4_000_000) as sandbox:
        crawls = Crawls(tmp_path)
        (tmp_path / "show.mp3").write_bytes(b"ID3" + bytes(16_000_000))
        line = '{"do":"upload","key":"show","file":"show.mp3","track":{"title":"Show"}}'
        (tmp_path / "plan.jsonl").write_text(line)
        settings = {"SC_OAUTH_TOKEN": sandbox.newcomer_token, "SC_SETTLE": "0", "SC_WRITE_DELAY": "0"}
        given: dict[str, Any] = {"plan": "plan.jsonl", "sandbox": sandbox, "settings": settings}
        dry = crawls.run("apply", **given)
        (digest,) = re.findall(r"-a apply=([0-9a-f]{8})", dry.log)
        given["apply"] = digest

        def stopped(times: int, doubts: int) -> Crawl:
            process = crawls.start("apply", "-s", "JOBDIR=job", **given)
            wait_until(lambda: stages(tmp_path) == [("making", doubts)])
            time.sleep(0.5)  # let some of it be sent
            process.send(signal.SIGINT)
            wait_until(lambda: "is finished first" in process.err)
            for _ in range(times - 1):
                process.send(signal.SIGINT)
            return crawls.ended(process, "apply")

        at_once = stopped(2, doubts=0)
        assert (at_once.code, sandbox.account(3000000001)["tracks"]) == (3, [])
        assert "Ctrl-C again stops at once and leaves it in doubt" in at_once.log
        finished = stopped(1, doubts=1)
        (action,) = finished.records("action")
        assert (finished.code, action["status"], action["sha256"] is not None) == (3, "in_doubt", True), finished.log
        assert re.search(r"The upload of show\.mp3 is finished first \([0-9.]+ of 16\.0 MB", finished.log)
        found = crawls.run("apply", "-s", "JOBDIR=job", warned=True, **given)
        assert (found.code, found.records("action")[0]["error"]) == (1, "asked_twice"), found.log
        last = crawls.run("apply", "-s", "JOBDIR=job", **given)
        assert (last.code, statuses(last)) == (0, ["done"]), last.log
        assert [one["title"] for one in sandbox.account(3000000001)["tracks"]] == ["Show"]


def stages(folder: Path) -> list[tuple[str, int]]:
    """The stage of each action of the job, and how often it was in doubt and was sent again."""
    journal = folder / "job" / "actions.sqlite"
    if not journal.exists():
        return []
    with closing(sqlite3.connect(journal)) as db, suppress(sqlite3.Error):
        return list(db.execute("SELECT stage, data ->> 'doubts' FROM actions"))
    return []


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)
    assert is_so()
