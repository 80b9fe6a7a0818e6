"""What a crawl of private things leaves behind, at DEBUG, killed once, with faults on the way: no credential."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.clients import ClientIds

from ..crawling import Crawls

FAULTS = "401#6,500=0.05,cut=0.05,reset=0.05,number=0.2,string=0.1,redirect=0.05,timeout=0.02,hang=3,seed=3"


def test_nothing_that_could_log_in_is_left(crawls: Crawls) -> None:
    with Sandbox(users=150, seed=5, faults=FAULTS) as sandbox:
        shares = sandbox.world.secrets
        settings = {
            "SC_OAUTH_TOKEN": f"OAuth {sandbox.oauth_token}",
            "SC_SECRET_TOKENS": ",".join(f"{urn}={token}" for urn, token in shares.items()),
        }
        options = (
            *("--loglevel", "DEBUG", "--logfile", "crawl.log", "-s", "JOBDIR=job", "-s", "SC_RAW=1"),
            *("-s", "FAULTS_FIRST_WAIT=0.05", "-s", "DOWNLOAD_TIMEOUT=1", "-s", "REFERER_ENABLED=1"),
        )
        include = "profile,tracks,playlists,likes,stream,history"
        command = crawls.command("me", *options, include=include)
        environment = crawls.environment(sandbox, **settings)
        crawl = subprocess.Popen(command, cwd=crawls.folder, env=environment, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while sandbox.stats.requests.total() < 8 and time.monotonic() < until:
            time.sleep(0.02)
        shown = Path(f"/proc/{crawl.pid}/cmdline").read_bytes()
        crawl.kill()
        crawl.wait()
        done = crawls.run("me", *options, sandbox=sandbox, settings=settings, include=include)
        private = crawls.run("track", *options, "-s", "JOBDIR=other", sandbox=sandbox, settings=settings, track=9001)
        clients, ids = ClientIds(5), []
        for _ in range(sandbox._clients.issued):
            ids.append(clients.current)
            clients.expire()
        assert sandbox.client_id in ids

    assert done.records("track")
    assert [track["id"] for track in private.records("track")] == [9001]
    secrets = [sandbox.oauth_token, *ids, *shares.values()]
    left = [path for path in crawls.folder.rglob("*") if path.is_file()]
    assert {"crawl.log", "frontier.sqlite", "track.jsonl"} <= {path.name for path in left}
    assert len(ids) > 1
    for name, data in [(str(path), path.read_bytes()) for path in left] + [
        ("process list", shown),
        ("", done.log.encode()),
    ]:
        for secret in secrets:
            assert secret.encode() not in data, name
        # As the sandbox makes them: signed tokens of tracks, share tokens, client ids that were given before.
        for pattern in (
            rb"eyJ[\w-]{10,}\.",
            rb"[?&=]s-\w{6,}",
            rb"client_id=[A-Za-z0-9]{20,}",
            rb'"date_of_birth"\s*:\s*[{"]',
        ):
            assert not re.search(pattern, data), (name, re.search(pattern, data))
