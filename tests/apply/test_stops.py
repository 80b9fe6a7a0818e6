"""A run may be stopped, and a token may run out: the same command goes on, and nothing is done twice."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls
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
    granted = one.sandbox.tokens._grant(183)
    one.settings |= {
        "SC_CLIENT_ID": one.sandbox.app_id,
        "SC_CLIENT_SECRET": one.sandbox.app_secret,
        "SC_OAUTH_TOKEN": granted["access_token"],
        "SC_REFRESH_TOKEN": granted["refresh_token"],
    }
    done = one.both({"do": "unlike", "target": one.sandbox.account()["likes"][0]})
    assert (done.code, statuses(done)) == (0, ["done"]), done.log
    assert [row["status"] for row in one.sent] == ["401", "200"]
    assert one.sandbox.tokens.issued == 2
