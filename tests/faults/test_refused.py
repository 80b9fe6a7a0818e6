"""The API refuses lists: the listing record has its message, and a crawl that got nothing is not finished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.api.refusal import LONGEST, own_words
from sc_spiders.redaction.known import Secrets
from tests.support.answers import http
from tests.support.examples import any_text

from .lists import EACH, STREAMS, TRACK, Lists
from .wire import ANSWERS, SCALARS, wire

SECRET = "never-to-be-shown-1"
WORDS = "This user's likes are private."

# In v2, a playlist is no list: it contains its tracks.
OF_LISTS = [one for one in EACH if one[:2] != ("playlist", "v2")]


def said(words: str) -> dict[str, Any]:
    """An error message in the public API's form."""
    return {"code": 403, "message": words, "link": "https://developers.soundcloud.com", "errors": [], "error": None}


FORMS: list[tuple[Any, str | None]] = [
    (said(WORDS), WORDS),
    (said(""), None),
    ({}, None),
    ({"errors": [{"error_message": WORDS}]}, WORDS),
    ({"message": " ", "errors": [{"error_message": "One."}, {"error_message": "Two."}]}, "One.; Two."),
    ({"errors": [{"error_message": WORDS}, {"error_message": WORDS}]}, WORDS),
    ({"message": None, "errors": [None, {}, {"error_message": 5}]}, None),
    (said("a\n2026-11-25 00:00:00 ERROR: a lie"), "a\\n2026-11-25 00:00:00 ERROR: a lie"),
    (said("see https://soundcloud.com/a/b?secret_token=s-AbCdEf&x=1"), "see https://soundcloud.com/a/b?x=1"),
    (said(f"no: {SECRET} is not known"), "no: [hidden] is not known"),
    (said("a token: Bearer eyJhbGciOi.x.y"), "a token: Bearer [hidden]"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), FORMS, ids=str)
def test_a_refusals_words_are_kept(body: Any, words: str | None) -> None:
    assert own_words(json.dumps(body).encode(), Secrets(SECRET).redact) == words


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"5", b'{"message": "' + b"x" * 100_000 + b'"}'])
def test_what_has_none_gives_none(body: bytes) -> None:
    assert own_words(body) is None


@given(any_text(max_size=700) | SCALARS, ANSWERS, st.integers(0, 400))
def test_they_are_one_line_without_a_credential(text: Any, odd: Any, before: int) -> None:
    redact = Secrets(SECRET).redact
    for data in ({"message": text}, {"errors": [{"error_message": text}, odd]}, odd, said("x" * before + SECRET)):
        words = own_words(wire(data), redact)

        assert words is None or (0 < len(words) <= LONGEST and words.isprintable() and SECRET[:12] not in words)


@pytest.mark.parametrize(("spider", "api", "given"), OF_LISTS, ids=[one[0] + "-" + one[1] for one in OF_LISTS])
def test_a_crawl_of_which_all_lists_are_refused_is_not_finished(
    spider: str, api: str, given: dict[str, Any], tmp_path: Path
) -> None:
    server = Lists(api, lambda path, turn: http(403, said(WORDS)))
    server.answers = {path: http(403, said(WORDS)) for path in (*server.paths, STREAMS)}
    found = server.crawl(spider, tmp_path, **given)

    assert {(one["ended"], one["error"], one["complete"]) for one in found.records("listing")} == {
        ("forbidden", WORDS, False)
    }
    assert (found.code, found.stats["finish_reason"]) == (1, "incomplete")


REFUSALS = {
    400: ("error", f"http_400: {WORDS}"),
    401: ("credentials", WORDS),
    403: ("forbidden", WORDS),
    404: ("not_found", WORDS),
    410: ("not_found", WORDS),
    451: ("error", f"http_451: {WORDS}"),
}


@pytest.mark.parametrize("path", ["/users/1", "/users/1/followers"])
@pytest.mark.parametrize("status", REFUSALS)
def test_the_words_of_every_refusal_are_told(
    status: int, path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server = Lists("v2", lambda path, turn: http(404, {}), answers={path: http(status, said(WORDS))})
    found = server.crawl("user_graph", tmp_path, user=1, relations="followers")

    (listing,) = found.records("listing")
    assert (listing["ended"], listing["error"]) == REFUSALS[status]
    assert [line for line in caplog.messages if WORDS in line]


def test_so_are_those_to_one_request_of_many(tmp_path: Path) -> None:
    """With a client id of the web page, a 401 for one list ends only that list."""
    page = {"hydratable": "apiClient", "data": {"id": "b" * 32, "isExpiring": False}}
    html = f"<script>window.__sc_hydration = {json.dumps([page])};</script>"
    answers = {"/": http(200, html, "text/html"), "/users/1/followers": http(401, said(WORDS))}
    server = Lists("v2", lambda path, turn: http(200, {"collection": [], "next_href": None}), answers=answers)
    found = server.crawl("user_graph", tmp_path, {"SC_CLIENT_ID": "", "SC_OAUTH_TOKEN": ""}, user=1)

    assert {(one["endpoint"], one["ended"], one["error"]) for one in found.records("listing")} == {
        ("followers", "credentials", WORDS),
        ("followings", "end", None),
    }


@pytest.mark.parametrize("status", sorted(REFUSALS.keys() - {401}))
def test_a_next_page_has_the_code_alone(status: int, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the API's message, without credentials."""
    caplog.set_level("INFO")
    server = Lists("v2", lambda path, turn: http(status, said(f"{WORDS} client_id=tobehidden")))
    found = server.crawl("user_graph", tmp_path, user=1, relations="followers")

    (listing,) = found.records("listing")
    assert (listing["ended"], listing["error"]) == ("error", f"http_{status}")
    assert sum(f"http_{status}: {WORDS}" in line for line in caplog.messages) == 1
    assert "tobehidden" not in caplog.text


@pytest.mark.parametrize("answer", [http(404, {}), http(200, {"collection": [], "next_href": None})])
def test_one_of_which_something_came_is(answer: bytes, tmp_path: Path) -> None:
    server = Lists("v2", lambda path, turn: answer)
    server.answers = {"/users/1/followers": http(403, said(WORDS)), "/users/1/followings": answer}

    assert server.crawl("user_graph", tmp_path, user=1).code == 0


def test_a_download_that_came_is_something(tmp_path: Path) -> None:
    answers = {
        "/tracks/5/download": http(403, said(WORDS)),
        "/tracks/6": http(200, {**TRACK, "id": 6, "urn": "soundcloud:tracks:6"}),
        "/tracks/6/download": http(200, {"redirectUri": "https://cf-media.sndcdn.com/x.wav"}),
    }
    server = Lists("v2", lambda path, turn: http(404, {}), answers=answers)

    assert server.crawl("track", tmp_path, track=5, include="download").code == 1
    assert server.crawl("track", tmp_path, track="5,6", include="download").code == 0


def test_it_holds_over_all_runs_of_a_job(tmp_path: Path) -> None:
    job = {"JOBDIR": str(tmp_path / "job"), "SC_ATTEMPTS": "1"}
    answers = {"/users/1/followers": http(403, said(WORDS)), "/users/1/followings": http(403, "<html>", "text/html")}

    def run(**changed: bytes) -> int:
        server = Lists("v2", lambda path, turn: http(404, {}), answers={**answers, **changed})
        return server.crawl("user_graph", tmp_path, job, user=1).code

    assert run() == 1  # the gate
    assert run(**{"/users/1/followings": http(403, said(WORDS))}) == 1
    assert run(**{"/users/1/followings": http(500)}) == 1  # the list has ended: nothing is requested
