"""A proxy from the environment sees no credential and no request to this machine."""

from __future__ import annotations

import pytest
from scrapy import Request

from sc_spiders.downloader.proxy import Proxy
from sc_spiders.sandbox import Sandbox
from tests.support.answers import http
from tests.support.crawl import Crawls
from tests.support.server import Server

APP = {"SC_API": "public", "SC_CLIENT_ID": Sandbox.app_id, "SC_CLIENT_SECRET": Sandbox.app_secret}


@pytest.mark.parametrize("settings", [{}, APP], ids=["v2", "public"])
def test_this_machine_is_asked_without_a_proxy(crawls: Crawls, settings: dict[str, str]) -> None:
    with Server(lambda path, n: http(407)) as proxy, Sandbox(users=50) as sandbox:
        names = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), proxy.url)
        crawl = crawls.run("user", sandbox=sandbox, settings={**settings, **names, "no_proxy": ""}, user=183)

    assert crawl.code == 0, crawl.log
    assert not proxy.times


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("https://api-v2.soundcloud.com/users/1", "http://proxy.example:3128"),
        ("http://api-v2.soundcloud.com/users/1", None),
        ("http://127.0.0.1:8000/users/1", None),
        ("https://localhost/users/1", None),
        ("https://[::1]/users/1", None),
    ],
)
def test_https_alone_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, url: str, through: str | None) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://me:secret@proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    request = Request(url)

    Proxy().process_request(request)

    assert request.meta.get("proxy") == through
    assert (b"Proxy-Authorization" in request.headers) is bool(through)
