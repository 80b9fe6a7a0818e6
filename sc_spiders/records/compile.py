"""The sources of a kind, compiled into one Python function over a page of API objects.

A field's `source` is a JMESPath expression. Names, dotted paths and `||` become Python, made from jmespath's own syntax
tree; jmespath itself evaluates all other expressions.

Most fields are the API's own under the same name. One dict merge (`page | object`) brings them into the row, together
with the other keys of the object. The object's shape (`shapes`) tells which of these keys are removed again. The
remaining fields are assigned one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jmespath

from .convert import identity, pair
from .kind_drift import Path
from .readable import types_of
from .schemas import schema
from .shapes import Layout, Observer

__all__ = ["Projection", "compile_kind", "projection"]

Tree = dict[str, Any]
Properties = dict[str, dict[str, Any]]

_NUMBERS = (int, float)

# Replaces `.get` of values that are not objects: JMESPath finds null there. A dict's method is faster than a function.
_NOTHING: Any = {}.get


@dataclass(frozen=True)
class Projection:
    """The result of `compile_kind`."""

    rows: Callable[[Any, str, str | None, Observer], list[dict[str, Any]]]
    """(objects, fetched_at, subject, observer) -> rows. Odd objects may make it raise anything: then project them one
    by one."""
    code: str
    """The Python source of `rows`, for readers."""
    reads: dict[str, tuple[Path, ...]]
    """The paths each field is taken from."""
    layout: Layout
    nested: tuple[Path, ...]
    """Paths of the objects whose members become fields, and whose keys are observed too."""

    def observer(self) -> Observer:
        """A new observer for `rows`."""
        return Observer(self.layout, self.nested)


def _path(tree: Tree) -> Path | None:
    """The path, if the expression is only a path; otherwise None."""
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] == "subexpression" and all(child["type"] == "field" for child in tree["children"]):
        return tuple(child["value"] for child in tree["children"])
    return None


def _paths(tree: Tree) -> Iterator[Path]:
    """The dotted paths that an expression reads. A path ends where another operation begins."""
    if path := _path(tree):
        yield path
    elif tree["type"] in ("subexpression", "index_expression", "projection"):
        yield from _paths(tree["children"][0])
    else:
        for child in tree["children"]:
            yield from _paths(child)


def _alternatives(tree: Tree) -> list[Path] | None:
    """The paths in `a || b.c || d`, or a single path; None for any other expression."""
    if tree["type"] != "or_expression":
        path = _path(tree)
        if path is None:
            return None
        return [path]
    paths: list[Path] = []
    for child in tree["children"]:
        found = _alternatives(child)
        if found is None:
            return None
        paths += found
    return paths


@dataclass
class _Writer:
    """The lines of the loop over a page's objects, and the names in them. `observed`: paths of nested objects."""

    observed: frozenset[Path]
    before: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    nested: dict[Path, str] = field(default_factory=dict)
    """By path, the list of these objects."""
    _getters: dict[Path, str] = field(default_factory=lambda: {(): "get"})

    def constant(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def read(self, path: Path) -> str:
        """A Python expression for the value at `path`. Lines that look up nested objects are added, each once."""
        *parent, name = path
        return f"{self._getter(tuple(parent))}({name!r})"

    def _getter(self, path: Path) -> str:
        if path not in self._getters:
            readable = re.sub(r"\W", "_", f"{len(self._getters)}_{'_'.join(path)}", flags=re.ASCII)
            nested, getter = f"nested{readable}", f"get{readable}"
            self.lines += [
                f"{nested} = {self.read(path)}",
                f"if type({nested}) is dict:",
                f"    {getter} = {nested}.get",
            ]
            if path in self.observed:
                self.nested[path] = f"all_{nested}"
                self.before.append(f"all_{nested} = []")
                self.lines.append(f"    all_{nested}.append({nested})")
            self.lines += ["else:", f"    {getter} = nothing"]
            self._getters[path] = getter
        return self._getters[path]

    def assign(self, name: str, source: str) -> None:
        """Lines that set the field `name` from a JMESPath expression."""
        row = f"row[{name!r}]"
        tree = jmespath.compile(source).parsed
        if alternatives := _alternatives(tree):
            first, *others = [self.read(path) for path in alternatives]
            self.lines.append(f"{row} = {first}")
            for other in others:
                # In JMESPath null, false, "", [] and {} are false, and 0 is true.
                self.lines += [f"if not {row} and type({row}) not in numbers:", f"    {row} = {other}"]
        elif tree["type"] == "current":
            self.lines.append(f"{row} = o")
        else:
            self.lines.append(f"{row} = {self.constant(jmespath.compile(source).search)}(o)")

    def pair(self, name: str, number: str, prefix: str, *, text_ids: bool) -> None:
        """Lines that make the URN `name` and the id `number` from each other. `text_ids`: an id may be a string."""
        urn, id_ = f"row[{name!r}]", f"row[{number!r}]"
        if number != "id":
            needed = f"{urn} is None or type({id_}) is not int"
            function = "pair"
        else:  # the object's own
            needed = f'{urn} != f"{prefix}{{{id_}}}"'
            function = "identity"
            if text_ids:  # the schema also accepts the text, so it must become a number here
                needed += f" or type({id_}) is not int"
        self.lines += [f"if {needed}:", f"    {id_}, {urn} = {function}({id_}, {urn}, {prefix!r})"]


def compile_kind(kind: str, api: str) -> Projection:
    """The projection of objects of `api` to rows of `kind`, with the fields in the schema's order."""
    declared = schema(kind)
    properties: Properties = declared["properties"]
    sources = _sources(properties, api)
    reads = {name: tuple(_paths(jmespath.compile(source).parsed)) for name, source in sources.items()}
    layout = _layout(declared, api, sources, reads)
    writer = _Writer(_observed(reads, layout))
    _write(writer, kind, declared, sources, layout)
    code = _code(writer, properties)
    names: dict[str, Any] = {
        "template": dict.fromkeys(properties) | {"kind": kind, "api": api},
        "nothing": _NOTHING,
        "numbers": _NUMBERS,
        "identity": identity,
        "pair": pair,
        **writer.names,
    }
    exec(compile(code, f"<projection of {api} {kind}>", "exec"), names)  # noqa: S102 - of our own schemas
    return Projection(names["rows"], code, reads, layout, tuple(writer.nested))


@cache
def projection(kind: str, api: str) -> Projection:
    """The projection of that kind, compiled once. Raises KeyError if there is no such kind."""
    return compile_kind(kind, api)


def _sources(properties: Properties, api: str) -> dict[str, str]:
    given = {name: one.get("source", {}).get(api) for name, one in properties.items()}
    return {name: source for name, source in given.items() if source is not None}


def _layout(declared: Tree, api: str, sources: dict[str, str], reads: dict[str, tuple[Path, ...]]) -> Layout:
    same = {name for name, source in sources.items() if name == source}
    if declared.get("kinds"):
        same.add("kind")  # the API's own: the schema refuses an object of another kind
    return Layout(
        fields=frozenset(declared["properties"]),
        same=frozenset(same),
        full=declared.get("full", {}).get(api),
        known=frozenset(_beginnings(reads.values(), 0)),
        ignored=frozenset(tuple(entry.split(".")) for entry in declared.get("ignored", ())),
    )


def _observed(reads: dict[str, tuple[Path, ...]], layout: Layout) -> frozenset[Path]:
    """Paths of the nested objects whose keys are observed, because any of them may be new."""
    parents = _beginnings(reads.values(), 1)
    return frozenset(parent for parent in parents if (*parent, "*") not in layout.ignored)


def _beginnings(reads: Iterable[tuple[Path, ...]], short: int) -> Iterator[Path]:
    """All prefixes of these paths that are at least `short` names shorter than the path."""
    for paths in reads:
        for path in paths:
            for length in range(1, len(path) + 1 - short):
                yield path[:length]


def _write(writer: _Writer, kind: str, declared: Tree, sources: dict[str, str], layout: Layout) -> None:
    """Write the lines that set fields of a row which the dict merge does not bring."""
    properties: Properties = declared["properties"]
    if len(declared.get("kinds", ())) > 1:
        names = writer.constant(dict.fromkeys(declared["kinds"], kind))
        writer.lines.append(f"row['kind'] = {names}.get(row['kind'], row['kind'])")
    if "partial" in properties:
        writer.lines.append("row['partial'] = shape.partial")
    for name, source in sources.items():
        if name not in layout.same:
            writer.assign(name, source)
    text_ids = "id" in properties and "string" in types_of(properties["id"])
    for name, one in properties.items():
        if "pair" in one:
            writer.pair(name, one["pair"]["id"], one["pair"]["prefix"], text_ids=text_ids)


def _code(writer: _Writer, properties: Properties) -> str:
    subjects = "".join(f", {name!r}: subject" for name, one in properties.items() if one.get("subject"))
    return "\n".join(
        (
            "def rows(objects, fetched_at, subject, observer):",
            f"    page = template | {{'fetched_at': fetched_at{subjects}}}",
            "    shapes = observer.shapes",
            "    made = []",
            *(f"    {line}" for line in writer.before),
            "    for o in objects:",
            "        row = page | o",
            "        shape = shapes[tuple(o)]",
            "        shape.count += 1",
            "        for key in shape.drop:",
            "            del row[key]",
            "        for key in shape.reset:",
            "            row[key] = page[key]",
            "        get = o.get",
            *(f"        {line}" for line in writer.lines),
            "        made.append(row)",
            f"    observer.count({', '.join(writer.nested.values())})",
            "    return made",
            "",
        )
    )
