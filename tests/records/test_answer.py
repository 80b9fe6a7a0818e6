"""An answer's outermost object must have each name only once. All else is read as usual."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.api import CATALOGUE
from sc_spiders.errors import Malformed
from sc_spiders.pages.answer import decode_page
from sc_spiders.pages.listing import Listing
from sc_spiders.records import Ambiguous, BadBody, answer, decode, decode_answer
from tests.faults.wire import ANSWERS, JSON, MARKS, NAMES, PAGES, wire

from .recorded import FOLDER, needed
from .samples import PLAYLIST, TRACK, USER

PAGE = {
    "genre": "x",
    "collection": [USER, TRACK, {"collection": [1], "tracks": [[]]}],
    "next_href": "]",
    "facets": [{"a": [[]]}],
}
OBJECTS: list[dict[str, Any]] = [
    PAGE,
    PLAYLIST,
    TRACK,
    USER,
    {"tracks": [PLAYLIST, {"tracks": []}], "a": {"tracks": [1, 2]}},
    {"a": {"tracks": []}, "tracks": [1]},
]
ODD = st.dictionaries(st.text('abc{[\\"\x00é😀', max_size=3) | NAMES, JSON, min_size=1, max_size=4)


def texts(data: Any) -> list[bytes]:
    """JSON text in the styles that servers use."""
    return [
        json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"),
        json.dumps(data).encode(),
        json.dumps(data, indent=2).encode(),
    ]


def spelled(name: str, how: int) -> str:
    """A name as JSON text, plain or with escapes."""
    if how % 2:
        return json.dumps(name)
    return '"' + "".join(f"\\u{ord(one):04x}" if one.isascii() else json.dumps(one)[1:-1] for one in name) + '"'


def doubled(text: bytes, name: str, how: int, value: Any) -> bytes:
    """The object's text with a second member of that name, at the beginning or the end."""
    member = f"{spelled(name, how)}: {json.dumps(value)}".encode()
    at = text.index(b"{") + 1 if how < 2 else text.rindex(b"}")
    return text[:at] + (member + b"," if how < 2 else b"," + member) + text[at:]


@pytest.mark.parametrize("number", range(len(OBJECTS)))
@pytest.mark.parametrize("how", range(4))
def test_a_name_that_occurs_twice_is_seen(number: int, how: int) -> None:
    data = OBJECTS[number]
    for text in texts(data):
        assert decode_answer(text) == decode(text) == data
        for name, value in data.items():
            others: list[Any] = [[], None, value]
            for other in others:
                with pytest.raises(Ambiguous):
                    decode_answer(doubled(text, name, how, other))


@given(ODD | PAGES, st.data())
def test_whatever_else_is_in_it(data: dict[str, Any], draw: st.DataObject) -> None:
    text = wire(data)
    name = draw.draw(st.sampled_from(sorted(data)))

    assert _value(decode_answer, text) == _value(decode, text)
    with pytest.raises(BadBody) as caught:
        decode_answer(doubled(text, name, draw.draw(st.integers(0, 3)), draw.draw(JSON)))
    assert caught.type is Ambiguous


@given(ANSWERS | JSON, MARKS, st.binary(max_size=2))
def test_the_value_is_the_same(data: Any, mark: bytes, more: bytes) -> None:
    for text in (
        wire(data, mark),
        wire(data, mark) + more,
        wire(data)[:-1],
        wire([data]),
        wire({"collection": [data]}),
    ):
        assert _value(decode_answer, text) == _value(decode, text)


@needed
def test_recorded_answers_are_read_in_parts() -> None:
    """Only doubtful answers are decoded a second time, and recorded answers are not doubtful."""
    for path in sorted(FOLDER.glob("*.json")):
        body = path.read_bytes()
        data = orjson.loads(body)
        assert decode_answer(body) == decode(body)
        if isinstance(data, dict) and data.get("collection"):
            assert answer._in_parts(body) == data, path.name


def test_rows_are_as_they_are() -> None:
    """In inner objects the last member counts, as in every JSON parser."""
    text = b'{"collection": [{"id": 1, "id": 2}], "next_href": null}'

    assert decode_answer(text) == {"collection": [{"id": 2}], "next_href": None}


def _value(read: Any, text: bytes) -> str:
    try:
        return repr(read(text))
    except BadBody as e:
        return str(e)


SHELVES = (
    b'{"collection": [{"kind": "selection", "id": "a", "items": {"collection": [{"id": 1}]%b}%b}], "next_href": null}'
)


@pytest.mark.parametrize(
    "again", [(b', "collection": []', b""), (b"", b', "items": {"collection": []}'), (b', "x": 1, "x": 1', b"")]
)
def test_a_name_twice_in_a_list_within_a_row_is_found_where_rows_have_some(again: tuple[bytes, bytes]) -> None:
    assert decode_answer(SHELVES % (b"", b""), nested=True) == decode(SHELVES % (b"", b""))
    with pytest.raises(Ambiguous):
        decode_answer(SHELVES % again, nested=True)


@pytest.mark.parametrize("endpoint", [name for name, one in CATALOGUE.items() if one.rows == "selection"])
def test_shelves_are_looked_through(endpoint: str) -> None:
    listing = Listing(endpoint, None, "/")
    assert decode_page(listing, SHELVES % (b"", b""))["collection"]
    with pytest.raises(Malformed) as refused:
        decode_page(listing, SHELVES % (b', "collection": []', b""))
    assert refused.value.error == "malformed"
