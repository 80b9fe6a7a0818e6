"""The client id of v2: where it is found, and what happens when it is refused."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from aiohttp import web
from scrapy import Request
from scrapy.exceptions import StopDownload

from sc_spiders.api import responses as faults
from sc_spiders.credentials.webpage import OVERLAP, WebPage
from tests.support.crawl import Crawl

from .asker import Ask, errors, statuses
from .fake import FakeSoundCloud, make_id

IN_SCRIPT = 'n.exports={client_application_id:46941,client_id:"%s",env:"production"};'


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "FIRST_WAIT", 0.01)


def run(coroutine: Coroutine[Any, Any, Crawl]) -> Crawl:
    return asyncio.run(coroutine)


def test_found_in_hydration(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.scripts = [IN_SCRIPT % make_id(2)]
            outcome = await ask(fake.settings(), ["/users/1", "/users/2?limit=5"])
            assert fake.count("/") == 1
            assert fake.count("/assets/0-0a1b2c3d.js") == 0
            return outcome

    outcome = run(main())
    assert statuses(outcome) == [200, 200]
    assert outcome.reason == "finished"


@pytest.mark.parametrize("where", [0, 1, 2])
def test_found_in_a_script(ask: Ask, where: int) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = ['var a={client_id:"apps.example"};'] * 3
            fake.scripts[where] = IN_SCRIPT % make_id(1)
            outcome = await ask(fake.settings(), ["/users/1"])
            asked = [path for _, path, *_ in fake.seen if path.startswith("/assets/")]
            assert asked == [f"/assets/{number}-0a1b2c3d.js" for number in (2, 1, 0)][: 3 - where]
            return outcome

    assert statuses(run(main())) == [200]


def test_a_script_that_fails_is_asked_again_once_no_other_has_it(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = [IN_SCRIPT % make_id(1), "nothing here", ""]

            async def failing(request: web.Request) -> web.StreamResponse:
                return web.Response(status=500)

            fake.handlers["/assets/2-"] = failing
            outcome = await ask(fake.settings(), ["/users/1"])
            assert fake.count("/assets/2-0a1b2c3d.js") == 1
            return outcome

    assert statuses(run(main())) == [200]


def test_a_refused_id_of_the_page_leaves_that_of_a_script(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = make_id(2)
            fake.scripts = [IN_SCRIPT % make_id(1)]
            return await ask(fake.settings(), ["/users/1"])

    assert statuses(run(main())) == [200]


ID = make_id(1)
WRITTEN = {
    "with quotes": f'{{client_application_id:46941,client_id:"{ID}"}}',
    "as JSON": f'{{"client_id": "{ID}"}}',
    "assigned": f"client_id = '{ID}';",
    "in an address": f'fetch("https://api-v2.soundcloud.com/me?client_id={ID}&limit=1")',
    "at the end of an address": f'fetch("/me?limit=1&client_id={ID}")',
    "in an encoded address": f'u="https%3A%2F%2Fx%2F%3Fa%3D1%26client_id%3D{ID}%26b%3D2"',
    "first in an encoded address": f'u="https%3A%2F%2Fx%2F%3Fclient_id%3D{ID}%26b%3D2"',
    "encoded twice": f'u="https%253A%252F%252Fx%252F%253Fclient_id%253D{ID}%2526b%253D2"',
    "at the very end": f"/me?client_id={ID}",
}
OTHERS = f'google_client_id="{make_id(7)}",client_id="{make_id(7)}and-more",client_id={make_id(7)}9;'


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_found_however_the_script_writes_it(ask: Ask, text: str) -> None:
    """The id is found even if it is split over two pieces of the body. The fake sends pieces of 16,384 bytes."""

    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = [f"{OTHERS}{' ' * (16384 - len(OTHERS) - len(text) + 12)}{text}"]
            return await ask(fake.settings(), ["/users/1"])

    assert statuses(run(main())) == [200]


def hydrated(fake: FakeSoundCloud, script: str) -> None:
    """Replace the page's hydration by this text."""
    usual = fake._page

    def page() -> web.Response:
        text = (usual().text or "").replace("<body>", f"<body><script>window.__sc_hydration = {script}</script>")
        return web.Response(text=text, content_type="text/html")

    fake._page = page  # type: ignore[method-assign]


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "[1e999,", f"[{'9' * 5000}]", "[null,{}]"])
def test_hydration_that_cannot_be_read_leaves_the_scripts(ask: Ask, text: str) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = [IN_SCRIPT % make_id(1)]
            hydrated(fake, text)
            outcome = await ask(fake.settings(), ["/users/1"])
            assert fake.count("/") == 1
            return outcome

    assert statuses(run(main())) == [200]


def test_a_page_of_thousands_of_scripts_is_asked_for_few_of_them(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = ["nothing here"] * 3000
            outcome = await ask(fake.settings(), ["/users/1"])
            asked = [path for _, path, *_ in fake.seen if path.startswith("/assets/")]
            assert asked == [f"/assets/{number}-0a1b2c3d.js" for number in range(2999, 2969, -1)]
            return outcome

    assert run(main()).reason == "credentials"


def test_a_script_that_is_not_there_for_a_moment_is_read_with_the_next_reading(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = [IN_SCRIPT % make_id(1), "nothing here"]
            answers = iter([web.Response(status=404)])

            async def late(request: web.Request) -> web.StreamResponse:
                return next(answers, None) or await fake._script(request)

            fake.handlers["/assets/0-"] = late
            outcome = await ask(fake.settings(), ["/users/1"])
            assert (fake.count("/assets/0-0a1b2c3d.js"), fake.count("/assets/1-0a1b2c3d.js")) == (2, 1)
            return outcome

    assert statuses(run(main())) == [200]


def test_an_odd_address_of_a_script_is_passed_over(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = [IN_SCRIPT % make_id(1)]
            usual = fake._page

            def page() -> web.Response:
                odd = '<script src="https://127.0.0.1%23.sndcdn.com/a.js"></script></body>'
                return web.Response(text=(usual().text or "").replace("</body>", odd), content_type="text/html")

            fake._page = page  # type: ignore[method-assign]
            return await ask(fake.settings(), ["/users/1"])

    assert statuses(run(main())) == [200]


@pytest.mark.parametrize("apart", [False, True], ids=["asyncio", "reactor"])
def test_no_more_of_a_script_than_needed(ask: Ask, apart: bool) -> None:
    size = 12_000_000

    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = [" " * 40_000 + IN_SCRIPT % make_id(1) + " " * size]
            outcome = await ask(fake.settings(), ["/users/1"], apart=apart)
            assert 40_000 < fake.script_bytes_sent["0-0a1b2c3d.js"] < size * 0.8
            return outcome

    outcome = run(main())
    assert statuses(outcome) == [200]
    assert outcome.stats["downloader/response_bytes"] < 500_000


def test_expired_id_is_renewed_once_for_all_in_flight(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            # The first client id expires as soon as sixteen requests carry it.
            gate = asyncio.Barrier(16)
            waiting = set(range(16))

            async def hold(request: web.Request) -> web.Response:
                if waiting:
                    waiting.pop()
                    await gate.wait()
                    fake.valid = {make_id(2)}
                    fake.on_page = make_id(2)
                good = request.query["client_id"] in fake.valid
                return web.json_response({}, status=200 if good else 401)

            fake.handlers["/users/"] = hold
            outcome = await ask(fake.settings(), [f"/users/{number}" for number in range(16)])
            assert fake.count("/") == 2
            return outcome

    outcome = run(main())
    assert statuses(outcome) == [200] * 16
    assert {answer["task"] for answer in outcome.records("answer")} == {f"/users/{number}" for number in range(16)}
    assert outcome.stats["credentials/renewals"] == 1
    assert outcome.stats["credentials/refused"] == 16


def test_the_same_id_again_is_no_refusal(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            answers = iter([401, 401, 200])

            async def flicker(request: web.Request) -> web.Response:
                return web.json_response({}, status=next(answers))

            fake.handlers["/users/"] = flicker
            return await ask(fake.settings(), ["/users/1"])

    outcome = run(main())
    assert statuses(outcome) == [200]
    assert outcome.stats["credentials/renewals"] == 2
    assert outcome.reason == "finished"


def test_three_renewals_without_a_success_end_the_crawl(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.valid = set()
            outcome = await ask(fake.settings(), [f"/users/{number}" for number in range(40)])
            assert fake.count("/") == 4
            return outcome

    outcome = run(main())
    assert outcome.reason == "credentials"
    assert outcome.records("answer") == []
    assert outcome.stats["credentials/renewals"] == 3
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    assert "SC_CLIENT_ID" in caplog.text


def test_a_request_refused_among_successes_reaches_the_spider(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:

            async def refuse(request: web.Request) -> web.Response:
                return web.Response(status=401)

            fake.handlers["/users/7/"] = refuse
            outcome = await ask(
                {**fake.settings(), "CONCURRENT_REQUESTS": 2},
                ["/users/7/followings/ids", *(f"/users/{number}" for number in range(300))],
            )
            assert fake.count("/") <= 5
            return outcome

    outcome = run(main())
    assert outcome.reason == "finished"
    assert sorted(statuses(outcome)) == [200] * 300 + [401]


def test_a_request_that_meets_one_expired_id_after_another_is_not_given_up(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            expiries = iter(range(2, 9))
            served = asyncio.Event()

            async def expire(request: web.Request) -> web.Response:
                if number := next(expiries, None):
                    for _ in range(4):
                        served.clear()
                        await served.wait()
                    fake.valid, fake.on_page = {make_id(number)}, make_id(number)
                    return web.Response(status=401)
                return web.json_response({})

            def serve(request: web.Request) -> None:
                if request.query["client_id"] in fake.valid:
                    served.set()

            fake.on_answer = serve
            fake.handlers["/users/7/"] = expire
            others = [f"/users/{number}" for number in range(300)]
            return await ask({**fake.settings(), "CONCURRENT_REQUESTS": 4}, ["/users/7/likes", *others])

    outcome = run(main())
    assert statuses(outcome) == [200] * 301
    assert outcome.stats["credentials/renewals"] == 7


def test_given_id_refused_ends_the_crawl(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            outcome = await ask(
                {**fake.settings(), "SC_CLIENT_ID": make_id(9)}, [f"/users/{number}" for number in range(40)]
            )
            assert fake.count("/") == 0
            return outcome

    outcome = run(main())
    assert outcome.reason == "credentials"
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    assert make_id(9) not in caplog.text


def test_given_id_and_token_are_sent(ask: Ask) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            given = {"SC_CLIENT_ID": make_id(1), "SC_OAUTH_TOKEN": "OAuth 2-29-some-token"}
            outcome = await ask({**fake.settings(), **given}, ["/me"])
            assert statuses(outcome) == [200]
            [(_, _, query, headers, _)] = fake.seen
            assert query == {"client_id": make_id(1)}
            assert headers["Authorization"] == "OAuth 2-29-some-token"

    asyncio.run(main())


def test_no_id_anywhere_ends_the_crawl(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = ["nothing here"]
            return await ask(fake.settings(), ["/users/1", "/users/2"])

    outcome = run(main())
    assert outcome.reason == "credentials"
    assert len(errors(outcome)) == 2
    assert "no client id on the web page" in caplog.text


def test_a_page_that_is_garbled_for_a_moment_is_read_again(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.page_faults = [web.Response(text="<html>", content_type="text/html"), web.Response(status=404)]
            outcome = await ask(fake.settings(), ["/users/1"])
            assert fake.count("/") == 3
            return outcome

    assert statuses(run(main())) == [200]


def test_a_script_that_fails_may_have_had_the_id(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.on_page = None
            fake.scripts = ["nothing here", "nothing here"]

            async def fail(request: web.Request) -> web.Response:
                return web.Response(status=502)

            fake.handlers["/assets/1-"] = fail
            return await ask({**fake.settings(), "SC_ATTEMPTS": 2}, ["/users/1"])

    assert run(main()).reason == "wait"


def test_a_block_of_the_page_is_not_fought(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.page_faults = [web.Response(status=403, text="<html>", content_type="text/html")]
            outcome = await ask(fake.settings(), ["/users/1"])
            assert fake.count("/") == 1
            return outcome

    assert run(main()).reason == "credentials"
    assert "answers 403" in caplog.text


def test_a_page_that_fails_for_a_while_is_asked_again(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.page_faults = [web.Response(status=status) for status in (503, 429, 502)]
            outcome = await ask(fake.settings(), ["/users/1"])
            assert fake.count("/") == 4
            return outcome

    assert statuses(run(main())) == [200]


def test_a_page_that_keeps_failing_ends_the_crawl(ask: Ask) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.page_faults = [web.Response(status=503) for _ in range(50)]
            outcome = await ask({**fake.settings(), "SC_ATTEMPTS": 5}, ["/users/1"])
            assert fake.count("/") == 5
            return outcome

    assert run(main()).reason == "wait"


def test_a_wait_longer_than_allowed_ends_the_crawl(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Crawl:
        async with FakeSoundCloud() as fake:
            fake.page_faults = [web.Response(status=429, headers={"Retry-After": "7200"})]
            return await ask(fake.settings(), ["/users/1"])

    assert run(main()).reason == "wait"
    assert "start again with the same command after" in caplog.text


def test_share_tokens_are_added_where_they_open_something(ask: Ask) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            shares = "soundcloud:tracks:5=s-AbCdEfGh, soundcloud:playlists:6=s-IjKlMnOp"
            paths = [
                "/tracks/5",
                "/tracks/soundcloud%3Atracks%3A5/comments?limit=3",
                "/playlists/6?secret_token=s-stale",
                "/tracks?ids=1,2&playlistId=6",
                "/tracks/55",
                "/users/5/tracks",
            ]
            outcome = await ask({**fake.settings(), "SC_SECRET_TOKENS": shares}, paths)
            assert statuses(outcome) == [200] * 6
            sent = {path: query for _, path, query, *_ in fake.seen if path != "/"}
            for query in sent.values():
                assert query.pop("client_id") == make_id(1)
            assert sent == {
                "/tracks/5": {"secret_token": "s-AbCdEfGh"},
                "/tracks/soundcloud:tracks:5/comments": {"limit": "3", "secret_token": "s-AbCdEfGh"},
                "/playlists/6": {"secret_token": "s-IjKlMnOp"},
                "/tracks": {"ids": "1,2", "playlistId": "6", "playlistSecretToken": "s-IjKlMnOp"},
                "/tracks/55": {},
                "/users/5/tracks": {},
            }
            assert "s-AbCd" not in f"{outcome}{outcome.rows}"

    asyncio.run(main())


def test_a_crawl_that_waits_can_be_stopped(ask: Ask) -> None:
    async def main() -> None:
        async with FakeSoundCloud() as fake:
            fake.page_faults = [web.Response(status=503, headers={"Retry-After": "1000"})]
            started = asyncio.get_running_loop().time()
            stop = asyncio.create_task(ask({**fake.settings(), "CLOSESPIDER_TIMEOUT": 1}, ["/users/1"], apart=True))
            outcome = await stop
            assert outcome.reason == "closespider_timeout"
            assert asyncio.get_running_loop().time() - started < 10
            assert "the crawl is closing" in errors(outcome)[0]

    asyncio.run(main())


@pytest.mark.parametrize(("name", "stops"), [("my_client_id", False), (" client_id", True), ("%3Fclient_id", True)])
@pytest.mark.parametrize("cut", [0, 1, 30, 60, OVERLAP - 10, OVERLAP, OVERLAP + 1])
def test_a_script_is_read_up_to_the_id_wherever_the_network_cuts_it(name: str, stops: bool, cut: int) -> None:
    """A part that begins within `my_client_id` has no client id: the rest of the script may have it."""
    page = WebPage(None, None, None, "")  # type: ignore[arg-type]
    request = Request("https://a-v2.sndcdn.com/a.js", meta={"auth": "script"})
    head = f"var {name}"
    found = f'{head}="{make_id(7)}",'
    script = (found + "x" * (OVERLAP - len(found) + head.index("client_id"))).encode()  # what is kept begins there
    stopped = False
    for part in (script[:cut], script[cut:], b"y", b"y" * 200):
        try:
            page._stop_at_client_id(part, request)
        except StopDownload:
            stopped = True
            break
    assert stopped == stops
