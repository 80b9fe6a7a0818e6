"""One odd value among thousands of good ones costs at most its own record, never the edge to it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders import records
from sc_spiders.api import APIS, CATALOGUE, Api, Endpoint
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page
from tests.records.samples import PUBLIC_TRACK, V2
from tests.support.examples import examples

from .test_no_invention import NOW, SUBJECT, reader_of

Row = dict[str, Any]

IDENTITY = {("id",), ("urn",), ("kind",)}  # another test has contradictory objects
HELD = {"like": "track", "stream": "track", "chart": "track", "play": "track"}
ODD: st.SearchStrategy[Any] = st.sampled_from(
    ["", "-1", "x" * 20_000, "\ud800", -1, 2**63, 10**25, 0, 2.5, 1e300, True, False, None, [], {}]
)
LISTS = [
    (one, api)
    for one in CATALOGUE.values()
    for api in APIS
    if one.path(api) and one.shape == "list" and one.edge and one.rows in ("", *HELD)
]
each_list = pytest.mark.parametrize(
    ("endpoint", "api"), LISTS, ids=[f"{endpoint.name}-{api}" for endpoint, api in LISTS]
)
quick = examples(15)


def page_of(endpoint: Endpoint, api: Api) -> list[Row]:
    """Rows with three good objects."""
    kind = endpoint.kinds[0]
    sample = PUBLIC_TRACK if api == "public" and kind == "track" else V2[kind][0]
    rows = []
    for number in (11, 12, 13):
        row = deepcopy(sample)
        row |= {"id": number, "urn": f"soundcloud:{kind}s:{number}"}
        if held := HELD.get(endpoint.rows):
            row = {
                held: row,
                "created_at": "2025-01-01T00:00:00Z",
                "caption": "c",
                "score": 1.5,
                "played_at": 1_699_999_999_000,
            }
        rows.append(row)
    return rows


def scalars(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all scalars of a JSON value."""
    if isinstance(value, dict | list):
        for name, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from scalars(child, (*path, name))
    else:
        yield path


def spellings(value: Any) -> list[Any]:
    """Other spellings of a value."""
    if isinstance(value, str):
        return [value.upper(), value.title()]
    if type(value) is int:
        return [str(value), float(value)]
    return [str(value).lower()]


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = new


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def walk(endpoint: Endpoint, api: Api, rows: list[Row]) -> tuple[Page, list[Any]]:
    """The page, and the ids that spiders followed."""
    found: list[Any] = []
    reader = reader_of(api)

    def follow(listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        found.extend(keys)
        return []

    reader.follow = follow
    data = records.decode(records.dumps({"collection": rows, "next_href": None}))  # as decoded from the wire
    return reader.page(Listing(endpoint.name, SUBJECT, "/", id=1), data, NOW), found


def edges(page: Page) -> list[tuple[Any, ...]]:
    return sorted((row["relation"], row["source"], row["target"], row["position"]) for row in page.rows["edge"])


def nodes(endpoint: Endpoint, page: Page) -> list[Row]:
    return page.rows.get(endpoint.kinds[0], [])


@each_list
def test_an_odd_value_costs_one_record_at_most(endpoint: Endpoint, api: Api) -> None:
    rows = page_of(endpoint, api)
    sound, expected = walk(endpoint, api, rows)
    held = () if not endpoint.rows else (HELD[endpoint.rows],)
    places = [path for path in scalars(rows[1]) if path[len(held) :] not in IDENTITY]

    @quick
    @given(st.sampled_from(places), ODD)
    def check(path: tuple[Any, ...], odd: Any) -> None:
        changed = deepcopy(rows)
        put(changed[1], path, odd)
        page, followed = walk(endpoint, api, changed)
        assert edges(page) == edges(sound)
        assert followed == expected
        first, *_, last = nodes(endpoint, page)
        assert (first, last) == (nodes(endpoint, sound)[0], nodes(endpoint, sound)[2])
        assert page.listing.rejected == len(page.rows.get("rejected", [])) <= 1
        assert page.listing.complete == (not page.listing.rejected)
        for row in (*page.rows["edge"], *nodes(endpoint, page)):
            orjson.dumps(row)

    check()


@each_list
def test_another_spelling_costs_nothing(endpoint: Endpoint, api: Api) -> None:
    """Numbers as text or with a decimal point, booleans as words and kinds in capitals are written as usual."""
    rows = page_of(endpoint, api)
    sound, expected = walk(endpoint, api, rows)
    held = () if not endpoint.rows else (HELD[endpoint.rows],)
    lists = [("visuals", "visuals"), ("creator_subscriptions",)]  # stored unchanged
    places = [
        path
        for path in scalars(rows[1])
        if (isinstance(at(rows[1], path), int | float) or path == (*held, "kind"))
        and path != ("played_at",)
        and not any(path[len(held) :][: len(one)] == one for one in lists)
    ]

    @quick
    @given(st.sampled_from([(path, spell) for path in places for spell in spellings(at(rows[1], path))]))
    def check(spelt: tuple[tuple[Any, ...], Any]) -> None:
        path, value = spelt
        changed = deepcopy(rows)
        put(changed[1], path, value)
        page, followed = walk(endpoint, api, changed)
        assert records.dumps([page.rows, followed]) == records.dumps([sound.rows, expected])  # 12.0 is written as 12

    check()
