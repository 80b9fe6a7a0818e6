"""`scrapy login` and `scrapy logout`, as they are typed."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from .crawl import crawl
from .fake import FakeSoundCloud

ROOT = Path(__file__).parents[2]
APP = {"SC_CLIENT_ID": "my-app-id", "SC_CLIENT_SECRET": "my-app-secret"}
VISIT = """
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1])
except urllib.error.HTTPError:
    pass
"""


class Typed:
    """Runs a command with the settings in its environment, as people are told to."""

    def __init__(self, folder: Path) -> None:
        browser = folder / "browser.py"
        browser.write_text(VISIT)
        self.file = folder / "state" / "tokens.json"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SC_")},
            "BROWSER": f"{sys.executable} {browser} %s",
            "SC_TOKEN_FILE": str(self.file),
            **APP,
        }

    async def __call__(self, fake: FakeSoundCloud, *command: str, **settings: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scrapy",
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**self.environment, **fake.settings(), **settings},
        )
        out, error = await process.communicate()
        assert process.returncode is not None
        assert b"Traceback" not in error
        return process.returncode, out.decode(), error.decode()


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    return Typed(tmp_path)


def test_login_crawl_logout(typed: Typed) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            code, out, error = await typed(fake, "login")
            assert (code, error) == (0, "")
            assert f"{fake.url}/authorize?" in out
            assert str(typed.file) in out
            settings = {**fake.settings(), "SC_API": "public", "SC_TOKEN_FILE": str(typed.file)}
            assert (await crawl(settings, ["/me"])).statuses == [200]
            assert fake.count("/oauth/token") == 1

            assert await typed(fake, "logout") == (0, "Logged out; the tokens are forgotten\n", "")
            assert (await crawl(settings, ["/me"])).reason == "credentials"
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
        ({"state": "forged"}, "is not the answer to this login"),
        ({"state": ""}, "its state is another"),
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


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        ({"SC_CLIENT_SECRET": ""}, 2, "set SC_CLIENT_ID and SC_CLIENT_SECRET"),
        ({"SC_REDIRECT_URI": "https://example.org/callback"}, 2, "SC_REDIRECT_URI must be on this machine"),
        ({"SC_REDIRECT_URI": "http://user:pw@127.0.0.1:1/cb"}, 2, "SC_REDIRECT_URI must be on this machine"),
        ({"SC_CLIENT_ID": "a b"}, 2, "SC_CLIENT_ID is no credential"),
        ({"SC_REDIRECT_URI": "http://127.0.0.1/callback"}, 2, "SC_REDIRECT_URI must be on this machine"),
        ({"SC_AUTHORIZE_URL": "http://192.0.2.1/authorize"}, 2, "SC_AUTHORIZE_URL: plain http"),
        ({"SC_TOKEN_URL": "http://127.0.0.1:1/oauth/token"}, 4, "the token endpoint cannot be reached"),
        ({"SC_TOKEN_FILE": "/proc/nowhere/tokens.json"}, 4, "the token file's folder cannot be used"),
        ({"BROWSER": "true"}, 4, "nobody came back within 1 s"),
    ],
)
def test_failures_are_one_line(typed: Typed, settings: dict[str, str], code: int, says: str) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            typed.environment.update(settings)
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
            assert "cannot wait on" in error

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
