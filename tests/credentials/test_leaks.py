"""Credentials appear nowhere except in requests, and requests go only to configured hosts."""

import asyncio
import json
import logging
from pathlib import Path

import pytest
from aiohttp import web

from sc_spiders.redaction import logs
from sc_spiders.redaction.known import Secrets
from sc_spiders.redaction.logs import redact
from tests.support.crawl import Crawl

from .asker import Ask, errors, statuses
from .fake import FakeSoundCloud, make_id

TOKEN = "2-290059-777-FgHiJkLm"
SHARE = "s-QrStUvWxYz1"
SECRETS = {
    "SC_OAUTH_TOKEN": f"OAuth {TOKEN}",
    "SC_SECRET_TOKENS": f"soundcloud:tracks:5={SHARE}",
}


@pytest.mark.parametrize("given", [{}, {"SC_CLIENT_ID": make_id(1)}], ids=["found", "given"])
def test_nothing_secret_is_left_behind(ask: Ask, tmp_path: Path, given: dict[str, str]) -> None:
    """The log is at DEBUG and goes to a file, too, and many faults happen."""
    log_file = tmp_path / "crawl.log"

    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:

            async def big(request: web.Request) -> web.Response:
                return web.Response(body=b"x" * 200_000)

            async def cut(request: web.Request) -> web.StreamResponse:
                response = web.StreamResponse(headers={"Content-Length": "1000"})
                await response.prepare(request)
                await response.write(b"x")
                assert request.transport
                request.transport.close()
                return response

            async def hang(request: web.Request) -> web.Response:
                await asyncio.sleep(5)
                return web.Response()

            async def redirect(request: web.Request) -> web.Response:
                return web.Response(status=302, headers={"Location": f"/users/1?{request.query_string}"})

            fake.handlers = {"/big": big, "/cut": cut, "/hang": hang, "/redirect": redirect}
            settings = {
                **fake.settings(),
                **SECRETS,
                **given,
                "DOWNLOAD_MAXSIZE": 100_000,
                "DOWNLOAD_WARNSIZE": 10,
                "DOWNLOAD_TIMEOUT": 1,
                "RETRY_TIMES": 1,
                "REFERER_ENABLED": True,
            }
            paths = ["/users/1", "/tracks/5", "/big", "/cut", "/hang", "/redirect", "/nowhere"]
            outcome = await ask(settings, paths, apart=True)
            if not given:
                fake.valid = set()
            in_file = await ask({**settings, "LOG_FILE": str(log_file)}, paths, apart=True)
            assert in_file.log == ""
            sent = json.dumps([(query, headers) for _, _, query, headers, _ in fake.seen])
            assert all(secret in sent for secret in (TOKEN, SHARE, make_id(1)))
            return outcome

    outcome = asyncio.run(main())
    assert sorted(statuses(outcome)) == [200] * 4
    assert len(errors(outcome)) == 3
    left = [
        outcome.log,
        log_file.read_text(),
        repr(outcome.stats),
        *errors(outcome),
        json.dumps(outcome.records("answer")),
    ]
    for text in left:
        for secret in (TOKEN, SHARE, make_id(1)):
            assert secret not in text
    assert "took longer than" in outcome.log
    assert "download warn size" in outcome.log
    for answer in outcome.records("answer"):
        assert answer["url"] == answer["request_url"]
        assert "client_id" not in answer["url"]
        assert "Authorization" not in answer["headers"]


def test_foreign_hosts_get_no_request(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake, FakeSoundCloud() as foreign:

            async def redirect(request: web.Request) -> web.Response:
                return web.Response(status=302, headers={"Location": foreign.url + "/users/1"})

            fake.handlers["/redirect"] = redirect
            paths = [
                "/redirect",
                foreign.url + "/users/2",
                fake.url.replace("127.0.0.1", "localhost") + "/users/3",
                fake.url.replace("http://", "http://user@") + "/users/4",
                fake.url.replace("http:", "https:") + "/users/5",
                "https://a-v2.sndcdn.com/users/6",
                "/users/7",
            ]
            outcome = await ask(fake.settings(), paths)
            assert foreign.seen == []
            return outcome

    outcome = asyncio.run(main())
    assert statuses(outcome) == [200]
    assert [error.partition(":")[0] for error in errors(outcome)] == ["ForeignHost"] * 6
    assert outcome.stats["credentials/foreign_hosts"] == 6


def test_scripts_and_pages_elsewhere_are_not_read(ask: Ask) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake, FakeSoundCloud() as foreign:

            async def page(request: web.Request) -> web.Response:
                html = f'<script src="{foreign.url}/assets/0.js"></script>'
                return web.Response(text=html, content_type="text/html")

            async def elsewhere(request: web.Request) -> web.Response:
                return web.Response(status=302, headers={"Location": foreign.url})

            fake.handlers["/"] = page
            assert (await ask(fake.settings(), ["/users/1"])).reason == "credentials"
            fake.handlers["/"] = elsewhere
            assert (await ask(fake.settings(), ["/users/1"])).reason == "credentials"
            assert foreign.seen == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://192.0.2.1:8080", "http:// is allowed for this machine only"),
        ("http://soundcloud.com", "http:// is allowed for this machine only"),
        ("ftp://soundcloud.com", "is not a web address"),
        ("soundcloud.com", "is not a web address"),
        ("https://me@soundcloud.com", "is not a web address"),
        ("https://soundcloud.com:port", "is not a web address"),
    ],
)
def test_bad_addresses_end_the_crawl_before_it_starts(
    ask: Ask, caplog: pytest.LogCaptureFixture, url: str, says: str
) -> None:
    outcome = asyncio.run(ask({"SC_V2_URL": url}, ["/users/1"]))
    assert outcome.reason == "bad_arguments"
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert line.startswith("SC_V2_URL")
    assert says in line


@pytest.mark.parametrize("tokens", ["s-AbCdEfGh", "soundcloud:users:1=s-AbCdEfGh", "soundcloud:tracks:1=AbCdEfGh"])
def test_bad_share_tokens_are_named_but_not_shown(ask: Ask, caplog: pytest.LogCaptureFixture, tokens: str) -> None:
    outcome = asyncio.run(ask({"SC_SECRET_TOKENS": f"soundcloud:tracks:5=s-IjKlMnOp,{tokens}"}, ["/users/1"]))
    assert outcome.reason == "bad_arguments"
    assert "SC_SECRET_TOKENS: entry 2" in caplog.text
    assert "AbCdEfGh" not in caplog.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /tracks?ids=1&client_id=AbCdEfGh12&limit=2", "GET /tracks?ids=1&client_id=[hidden]&limit=2"),
        ('{"track_authorization": "eyJ0eXAi.OiJ_KV1-Q"}', '{"track_authorization": "[hidden]"}'),
        ("b'refresh_token=AbC%2FdEf&grant_type=x'", "b'refresh_token=[hidden]&grant_type=x'"),
        ("Authorization: OAuth 2-290059-1-AbCd", "Authorization: OAuth [hidden]"),
        ("Authorization: Basic bXktYXBwLWlkOm15LXNlY3JldA==", "Authorization: Basic [hidden]"),
        ("https://soundcloud.com/a/sets/b/s-AbCdEfGh?x=1", "https://soundcloud.com/a/sets/b/[hidden]?x=1"),
        (
            "resolve?url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb%2Fs-AbCdEfGh",
            "resolve?url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb%2F[hidden]",
        ),
        (
            "https://soundcloud.com/s-club-seven/s-stands-for",
            "https://soundcloud.com/s-club-seven/s-stands-for",
        ),
        ("Basic authentication with an OAuth token", "Basic authentication with an OAuth token"),
        ("no client_id: see the docs", "no client_id: see the docs"),
    ],
)
def test_redaction(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_redaction_reaches_arguments_and_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    secrets = Secrets("verysecretvalue")
    logs.begin(secrets)
    logger = logging.getLogger("some.library")
    try:
        raise ValueError("it was verysecretvalue")
    except ValueError:
        logger.exception("%s and %(x)s", {"x": "verysecretvalue"}, stack_info=True)
        logger.warning("two: %s %d", "client_id=verysecretvalue", 3)
    formatted = "".join(map(logging.Formatter().format, caplog.records))
    logs.end(secrets)
    assert "verysecretvalue" not in formatted + repr([vars(record)["args"] for record in caplog.records])
    assert "ValueError: it was [hidden]" in formatted
    assert "two: client_id=[hidden] 3" in formatted
