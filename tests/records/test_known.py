"""Credentials of requests never get into a record, wherever a server puts them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sc_spiders.redaction import known
from sc_spiders.redaction.known import Secrets

TOKEN = "2-290059-777-Fg/Hi+JkLm"
CLIENT = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"


@pytest.fixture
def secrets() -> Secrets:
    secrets = Secrets()
    secrets.keep_out(TOKEN, CLIENT, "short")
    return secrets


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"a": [TOKEN, 1, {"b": f"x {CLIENT}"}]}, {"a": ["[hidden]", 1, {"b": "x [hidden]"}]}),
        ({TOKEN: 1}, {"[hidden]": 1}),
        ("2-290059-777-Fg%2FHi%2bJkLm", "[hidden]"),
        ("2-290059-777-Fg%25252FHi+JkLm", "[hidden]"),
        ("2-290059-777-Fg\\/Hi+JkLm", "[hidden]"),
        ({"next_href": f"/x?a=1&client_id={CLIENT}", "b": "client"}, {"next_href": "/x?a=1", "b": "client"}),
        ({"next_href": f"/x?a={CLIENT}", "b": CLIENT}, {"next_href": "/x?a=[hidden]", "b": "[hidden]"}),
        ("a short word", "a short word"),
    ],
)
def test_it_is_cut_out(secrets: Secrets, given: Any, left: Any) -> None:
    assert secrets.cut_out(given, orjson.dumps(given)) == left


def test_the_rows_of_a_next_page_with_the_client_id_are_not_looked_through(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "replaced", None)
    page = {"collection": [], "next_href": f"/x?client_id={CLIENT}"}
    assert secrets.cut_out(page, orjson.dumps(page)) == {"collection": [], "next_href": "/x"}


@pytest.mark.parametrize("given", [[CLIENT], {CLIENT: 1}, {"next_href": f"/x?client_id={CLIENT}", "b": CLIENT}])
@pytest.mark.parametrize("times", [1, 2])
def test_it_is_cut_out_where_its_letters_are_escaped(secrets: Secrets, given: Any, times: int) -> None:
    letters = "".join(f"\\u{ord(one):04x}" for one in CLIENT)
    body = orjson.dumps(given).replace(CLIENT.encode(), letters.encode(), times)
    assert orjson.loads(body) == given
    assert CLIENT not in str(secrets.cut_out(orjson.loads(body), body))
