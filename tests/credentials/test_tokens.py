"""Tokens of the public API: how many are requested, where they are stored, the message if there is none."""

import asyncio
import errno
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sc_spiders.api import responses as faults
from sc_spiders.credentials import has_user_token
from sc_spiders.credentials.oauth import AppToken
from sc_spiders.credentials.tokenfile import State, TokenFile
from tests.support.crawl import Crawl
from tests.support.lockless import NoLocks

from .asker import Ask, errors, statuses
from .fake import FakeSoundCloud

APP = {"SC_CLIENT_ID": "my-app-id", "SC_CLIENT_SECRET": "my-app-secret"}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "FIRST_WAIT", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def public(fake: FakeSoundCloud, file: Path, **more: Any) -> dict[str, Any]:
    return {**fake.settings(), "SC_API": "public", "SC_TOKEN_FILE": str(file), **more}


def log_in(fake: FakeSoundCloud, file: Path, mode: int = 0o600, **entry: Any) -> None:
    """The token file that `scrapy login` writes."""
    kept = {
        "client_id": "my-app-id",
        "access_token": "2-29-login-0001",
        "refresh_token": "refresh-login",
        **entry,
    }
    fake.tokens.add(kept["access_token"])
    fake.refresh_tokens.add(kept["refresh_token"])
    write(file, json.dumps({f"{fake.url}/oauth/token login": kept}), mode)


def write(file: Path, text: str, mode: int = 0o600) -> None:
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(mode)


def test_an_app_asks_for_one_token_and_the_next_crawl_for_none(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            for _ in range(2):
                outcome = await ask(public(fake, file, **APP), [f"/users/{number}" for number in range(20)])
                assert statuses(outcome) == [200] * 20
            assert fake.count("/oauth/token") == 1

    asyncio.run(main())
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_crawls_started_together_ask_once(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            settings = public(fake, file, **APP)
            both = await asyncio.gather(
                ask(settings, ["/users/1"], apart=True), ask(settings, ["/users/2"], apart=True)
            )
            assert [statuses(outcome) for outcome in both] == [[200], [200]]
            assert fake.count("/oauth/token") == 1

    asyncio.run(main())


def test_a_token_that_is_refused_is_replaced_once_for_all(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            answered = 0

            def expire(request: web.Request) -> None:
                nonlocal answered
                answered += 1
                if answered == 10:
                    fake.tokens = {"2-29-other"}

            fake.on_answer = expire
            outcome = await ask(public(fake, file, **APP), [f"/users/{number}" for number in range(60)])
            assert statuses(outcome) == [200] * 60
            assert outcome.stats["credentials/renewals"] == 1
            assert fake.count("/oauth/token") == 2

    asyncio.run(main())


def test_a_token_is_renewed_before_it_expires(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.expires_in = 1
            settings = public(fake, file, CONCURRENT_REQUESTS=1, DOWNLOAD_DELAY=0.3, **APP)
            outcome = await ask(settings, [f"/users/{number}" for number in range(6)])
            assert statuses(outcome) == [200] * 6
            assert "credentials/refused" not in outcome.stats
            assert 2 <= fake.count("/oauth/token") <= 4

    asyncio.run(main())


def test_a_refresh_token_is_used_once_and_its_successor_saved_before_use(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.refresh_tokens = {"refresh-given"}
            saved = []
            fake.on_answer = lambda _: saved.append("refresh-000001" in file.read_text())
            settings = public(fake, file, SC_REFRESH_TOKEN="refresh-given", **APP)
            first = await ask(settings, ["/me"])
            assert saved == [True]
            # The same command later: the first token is spent. Its successor was stored, and is then spent, too.
            fake.tokens.clear()
            fake.tokens.add("2-29-other")
            second = await ask(settings, ["/me"])
            assert (statuses(first), statuses(second)) == ([200], [200])
            used = [body.partition("&refresh_token=")[2] for _, path, _, _, body in fake.seen if "token" in path]
            assert used == ["refresh-given", "refresh-000001"]

    asyncio.run(main())


def test_a_login_is_used_and_refreshed(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            log_in(fake, file, renew_at=time.time() + 1000)
            settings = public(fake, file, **APP)
            assert statuses(await ask(settings, ["/me"])) == [200]
            assert fake.count("/oauth/token") == 0
            fake.tokens.clear()
            assert statuses(await ask(settings, ["/me"])) == [200]
            [form] = [body for _, path, _, _, body in fake.seen if path == "/oauth/token"]
            assert "refresh_token=refresh-login" in form

    asyncio.run(main())


def test_a_crawl_does_not_go_on_with_the_login_of_somebody_else(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            log_in(fake, file, login="a", renew_at=time.time() + 1000)
            fake.tokens.clear()  # it is refused
            another = {"access_token": "2-29-login-0002", "refresh_token": "refresh-b", "login": "b"}
            load = TokenFile.load

            def loaded(tokens: TokenFile) -> State:
                """What the file has. After the first token, somebody else has logged in."""
                state = load(tokens)
                if fake.count("/public/me"):
                    state[f"{fake.url}/oauth/token login"] = another
                return state

            monkeypatch.setattr(TokenFile, "load", loaded)
            found = await ask(public(fake, file, **APP), ["/me"])
            assert found.reason == "credentials"
            assert "somebody has logged in meanwhile, perhaps as another user" in caplog.text
            assert not any("login-0002" in str(one) for one in fake.seen)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("faults", "reason", "says"),
    [
        ([401], "credentials", "check SC_CLIENT_ID and SC_CLIENT_SECRET"),
        ([403], "credentials", "the token endpoint answers 403"),
        ([503] * 20, "wait", "the token endpoint did not answer"),
        ([429] * 20, "wait", "50 tokens in 12 hours"),
    ],
)
def test_no_token_ends_the_crawl(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, faults: list[int], reason: str, says: str
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.token_faults = [web.Response(status=status) for status in faults]
            outcome = await ask(public(fake, file, **APP), ["/users/1", "/users/2"])
            assert outcome.reason == reason
            assert outcome.records("answer") == []

    asyncio.run(main())
    assert [says in record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [True]


def test_a_quota_that_resets_late_says_when_to_come_back(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reset = time.strftime("%Y/%m/%d %H:%M:%S +0000", time.gmtime(time.time() + 7200))
    limit = {"errors": [{"meta": {"rate_limit": {"bucket": "by-ip"}, "reset_time": reset}}]}

    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.token_faults = [web.json_response(limit, status=429)]
            assert (await ask(public(fake, file, **APP), ["/users/1"])).reason == "wait"
            assert fake.count("/oauth/token") == 1

    asyncio.run(main())
    assert "start again with the same command after 20" in caplog.text


def test_the_quota_is_kept_to_without_being_told(ask: Ask, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            asked = {"times": [time.time() - 1000 - number for number in range(30)]}
            write(file, json.dumps({f"{fake.url}/oauth/token asked my-app-id": asked}))
            outcome = await ask(public(fake, file, SC_MAX_WAIT=60, **APP), ["/users/1"])
            assert outcome.reason == "wait"
            assert fake.count("/oauth/token") == 0

    asyncio.run(main())
    assert "quota" in caplog.text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "run `sc-spiders login`"),
        ({"SC_CLIENT_ID": "my-app-id"}, "SC_CLIENT_SECRET"),
        ({"SC_OAUTH_TOKEN": "2-29-stale"}, "give a fresh SC_OAUTH_TOKEN"),
        ({"SC_REFRESH_TOKEN": "refresh-used", **APP}, "run `sc-spiders login` again"),
        ({"SC_REFRESH_TOKEN": "refresh-used"}, "takes the app's SC_CLIENT_ID and SC_CLIENT_SECRET"),
    ],
)
def test_what_to_do_is_said(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, given: dict[str, str], says: str
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            outcome = await ask(public(fake, file, **given), ["/users/1", "/users/2"])
            assert outcome.reason == "credentials"
            assert outcome.records("answer") == []

    asyncio.run(main())
    assert [says in record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [True]


def test_a_file_that_others_can_read_is_refused(ask: Ask, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            log_in(fake, file, mode=0o644)
            outcome = await ask(public(fake, file, **APP), ["/me"])
            assert outcome.reason == "credentials"
            assert fake.seen == []

    asyncio.run(main())
    assert f"others can read the token file {file} (mode 0644)" in caplog.text
    assert "chmod 600" in caplog.text


def test_a_file_of_another_user_is_refused(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root can read another user's private file."""
    owner = os.geteuid()

    async def main() -> None:
        async with FakeSoundCloud() as fake:
            log_in(fake, file)
            monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
            outcome = await ask(public(fake, file, **APP), ["/me"])
            assert outcome.reason == "credentials"
            assert fake.seen == []

    asyncio.run(main())
    assert f"the token file {file} belongs to another user" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", "no json", '{"a": 1}'])
def test_a_file_that_is_something_else_is_refused(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            write(file, text)
            assert (await ask(public(fake, file, **APP), ["/me"])).reason == "credentials"

    asyncio.run(main())
    assert "is not a token file" in caplog.text


@pytest.mark.parametrize(
    "entry",
    [
        '{"access_token": "abcdefgh", "renew_at": null}',
        '{"access_token": "abcdefgh", "renew_at": "x"}',
        '{"access_token": {"a": 1}}',
        '{"times": "x"}',
        '{"times": ["x"]}',
        "[" * 100_000,
    ],
)
def test_a_file_with_something_else_in_it_is_refused(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, entry: str
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            key = "asked" if "times" in entry else "app"
            write(file, f'{{"{fake.url}/oauth/token {key} my-app-id": {entry}}}')
            outcome = await ask(public(fake, file, **APP), ["/me"])
            assert outcome.reason == "credentials"
            assert fake.seen == []

    asyncio.run(main())
    assert f"{file} is not a token file: remove it, or set SC_TOKEN_FILE" in caplog.text


def test_a_pipe_is_no_token_file(ask: Ask, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            file.parent.mkdir()
            os.mkfifo(file, 0o600)
            assert (await ask(public(fake, file, **APP), ["/me"])).reason == "credentials"

    asyncio.run(main())
    assert "is not a token file" in caplog.text


def test_a_folder_that_others_can_write_to_is_refused(ask: Ask, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            file.parent.mkdir()
            file.parent.chmod(0o777)
            assert (await ask(public(fake, file, **APP), ["/me"])).reason == "credentials"
            assert fake.seen == []
            file.parent.chmod(0o1777)
            assert statuses(await ask(public(fake, file, **APP), ["/me"])) == [200]

    asyncio.run(main())
    assert f"run: chmod o-w {file.parent}" in caplog.text


def test_a_link_is_followed(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            write(file, "{}")
            link = file.parent.parent / "link.json"
            link.symlink_to(file)
            assert statuses(await ask(public(fake, link, **APP), ["/me"])) == [200]
            assert link.is_symlink()

    asyncio.run(main())
    assert "access_token" in file.read_text()


@pytest.mark.parametrize("token", [{"a": 1}, "a\r\nX-Evil: 1", ""])
def test_an_answer_with_something_else_for_a_token(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, token: Any
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.token_faults.append(web.json_response({"access_token": token, "expires_in": 3600}))
            assert (await ask(public(fake, file, **APP), ["/me"])).reason == "credentials"

    asyncio.run(main())
    assert "the token endpoint's answer holds no token" in caplog.text


def test_what_nobody_thought_of_is_no_listings_fault(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            monkeypatch.setattr(AppToken, "obtain", lambda self, refused: 1 / 0)
            outcome = await ask(public(fake, file, **APP), ["/me"])
            assert outcome.reason == "credentials"
            assert "CredentialsEnded" in errors(outcome)[0]

    asyncio.run(main())
    assert "no credential is available (ZeroDivisionError" in caplog.text


def test_whether_there_is_a_users_token(file: Path) -> None:
    async def main() -> None:
        from scrapy.settings import Settings

        async with FakeSoundCloud() as fake:
            assert not has_user_token(Settings({**fake.settings(), "SC_API": "v2", "SC_CLIENT_ID": "x"}))
            assert has_user_token(Settings({"SC_API": "v2", "SC_OAUTH_TOKEN": "OAuth 2-29"}))
            assert not has_user_token(Settings(public(fake, file, **APP)))
            assert has_user_token(Settings(public(fake, file, SC_REFRESH_TOKEN="r", **APP)))
            log_in(fake, file)
            assert has_user_token(Settings(public(fake, file, **APP)))
            assert not has_user_token(Settings(public(fake, file, SC_CLIENT_ID="another-app")))

    asyncio.run(main())


def test_a_crawl_that_waits_for_another_one_can_be_stopped(ask: Ask, file: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            settings = public(fake, file, CLOSESPIDER_TIMEOUT=1, **APP)
            outcome = await asyncio.wait_for(ask(settings, ["/users/1"], apart=True), 20)
            assert outcome.reason == "closespider_timeout"
            assert "the crawl is closing" in errors(outcome)[0]
            assert "log_count/ERROR" not in outcome.stats

    file.parent.mkdir()
    with Path(f"{file}.lock").open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        asyncio.run(main())


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_a_file_system_without_locks_is_told_and_used(
    ask: Ask, file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:

            def expire(request: web.Request) -> None:
                if request.path.endswith("/2") and fake.count("/oauth/token") == 1:
                    fake.tokens.clear()

            fake.on_answer = expire
            outcome = await ask(public(fake, file, CONCURRENT_REQUESTS=1, **APP), ["/users/1", "/users/2"])
            assert statuses(outcome) == [200, 200]
            assert fake.count("/oauth/token") == 2  # the file was locked twice
            return outcome

    monkeypatch.setattr(fcntl, "flock", NoLocks(number).fail)
    log = asyncio.run(main()).log

    assert log.count("has no locks") == 1
    assert f"The file system of {file.parent} has no locks: two crawls may renew the same token at once" in log


def test_a_lock_that_fails_otherwise_is_said(
    ask: Ask, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            outcome = await ask(public(fake, file, **APP), ["/users/1"])
            assert outcome.reason == "credentials"

    monkeypatch.setattr(fcntl, "flock", NoLocks(errno.EIO).fail)
    asyncio.run(main())

    assert "the token file's folder cannot be used: [Errno 5] Input/output error" in caplog.text
