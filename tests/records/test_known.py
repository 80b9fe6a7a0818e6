"""What requests carry comes back into no record, wherever a server puts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from sc_spiders.records import decode, keep_out
from sc_spiders.redaction import known

TOKEN = "2-290059-777-Fg/Hi+JkLm"
CLIENT = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"


@pytest.fixture(autouse=True)
def kept_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(known, "_known", {})
    keep_out(TOKEN, CLIENT, "short")
    yield
    monkeypatch.undo()


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
def test_it_is_cut_out(given: Any, left: Any) -> None:
    assert decode(orjson.dumps(given)) == left


def test_the_rows_of_a_next_page_with_the_client_id_are_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "replaced", None)
    body = orjson.dumps({"collection": [], "next_href": f"/x?client_id={CLIENT}"})
    assert decode(body) == {"collection": [], "next_href": "/x"}
