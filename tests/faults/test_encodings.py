"""Content-Encoding headers of answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.server import Server

FORMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "identity": (bytes, "identity"),
    "in capitals": (bytes, " Identity "),
    "gzip and identity": (gzip.compress, "gzip, identity"),
    "identity and gzip": (gzip.compress, "identity,gzip"),
}


@pytest.mark.parametrize("form", FORMS)
def test_identity_is_no_encoding(crawls: Crawls, form: str) -> None:
    """An answer with this header is read like any other, without a log line."""
    encode, said = FORMS[form]
    answer = http(200, encode(json.dumps(user(1)).encode()), "application/json", Content_Encoding=said)
    with Server(lambda path, turn: answer if path == "/users/1" else None) as server:
        crawl = crawls.run("user", settings=server.settings, user="1")

    assert crawl.code == 0, crawl.log
    assert crawl.urns() == {"soundcloud:users:1"}
