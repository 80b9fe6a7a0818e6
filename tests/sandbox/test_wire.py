"""The sandbox sends answers in many forms, like SoundCloud's servers. A seed chooses them."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from sc_spiders.sandbox import Sandbox

Form = tuple[int, bool, str | None, bool]


def form(answer: HTTPResponse) -> Form:
    """HTTP version, whether it has a Content-Length, encoding of the body, whether the connection is closed."""
    length = answer.getheader("Content-Length") is not None
    return answer.version, length, answer.getheader("Content-Encoding"), answer.getheader("Connection") == "close"


def forms(sandbox: Sandbox, accepted: str, seed: int = 1) -> list[Form]:
    found = []
    connection = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    for user in range(1, 61):  # some are 404; such answers have a form, too
        connection.request("GET", f"/users/{user}?client_id={sandbox.client_id}", headers={"Accept-Encoding": accepted})
        with connection.getresponse() as answer:
            found.append(form(answer))
            answer.read()
    connection.close()
    return found


def test_forms_differ_and_few_have_a_length() -> None:
    with Sandbox(users=60) as sandbox:
        found = forms(sandbox, "gzip, deflate, br")

    assert {version for version, *_ in found} == {10, 11}
    assert 0 < sum(length for _, length, *_ in found) < 30
    assert {packed for *_, packed, _ in found} == {None, "gzip", "br"}
    assert {closed for *_, closed in found} == {False, True}


def test_nothing_is_packed_for_whoever_cannot_unpack_it() -> None:
    with Sandbox(users=60) as sandbox:
        assert {packed for *_, packed, _ in forms(sandbox, "identity")} == {None}
        assert {packed for *_, packed, _ in forms(sandbox, "gzip")} == {None, "gzip"}


@pytest.mark.parametrize(("one", "other", "same"), [(1, 1, True), (1, 2, False)])
def test_forms_are_drawn_by_seed(one: int, other: int, same: bool) -> None:
    with Sandbox(users=60, seed=one) as first, Sandbox(users=60, seed=other) as second:
        assert (forms(first, "gzip, br") == forms(second, "gzip, br")) is same
