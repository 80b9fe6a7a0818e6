"""Any input gives rows, `Rejected` or `BadBody`, and the fast code always agrees with the plain code."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders import records
from sc_spiders.records import APIS, FIELDS, KINDS
from sc_spiders.records.decode import mark
from tests.support.examples import any_text, examples

from . import plain
from .samples import NOW, PUBLIC_TRACK, V2

quick = examples(150)

LINKS = [
    "https://soundcloud.com/a/b/s-AbC12",
    "?secret_token=s-AbC12&x",
    "2025/09/16 01:23:36 +0000",
    "2025-09-16",
    "2025-09-16T01:23:36Z",
    "soundcloud:users:5",
    "soundcloud:users:5\n",
    "soundcloud:system-playlists:x",
    "",
    "\ud800",
    "\n",
    "5",
]
numbers = st.one_of(st.integers(-(2**70), 2**70), st.integers(-2, 40), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, any_text(max_size=8), st.sampled_from(LINKS))
keys = st.one_of(
    any_text(max_size=3),
    st.sampled_from(
        ["id", "urn", "kind", "user", "secret_token", "date_of_birth", "visuals", "product", "self", "api"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)
samples = [(name, "v2", o) for name, objects in V2.items() for o in objects] + [("track", "public", PUBLIC_TRACK)]


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """A sample with some members changed, removed or added, at any depth."""
    name, api, sample = draw(st.sampled_from(samples))
    o = deepcopy(sample)
    for _ in range(draw(st.integers(1, 3))):
        node = o
        nested: list[dict[str, Any]] = [value for value in node.values() if isinstance(value, dict) and value]
        if draw(st.booleans()) and nested:
            node = draw(st.sampled_from(nested))
        key = draw(st.sampled_from([*sorted(node), *FIELDS[name]]))
        if draw(st.booleans()):
            node[key] = draw(values)
        else:
            node.pop(key, None)
        if not node:
            break
    return name, api, o


def _agree(name: str, api: str, page: list[Any]) -> None:
    mark(page)
    rows, rejected = records.kind(name, api).project(page, NOW)
    expected, refused = plain.project(name, api, page, NOW)
    for row in rows:
        orjson.dumps(row)
    for one in rejected:
        json.loads(records.dumps({"object": one.object, "reasons": one.reasons}))
        assert one.reasons
    # Only the fast code refuses values that cannot be written: stock jsonschema accepts NaN and surrogates.
    expected = [row for row in expected if _writable(row)]
    assert rows == expected
    assert len(rows) + len(rejected) == len(page)
    by_object = {id(o): faults for o, faults in refused}
    faults = [by_object[id(o)] for o in page if id(o) in by_object]
    told = [[reason["field"] for reason in one.reasons] for one in rejected]
    if len(told) == len(faults):
        for ours, stock in zip(told, faults, strict=True):
            assert ours == stock or ours == [""]


def _writable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_writable, value.values())) and all(map(_writable, value))
    if isinstance(value, list):
        return all(map(_writable, value))
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**64


@quick
@given(mutants())
def test_mutated_objects(mutant: tuple[str, str, dict[str, Any]]) -> None:
    name, api, o = mutant
    _agree(name, api, [o])
    _agree(name, api, [*(V2[name] if api == "v2" else [PUBLIC_TRACK]), o])


@quick
@given(st.sampled_from(KINDS), st.sampled_from(APIS), st.lists(values, max_size=4))
def test_any_objects(name: str, api: str, page: list[Any]) -> None:
    for raw in (False, True):
        mark(page)  # decoding does this, too
        rows, rejected = records.kind(name, api).project(page, NOW, raw=raw, subject="soundcloud:users:1")
        assert len(rows) + len(rejected) == len(page)
        for row in rows:
            text = orjson.dumps(row)
            assert b"secret_token" not in text
            assert b"date_of_birth" not in text
        for one in rejected:
            json.loads(records.dumps(one.object))
    for o in page:
        records.kind_of(o)
        key = records.kind(name, api).key(o)
        assert key is None or type(key) in (int, str)


@quick
@given(st.sampled_from(KINDS), st.lists(st.dictionaries(keys, values, max_size=4), max_size=3))
def test_any_rows_of_our_own(name: str, rows: list[dict[str, Any]]) -> None:
    good, bad = records.check(name, rows)
    assert len(good) + len(bad) == len(rows)


@quick
@given(st.one_of(st.binary(), any_text().map(str.encode), values.map(lambda value: json.dumps(value).encode())))
def test_any_body(body: bytes) -> None:
    try:
        value = records.decode(body)
    except records.BadBody:
        return
    records.dumps(records.redact(value))


@pytest.mark.parametrize("levels", [200, 300, 900, 20_000])
@pytest.mark.parametrize("where", ["city", "creator_subscriptions", "visuals", "more"])
def test_deep_objects(where: str, levels: int) -> None:
    deep: Any = 1
    for _ in range(levels):
        deep = [deep]
    o = V2["user"][1] | {where: deep}
    for raw in (False, True):
        rows, rejected = records.kind("user", "v2").project([V2["user"][0], o], NOW, raw=raw)
        assert len(rows) + len(rejected) == 2
        for row in rows:
            orjson.dumps(row)
        for one in rejected:
            assert len(records.dumps(one.object)) > levels
