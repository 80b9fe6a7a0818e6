"""What other ways to read a page would cost: `python -m bench.typed`. Each kind's pages of 200 objects, v2.

- by msgspec: it decodes into types that are made from the schema's sources, and so checks types and bounds; then it
  searches for secrets as we do, and writes the lines. Left out: dates, ids that differ from their URN, unknown keys,
  and sources that are no paths.
- by column: the projected rows are checked column by column in Python, as jsonschema-rs checks them by row.

Rounds are interleaved; results are medians in µs of one core a record. Trust the ratios.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import chain
from keyword import iskeyword
from typing import Annotated, Any

import msgspec
import orjson

from bench.records import measure, page
from sc_spiders import records
from sc_spiders.records.convert import CONVERSIONS, groups
from sc_spiders.records.schemas import schema
from sc_spiders.records.validate import projected_valid
from sc_spiders.redaction.values import has_marks
from tests.records.samples import NOW, V2

_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list[Any],
    "object": dict[str, Any],
    "null": None,
}
_BOUNDS = {"minimum": "ge", "maximum": "le", "maxLength": "max_length", "pattern": "pattern"}
_SEARCHED = (CONVERSIONS["link"], CONVERSIONS["list"])  # for secrets

OURS = "ours: decode, project, validate, write lines"
TYPED = "msgspec: decode into types, check for secrets, write lines"
ROWS = "ours: validate projected rows"
COLUMNS = "by column: validate projected rows"


def _type(field: dict[str, Any]) -> Any:
    """The Python type of a schema's field, with its bounds."""
    names = [field["type"]] if isinstance(field["type"], str) else field["type"]
    bounds = {ours: field[theirs] for theirs, ours in _BOUNDS.items() if theirs in field}
    found: Any = None
    for name in names:
        one = _TYPES[name]
        of_text = name == "string"
        fitting = {key: value for key, value in bounds.items() if (key in ("max_length", "pattern")) == of_text}
        if fitting and name in ("string", "integer", "number"):
            one = Annotated[one, msgspec.Meta(**fitting)]
        found = one if found is None else found | one
    return found | None


def _read(expression: str) -> list[list[str]]:
    """The paths of a source that is a path or a choice of paths; none for other expressions."""
    paths = [one.strip().split(".") for one in expression.split("||")]
    return paths if all(name.isidentifier() for name in chain.from_iterable(paths)) else []


def typed(kind: str) -> Callable[[bytes], bytes]:
    """A function from a page's body to the lines of its records."""
    properties = schema(kind)["properties"]
    sources = {name: one["source"]["v2"] for name, one in properties.items() if "v2" in one.get("source", {})}
    tree: dict[str, Any] = {}
    for name, source in sources.items():
        for *parents, last in _read(source):
            node = tree
            for parent in parents:
                node = node.setdefault(parent, {})
            if not isinstance(node.get(last), dict):
                node[last] = _type(properties[name])
    record = msgspec.defstruct("Record", [(_named(name), Any) for name in properties], rename=_plain, gc=False)
    code = f"lambda o, now: Record({', '.join(_value(name, sources, kind) for name in properties)})"
    make = eval(code, {"Record": record})
    decoder = msgspec.json.Decoder(list[_struct("Object", tree)])  # type: ignore[misc]
    encoder = msgspec.json.Encoder()
    checks = [(how.needed, [_named(name) for name in names]) for how, names in groups(kind, "v2") if how in _SEARCHED]

    def lines(body: bytes) -> bytes:
        found = [make(one, NOW) for one in decoder.decode(body)]
        has_marks(body)
        for needed, names in checks:
            needed([value for one in found for name in names if (value := getattr(one, name)) is not None])
        return encoder.encode_lines(found)

    return lines


def _struct(name: str, tree: dict[str, Any]) -> Any:
    fields = [
        (_named(key), (_struct(key, one) | None) if isinstance(one, dict) else one, None) for key, one in tree.items()
    ]
    return msgspec.defstruct(name, fields, rename=_plain, gc=False)


def _value(name: str, sources: dict[str, str], kind: str) -> str:
    if name in sources:
        return " or ".join(map(_chain, _read(sources[name]))) or "None"
    return {"kind": repr(kind), "fetched_at": "now", "api": "'v2'", "partial": "False"}.get(name, "None")


def _chain(path: Sequence[str]) -> str:
    """An expression for the value at a path, None if an object on the way is null."""
    steps = ["o"]
    for name in path:
        steps.append(f"{steps[-1]}.{_named(name)}")
    return "(" + " and ".join(steps[1:]) + ")" if len(path) > 1 else steps[-1]


def _named(name: str) -> str:
    return f"{name}_" if iskeyword(name) else name


def _plain(name: str) -> str:
    return name.removesuffix("_")


def by_column(kind: str) -> Callable[[list[dict[str, Any]]], bool]:
    """A function that checks types and bounds of projected rows."""
    checks = []
    for field in schema(kind)["properties"].values():
        names = [field["type"]] if isinstance(field["type"], str) else field["type"]
        types = {type(None) if name == "null" else getattr(_TYPES[name], "__origin__", _TYPES[name]) for name in names}
        checks.append((types, field.get("minimum"), field.get("maxLength")))

    def check(rows: list[dict[str, Any]]) -> bool:
        for (types, least, longest), column in zip(checks, zip(*map(dict.values, rows), strict=True), strict=True):
            found = set(map(type, column))
            if not found <= types:
                return False
            if least is not None and int in found and min(one for one in column if type(one) is int) < least:
                return False
            if longest and str in found and max(len(one) for one in column if type(one) is str) > longest:
                return False
        return True

    return check


def ways(kind: str) -> dict[str, Callable[[], Any]]:
    """The functions to compare, by name."""
    body, ours, drift = page(kind), records.kind(kind, "v2"), records.Drift("v2")
    rows, _ = ours.project(orjson.loads(body), NOW)
    lines, check = typed(kind), by_column(kind)

    def all_of_ours() -> bytearray:
        made = bytearray()
        for row in ours.project(records.decode(body), NOW, drift=drift)[0]:
            made += orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        return made

    return {
        OURS: all_of_ours,
        TYPED: lambda: lines(body),
        ROWS: lambda: projected_valid(kind, "v2", rows),
        COLUMNS: lambda: check(rows),
    }


def main() -> None:
    (rounds,) = map(int, sys.argv[1:] or ["7"])
    found = {kind: measure(ways(kind), rounds) for kind in V2}
    print(f"{'µs a record, v2, pages of 200':<56}" + "".join(f"{kind:>11}" for kind in found))
    for name in (OURS, TYPED, ROWS, COLUMNS):
        print(f"{name:<56}" + "".join(f"{times[name]:>11.2f}" for times in found.values()))


if __name__ == "__main__":
    main()
