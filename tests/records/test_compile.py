"""Generated Python code finds the same values as jmespath."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest

from sc_spiders.records import compile as compiling

EXPRESSIONS = [
    "a",
    "b.c",
    "b.c.d",
    "a || b",
    "a || b.c || d",
    "b.c || a",
    "(a || b) || c",
    '"x-y"',
    '"x-y"."b.c"',
    "b.x_y || b_x.y",
    "@",
    # from jmespath's own tests
    "a[0]",
    "a[0].b",
    "a[].b",
    "b.{x: c}",
    "a || b[0]",
    "b.c | [0]",
    "keys(@)",
    "[a, b]",
    "a == b",
]

VALUES: list[dict[str, Any]] = [
    {},
    {"a": None, "b": None},
    {"a": 0, "b": 1, "d": 2},
    {"a": "", "b": {"c": "x"}},
    {"a": False, "b": {"c": {"d": 5}}, "c": 1},
    {"a": [], "b": [{"c": 1}], "d": 3},
    {"a": {}, "b": {"c": []}, "d": "last"},
    {"a": [{"b": 1}, {"b": 2}], "b": {"c": [7]}},
    {"a": 0.0, "b": "text"},
    {"x-y": {"b.c": 1}, "b": {"x_y": None}, "b_x": {"y": 2}},
    {"a": True, "b": {"x_y": 0}},
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_any_expression(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = {"properties": {"kind": {}, "found": {"source": {"v2": expression}}, "a": {"source": {"v2": "a"}}}}
    monkeypatch.setattr(compiling, "schema", lambda name: declared)
    projection = compiling.compile_kind("thing", "v2")
    rows = projection.rows(VALUES, "now", None, projection.observer())
    assert [row["found"] for row in rows] == [jmespath.search(expression, value) for value in VALUES]
    assert [row["a"] for row in rows] == [value.get("a") for value in VALUES]


@pytest.mark.parametrize("expression", EXPRESSIONS[:10])
def test_plain_expressions_become_python(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = {"properties": {"found": {"source": {"v2": expression}}}}
    monkeypatch.setattr(compiling, "schema", lambda name: declared)
    code = compiling.compile_kind("thing", "v2").code
    assert "(o)" not in code.replace("tuple(o)", "")  # no function gets the object


def test_what_an_expression_reads_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {"a": "a || b.c", "b": "x[0].y", "c": "{p: q.r, s: t}", "d": "@"}
    declared = {"properties": {name: {"source": {"v2": source}} for name, source in sources.items()}}
    monkeypatch.setattr(compiling, "schema", lambda name: declared)
    assert compiling.compile_kind("thing", "v2").reads == {
        "a": (("a",), ("b", "c")),
        "b": (("x",),),
        "c": (("q", "r"), ("t",)),
        "d": (),
    }
