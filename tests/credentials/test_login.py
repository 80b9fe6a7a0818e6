"""`scrapy login` and `scrapy logout` as a user runs them."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from scrapy.settings import Settings

from sc_spiders.credentials.login import Callback, log_in
from sc_spiders.credentials.tokenfile import TokenFile
from tests.support.crawl import Crawls

from .asker import Ask, statuses
from .fake import FakeSoundCloud

APP = {"SC_CLIENT_ID": "my-app-id", "SC_CLIENT_SECRET": "my-app-secret"}
VISIT = """
import pathlib, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1])
except urllib.error.HTTPError as error:
    answer = error
pathlib.Path(__file__).with_suffix(".txt").write_text(f"{answer.status} {answer.read().decode()}")
"""


class Typed:
    """Runs a command with the settings in its environment, as the docs say."""

    def __init__(self, folder: Path) -> None:
        browser = folder / "browser.py"
        browser.write_text(VISIT)
        self.shown = folder / "browser.txt"
        self.file = folder / "state" / "tokens.json"
        self._crawls = Crawls(folder)
        self.settings = {
            "BROWSER": f"{sys.executable} {browser} %s",
            "SC_TOKEN_FILE": str(self.file),
            **APP,
        }

    async def __call__(self, fake: FakeSoundCloud, *command: str, **settings: str) -> tuple[int, str, str]:
        given = {**self.settings, **fake.settings(), **settings}
        process = await asyncio.to_thread(self._crawls.command, *command, **given)
        assert process.code is not None
        assert "Traceback" not in process.err
        return process.code, process.out, process.err


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    return Typed(tmp_path)


def test_login_crawl_logout(ask: Ask, typed: Typed) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            code, out, error = await typed(fake, "login")
            assert (code, error) == (0, "")
            assert f"{fake.url}/authorize?" in out
            assert str(typed.file) in out
            assert typed.shown.read_text().startswith("200 You are logged in.")
            settings = {**fake.settings(), "SC_API": "public", "SC_TOKEN_FILE": str(typed.file)}
            assert statuses(await ask(settings, ["/me"])) == [200]
            assert fake.count("/oauth/token") == 1

            (token,) = fake.tokens
            assert await typed(fake, "logout") == (0, "Logged out; the tokens are forgotten\n", "")
            assert fake.tokens == set()
            assert [body for method, path, _, _, body in fake.seen if (method, path) == ("POST", "/sign-out")] == [
                json.dumps({"access_token": token})
            ]
            assert (await ask(settings, ["/me"])).reason == "credentials"
            assert await typed(fake, "logout") == (0, "Nothing to forget: nobody is logged in\n", "")

    asyncio.run(main())
    assert typed.file.stat().st_mode & 0o777 == 0o600
    assert typed.file.parent.stat().st_mode & 0o777 == 0o700
    assert "2-29-access" not in typed.file.read_text()


def test_the_redirect_uri_of_the_app_is_used(typed: Typed, unused_port: int) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            uri = f"http://localhost:{unused_port}/back"
            code, out, _ = await typed(fake, "login", SC_REDIRECT_URI=uri)
            assert code == 0
            assert uri in out

    asyncio.run(main())


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"error": "access_denied"}, "SoundCloud says: access_denied"),
        ({"code": ""}, "without a code"),
        ({"code": "made-up"}, "the token endpoint refuses (401)"),
    ],
)
def test_what_comes_back_wrong_is_refused(typed: Typed, answer: dict[str, str], says: str) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.authorize_answer = answer
            code, _, error = await typed(fake, "login")
            assert code == 4
            assert error.startswith("login: ")
            assert says in error
            assert error.count("\n") == 1
            assert fake.count("/oauth/token") == (answer.get("code") == "made-up")

    asyncio.run(main())
    assert not typed.file.exists()
    assert typed.shown.read_text().startswith("400 You are not logged in: ")
    assert says in typed.shown.read_text()


@pytest.mark.parametrize("state", ["forged", "", "é"])
def test_another_state_is_ignored(typed: Typed, state: str) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.authorize_answer = {"state": state}
            code, _, error = await typed(fake, "login", "--timeout", "2")
            assert code == 4
            assert "the browser did not come back within 2 s; ignored requests without this login's state: 1" in error
            assert fake.count("/oauth/token") == 0

    asyncio.run(main())
    assert not typed.file.exists()
    assert typed.shown.read_text().startswith("400 This is not the answer to the current login")


STRANGERS = ("?state=forged&code=x", "?error=access_denied", "?code=x", "", "?state=&error=access_denied")


def test_no_page_can_end_a_login(tmp_path: Path) -> None:
    """Other requests may reach the address first. Only the right answer counts."""
    told: list[tuple[int, str]] = []

    async def main() -> TokenFile:
        async with FakeSoundCloud() as fake, aiohttp.ClientSession() as browser:
            visits: list[asyncio.Task[None]] = []

            async def visit(page: str) -> None:
                async with browser.get(page) as answer:
                    told.append((answer.status, await answer.text()))

            async def show(page: str, way_back: str) -> None:
                for stranger in STRANGERS:
                    await visit(way_back + stranger)
                visits.append(asyncio.create_task(visit(page)))

            settings = Settings({**fake.settings(), **APP, "SC_TOKEN_FILE": str(tmp_path / "tokens.json")})
            file = await log_in(settings, show, 10)
            await asyncio.gather(*visits)
            return file

    file = asyncio.run(main())
    assert [status for status, _ in told] == [400] * len(STRANGERS) + [200]
    assert all("still waits" in text for _, text in told[:-1])
    assert "2-29-access" in file.path.read_text()


NO_HTTP = {
    "a path of other bytes": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header with a NUL": b"GET /callback HTTP/1.1\r\nA\x00b: c\r\n\r\n",
    "half an address": b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "no end": b"GET /callback?a=" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    "no host": b"POST /callback HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "TLS": b"\x16\x03\x01\x00garbage\r\n\r\n",
}


def test_what_is_no_http_is_answered_400_quietly(caplog: pytest.LogCaptureFixture) -> None:
    async def said(uri: str, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(uri).port)
        writer.write(request)
        status = await reader.readline()
        writer.close()
        return status

    async def main() -> dict[str, bytes]:
        async with Callback("http://127.0.0.1:0/callback") as callback:
            return {case: await said(callback.uri, request) for case, request in NO_HTTP.items()}

    assert {case for case, status in asyncio.run(main()).items() if b" 400 " in status} == set(NO_HTTP)
    assert not [record for record in caplog.records if record.name != "asyncio"]


def test_the_browser_is_told_once_the_token_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake, aiohttp.ClientSession() as browser:
            asked, answered = asyncio.Event(), asyncio.Event()
            visits: list[asyncio.Task[aiohttp.ClientResponse]] = []

            async def wait(request: web.Request) -> web.Response:
                asked.set()
                await answered.wait()
                return fake._token(request, await request.text())

            async def show(page: str, way_back: str) -> None:
                visits.append(asyncio.create_task(browser.get(page)))

            fake.handlers["/oauth/token"] = wait
            settings = Settings({**fake.settings(), **APP, "SC_TOKEN_FILE": str(tmp_path / "tokens.json")})
            login = asyncio.create_task(log_in(settings, show, 10))
            await asked.wait()
            assert not visits[0].done()
            answered.set()
            await login
            assert (await visits[0]).status == 200

    asyncio.run(main())


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        ({"SC_CLIENT_SECRET": ""}, 2, "set SC_CLIENT_ID and SC_CLIENT_SECRET"),
        ({"SC_REDIRECT_URI": "https://example.org/callback"}, 2, "SC_REDIRECT_URI must be on this machine"),
        ({"SC_REDIRECT_URI": "http://user:pw@127.0.0.1:1/cb"}, 2, "SC_REDIRECT_URI must be on this machine"),
        ({"SC_CLIENT_ID": "a b"}, 2, "SC_CLIENT_ID is not a valid credential"),
        ({"SC_REDIRECT_URI": "http://127.0.0.1/callback"}, 2, "SC_REDIRECT_URI must be on this machine"),
        ({"SC_AUTHORIZE_URL": "http://192.0.2.1/authorize"}, 2, "SC_AUTHORIZE_URL: http:// is allowed for this"),
        ({"SC_TOKEN_URL": "http://127.0.0.1:1/oauth/token"}, 4, "the token endpoint cannot be reached"),
        ({"SC_TOKEN_FILE": "/proc/nowhere/tokens.json"}, 4, "the token file's folder cannot be used"),
        ({"BROWSER": "true"}, 4, "the browser did not come back within 1 s"),
    ],
)
def test_failures_are_one_line(typed: Typed, settings: dict[str, str], code: int, says: str) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            typed.settings.update(settings)
            got, _, error = await typed(fake, "login", "--timeout", "1", **settings)
            assert got == code
            assert says in error
            assert error.count("\n") == 1

    asyncio.run(main())


@pytest.mark.parametrize("timeout", ["nan", "-1", "inf", "0"])
def test_it_waits_for_a_time(typed: Typed, timeout: str) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            code, _, error = await typed(fake, "login", f"--timeout={timeout}")
            assert code == 2
            assert "it takes seconds, more than 0" in error

    asyncio.run(main())


def test_the_port_may_be_taken(typed: Typed) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            code, _, error = await typed(fake, "login", SC_REDIRECT_URI=f"{fake.url}/callback")
            assert code == 4
            assert "cannot listen on" in error

    asyncio.run(main())


def test_a_file_that_others_can_read_is_refused(typed: Typed) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            for command in ("login", "logout"):
                code, _, error = await typed(fake, command)
                assert code == 4
                assert re.match(rf"{command}: others can read the token file \S+ \(mode 0640\)", error)
            assert fake.seen == []

    typed.file.parent.mkdir()
    typed.file.write_text(json.dumps({}))
    typed.file.chmod(0o640)
    asyncio.run(main())


def _logged_in(typed: Typed, fake: FakeSoundCloud, **entry: object) -> None:
    typed.file.parent.mkdir(exist_ok=True)
    url = fake.settings()["SC_TOKEN_URL"]
    login = {"client_id": "my-app-id", "access_token": "2-29-access-000001", "refresh_token": "refresh-1", **entry}
    others = {f"{url} app my-app-id": {"access_token": "2-29-app"}, f"{url} asked my-app-id": {"times": [1.0]}}
    typed.file.write_text(json.dumps({f"{url} login": login, **others}))
    typed.file.chmod(0o600)


async def _redirected(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "/elsewhere"})


async def _broken(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "says"),
    [(None, "it answered 401"), (_redirected, "it answered 302"), (_broken, "it cannot be reached: ")],
)
def test_a_session_that_is_not_ended_there_is_told_and_forgotten_here(typed: Typed, answer: Any, says: str) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            if answer:
                fake.handlers["/sign-out"] = answer
            _logged_in(typed, fake)
            code, out, error = await typed(fake, "logout")
            assert (code, out) == (0, "Logged out; the tokens are forgotten\n")
            assert error.startswith(f"logout: SoundCloud has not ended the session: {says}")
            assert error.endswith("; the token is forgotten here, and runs out there within an hour\n")
            assert error.count("\n") == 1
            assert "2-29" not in error
            assert [(method, path) for method, path, *_ in fake.seen] == [("POST", "/sign-out")]  # none for the app
            assert "access" not in typed.file.read_text()
            assert "times" in typed.file.read_text()

    asyncio.run(main())


def test_logout_tells_of_the_tokens_that_it_leaves_in_redis(typed: Typed, unused_port: int) -> None:
    async def main() -> None:
        fake = FakeSoundCloud()
        fake.url = f"http://127.0.0.1:{unused_port}"
        code, _, error = await typed(fake, "logout", SC_REDIS_URL="redis://127.0.0.1:1")
        assert code == 0
        assert "in Redis are still there: redis-cli DEL sc_spiders:credentials" in error

    asyncio.run(main())


def test_logout_without_a_network(typed: Typed, unused_port: int) -> None:
    async def main() -> None:
        fake = FakeSoundCloud()
        fake.url = f"http://127.0.0.1:{unused_port}"
        _logged_in(typed, fake)
        code, _, error = await typed(fake, "logout")
        assert code == 0
        assert error.startswith(
            "logout: SoundCloud has not ended the session: it cannot be reached: Connection refused"
        )
        assert "refresh" not in typed.file.read_text()

    asyncio.run(main())
