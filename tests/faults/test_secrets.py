"""A crawl of private data, with DEBUG log, faults and a kill, leaves no credential behind."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.clients import ClientIds
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE

FAULTS = "500=0.05,cut=0.05,reset=0.05,number=0.2,string=0.1,redirect=0.05,timeout=0.02,hang=3,seed=3"
OPTIONS = (
    *("--loglevel", "DEBUG", "--logfile", "crawl.log", "-s", "JOBDIR=job", "-s", "SC_RAW=1"),
    *("-s", "FAULTS_FIRST_WAIT=0.05", "-s", "DOWNLOAD_TIMEOUT=1", "-s", "REFERER_ENABLED=1"),
)
# The sandbox's tokens of tracks, share tokens and client ids.
PATTERNS = (
    rb"eyJ[\w-]{10,}\.",
    rb"[?&=]s-\w{6,}",
    rb"client_id=[A-Za-z0-9]{20,}",
    rb'"date_of_birth"\s*:\s*[{"]',
)


def crawl_and_kill(crawls: Crawls, sandbox: Sandbox, settings: dict[str, str], include: str) -> bytes:
    """Begin a crawl and kill it. Returns what the process list shows of it."""
    crawl = crawls.start("me", *OPTIONS, sandbox=sandbox, settings=settings, include=include)
    until = time.monotonic() + PATIENCE
    while sandbox.stats.requests.total() < 8 and time.monotonic() < until:
        time.sleep(0.02)
    shown = Path(f"/proc/{crawl.pid}/cmdline").read_bytes() + " ".join(crawl.words).encode()
    crawl.kill()
    return shown


def search(crawls: Crawls, secrets: Iterable[str], **others: bytes) -> None:
    """Search these folders for the secrets, and for anything that looks like one."""
    left = {str(path): path.read_bytes() for path in crawls.folder.rglob("*") if path.is_file()}
    assert {"crawl.log", "frontier.sqlite"} <= {Path(name).name for name in left}
    for name, data in {**left, **others}.items():
        for secret in secrets:
            assert secret.encode() not in data, name
        for pattern in PATTERNS:
            assert not re.search(pattern, data), (name, re.search(pattern, data))


def test_nothing_that_could_log_in_is_left_of_v2(crawls: Crawls) -> None:
    with Sandbox(users=150, seed=5, faults=f"401#6,{FAULTS}") as sandbox:
        shares = sandbox.world.secrets
        settings = {
            "SC_OAUTH_TOKEN": f"OAuth {sandbox.oauth_token}",
            "SC_SECRET_TOKENS": ",".join(f"{urn}={token}" for urn, token in shares.items()),
        }
        include = "profile,tracks,playlists,likes,stream,history"
        shown = crawl_and_kill(crawls, sandbox, settings, include)
        done = crawls.run("me", *OPTIONS, sandbox=sandbox, settings=settings, include=include)
        private = crawls.run("track", *OPTIONS, "-s", "JOBDIR=other", sandbox=sandbox, settings=settings, track=9001)
        clients, ids = ClientIds(5), []
        for _ in range(sandbox._clients.issued):
            ids.append(clients.current)
            clients.expire()
        assert sandbox.client_id in ids

    assert done.records("track")
    assert [track["id"] for track in private.records("track")] == [9001]
    assert len(ids) > 1
    search(crawls, [sandbox.oauth_token, *ids, *shares.values()], process_list=shown, log=done.log.encode())


def test_nothing_that_could_log_in_is_left_of_the_public_api(crawls: Crawls) -> None:
    with Sandbox(users=150, seed=5, faults=FAULTS, token_life=1.5) as sandbox:
        first = str(sandbox.tokens._grant(183)["refresh_token"])
        kept = crawls.folder.parent / f"{crawls.folder.name}-tokens.json"  # the only place where they may be
        settings = {
            "SC_API": "public",
            "SC_CLIENT_ID": sandbox.app_id,
            "SC_CLIENT_SECRET": sandbox.app_secret,
            "SC_REFRESH_TOKEN": first,
            "SC_TOKEN_FILE": str(kept),
        }
        include = "profile,tracks,playlists,likes,followings,followers,feed,activities"
        shown = crawl_and_kill(crawls, sandbox, settings, include)
        done = crawls.run("me", *OPTIONS, sandbox=sandbox, settings=settings, include=include)
        given = sandbox.tokens.given

    assert done.records("track")
    assert len(given) > 4  # access and refresh tokens, and renewed ones
    assert given[-1] in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    search(crawls, [sandbox.app_secret, sandbox.app_id, *given], process_list=shown, log=done.log.encode())
