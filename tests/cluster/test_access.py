"""Connections to Redis: URL, password and TLS. No message shows the password."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError, ResponseError

from sc_spiders.errors import ArgumentError
from sc_spiders.frontier.redis import retry as patience
from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.redis_connection import connect, parse, place, refusal
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ROOT

from .server import RedisServer
from .tls import certificate, tls_before
from .workers import POPULATION, Workers, status

Make = Callable[..., Workers]


def test_the_password_is_needed_and_not_told(tmp_path: Path, workers: Make) -> None:
    (tmp_path / "closed").mkdir()
    server = RedisServer(tmp_path / "closed", "--requirepass", "right-password").start()
    try:
        for password, code in (("wrong-password", 2), ("right-password", 0)):
            crawl = workers(password, SC_REDIS_URL=server.url.replace("//", f"//:{password}@"))
            crawl.start("--loglevel", "DEBUG", depth=1)
            assert crawl.wait() == [code], crawl.logs()
            assert "t-password" not in crawl.logs()
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://127.0.0.1",
        "redis://127.0.0.1:x/0",
        "redis://127.0.0.1/first",
        "redis:///0",
        # Without percent-encoding, the host would begin or end within the password.
        "redis://:hunter2#word@127.0.0.1:6379/0",
        "redis://:hunter2/word@127.0.0.1:6379/0",
        "redis://:hunter2?word@127.0.0.1:6379/0",
        "redis://:[hunter2@127.0.0.1:6379/0",
        "redis://:7777#hunter2@127.0.0.1:6379/0",
        "redis://:7777/hunter2@127.0.0.1:6379/0",
    ],
)
def test_a_bad_address_is_refused_and_not_told(url: str) -> None:
    with pytest.raises(ArgumentError, match="SC_REDIS_URL is not the address of a Redis") as refused:
        connect(url)
    assert place(url) == "the Redis of SC_REDIS_URL"
    for piece in ("hunter2", "7777", "first"):
        assert piece not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis://127.0.0.1?foo=1", "there is no option 'foo'"),
        ("redis://127.0.0.1?ssl_ca_certs=ca.pem", "ssl_ca_certs needs TLS"),
        ("rediss://127.0.0.1?ssl_ca_certs=/none.pem", "ssl_ca_certs=/none.pem cannot be used: No such file"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_line(url: str, message: str, workers: Make) -> None:
    crawl = workers(SC_REDIS_URL=url)
    crawl.start()
    assert crawl.wait() == [2]
    (line,) = crawl.logs().splitlines()
    assert message in line
    assert message in status(crawl.folder, url).err


def test_what_is_percent_encoded_arrives() -> None:
    address = parse("rediss://some%20one:hunter2%23%2F%3F%40word@[::1]:7000/3")
    assert (address.user, address.password) == ("some one", "hunter2#/?@word")
    assert str(address) == "rediss://[::1]:7000/3"
    assert "hunter2" not in repr(address)


def test_a_user_with_the_rights_that_the_docs_give_is_enough(workers: Make, redis: RedisServer) -> None:
    (rule,) = re.findall(r"^    (ACL SETUSER crawler .*)$", (ROOT / "docs" / "cluster.md").read_text(), re.MULTILINE)
    with Redis(port=redis.port) as client:
        client.execute_command(*rule.replace("PASSWORD", "a-long-word").split())
        client.execute_command("ACL", "SETUSER", "default", "off")
    url = redis.url.replace("//", "//crawler:a-long-word@")
    with Sandbox(users=POPULATION, seed=1, faults="403html@/users/*/followers#1-3") as sandbox:
        crawl = workers(sandbox=sandbox, SC_REDIS_URL=url, SC_CRAWL="mine", SC_LEASE=1)
        for code in (1, 0):
            crawl.start(depth=1)
            assert crawl.wait() == [code], crawl.logs()
    assert "mine: finished," in status(crawl.folder, url).out
    assert "mine: " in status(crawl.folder, url, "mine", "--forget").out


def test_redis_by_tls_with_a_ca_of_ones_own(tmp_path: Path, workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    authority, own = certificate(tmp_path)
    with tls_before(redis.port, own) as port:
        trusting = workers("trusting", SC_REDIS_URL=f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={authority}")
        trusting.start(depth=1)
        assert trusting.wait() == [0], trusting.logs()

        wary = workers("wary", SC_REDIS_URL=f"rediss://127.0.0.1:{port}/0")
        wary.start(depth=1)
        assert wary.wait() == [2], wary.logs()
        (line,) = wary.logs().splitlines()
        assert "a certificate that is not trusted; name the file of its CA" in line


PASSING = [
    ConnectionError("Error 111"),
    ResponseError("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
    ResponseError("Error running script (call to f_1): @user_script:5: @user_script: 5: -MISCONF Redis is ..."),
    ResponseError("OOM command not allowed when used memory > 'maxmemory'."),
    ResponseError("READONLY You can't write against a read only replica."),
    ResponseError("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
]


def test_what_may_pass_is_told_from_what_does_not() -> None:
    assert not any(map(refusal, PASSING))
    assert refusal(ResponseError("BUSYGROUP Consumer Group name already exists"))
    assert refusal(AuthenticationError("invalid username-password pair"))


def test_what_lasts_is_told_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(patience, "_EVERY", 0.5)
    errors = PASSING[:2]

    async def ask() -> str:
        if errors:
            raise errors.pop()
        return "here"

    with caplog.at_level(logging.INFO):
        assert asyncio.run(Patience("redis://127.0.0.1", lambda: False)(ask)) == "here"
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO"]
