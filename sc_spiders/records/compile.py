"""The sources of a kind, compiled into one Python function over a page of API objects.

A field's `source` is a JMESPath expression. Names, dotted paths and `||` become Python, made from jmespath's own syntax
tree; whatever else JMESPath has goes through jmespath itself.

Most fields are the API's own under the same name. They come into the row by one dict merge (`template | object`), and
what else came with them is taken out again by what is known of the object's shape: the tuple of its keys, which is
looked up once an object and counted for drift on the way. The other fields are assigned one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jmespath

from .convert import identity, pair
from .drift import Noticed, Path, Sight
from .readable import types_of
from .schemas import schema

__all__ = ["Projection", "Shape", "Shapes", "compile_kind"]

Tree = dict[str, Any]

_NUMBERS = (int, float)


# Stands for `.get` of what is no object: JMESPath finds null there. A method of a dict costs no call of ours.
_NOTHING: Any = {}.get


@dataclass(slots=True)
class Shape:
    """What is known of the objects with certain keys."""

    count: int
    """Objects seen, and not yet noted."""
    sight: Sight
    """What drift makes of the keys."""
    partial: bool
    """Whether they lack what tells the full form."""
    drop: tuple[str, ...]
    """Keys that are no fields."""
    reset: tuple[str, ...]
    """Keys that have the name of a field which is not taken from there."""
    noted: bool = False
    """Whether drift knows of it: once is enough where no key is unknown."""


class Shapes(dict[tuple[str, ...], Shape]):
    """By the keys of an object, in their order. Bounded, in case an API makes keys up.

    `noticed`: what is kept of them; `parent`: where the objects stand. `fields`, `same`: of the kind, and those that
    have the name of what they are taken from; `full`: the key that tells the full form.
    """

    LIMIT = 500
    LONGEST = 10_000  # characters of all keys of an object

    def __init__(
        self,
        noticed: Noticed,
        parent: Path = (),
        fields: frozenset[str] = frozenset(),
        same: frozenset[str] = frozenset(),
        full: str | None = None,
    ) -> None:
        super().__init__()
        self.noticed = noticed
        self._parent = parent
        self._fields = fields
        self._same = same
        self._full = full

    def __missing__(self, keys: tuple[str, ...]) -> Shape:
        taken = [key for key in keys if key not in self._same]
        shape = Shape(
            count=0,
            sight=self.noticed.sight(self._parent, keys),
            partial=self._full is not None and self._full not in keys,
            drop=tuple(key for key in taken if key not in self._fields),
            reset=tuple(key for key in taken if key in self._fields),
        )
        if sum(map(len, keys)) > self.LONGEST:
            self._note(shape, 1)  # for whoever made these up makes up more
            return shape
        if len(self) >= self.LIMIT:
            self.settle()
            self.clear()
        self[keys] = shape
        return shape

    def settle(self) -> None:
        """Note what was counted since the last time."""
        for shape in self.values():
            if shape.count:
                if shape.sight[0] or not shape.noted:
                    self._note(shape, shape.count)
                    shape.noted = True
                shape.count = 0

    def _note(self, shape: Shape, count: int) -> None:
        self.noticed.add(shape.sight, count, full=not self._parent and not shape.partial)


@dataclass(frozen=True)
class Projection:
    """What `compile_kind` makes."""

    rows: Callable[[Any, str, str | None], list[dict[str, Any]]]
    """(objects, fetched_at, subject) -> rows. Raises whatever odd objects provoke: then try them one by one."""
    code: str
    """The Python it was made of, to read."""
    reads: dict[str, tuple[Path, ...]]
    """The paths each field is taken from."""
    shapes: Shapes
    """Of the objects themselves."""
    nested: dict[Path, Shapes]
    """Of the objects they are flattened from, by their paths."""
    noticed: Noticed
    """What all of these amount to; `settle` brings it up to date."""

    def settle(self) -> Noticed:
        """What was noticed of all objects so far."""
        self.shapes.settle()
        for shapes in self.nested.values():
            shapes.settle()
        return self.noticed

    def reset(self) -> None:
        """Forget what was noticed."""
        self.shapes.clear()
        for shapes in self.nested.values():
            shapes.clear()
        self.noticed.reset()


def _count(shapes: Shapes, found: list[dict[str, Any]]) -> None:
    for keys, count in Counter(map(tuple, found)).items():
        shapes[keys].count += count


def _path(tree: Tree) -> Path | None:
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] == "subexpression" and all(child["type"] == "field" for child in tree["children"]):
        return tuple(child["value"] for child in tree["children"])
    return None


def _paths(tree: Tree) -> Iterator[Path]:
    """The dotted paths that an expression reads; where it goes on otherwise, what comes before that."""
    if path := _path(tree):
        yield path
    elif tree["type"] in ("subexpression", "index_expression", "projection"):
        yield from _paths(tree["children"][0])
    else:
        for child in tree["children"]:
            yield from _paths(child)


def _alternatives(tree: Tree) -> list[Path] | None:
    """The paths of `a || b.c || d`, or of a single path; None for any other expression."""
    if tree["type"] == "or_expression":
        found = [_alternatives(child) for child in tree["children"]]
        return None if None in found else [path for paths in found for path in paths or ()]
    path = _path(tree)
    return [path] if path else None


@dataclass
class _Writer:
    """Lines of the loop over a page's objects, and the names they use."""

    watched: frozenset[Path]
    noticed: Noticed
    before: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    nested: dict[Path, Shapes] = field(default_factory=dict)
    _getters: dict[Path, str] = field(default_factory=lambda: {(): "get"})

    def constant(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def read(self, path: Path) -> str:
        """An expression for what is at `path`; lines that look nested objects up, once each, come before it."""
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
            if path in self.watched:
                self.nested[path] = Shapes(self.noticed, path)
                self.lines.append(f"    all_{nested}.append({nested})")
                self.before.append(f"all_{nested} = []")
                self.after.append(f"count({self.constant(self.nested[path])}, all_{nested})")
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
                # JMESPath takes null, false, "", [] and {} for false, and 0 for true.
                self.lines += [f"if not {row} and type({row}) not in numbers:", f"    {row} = {other}"]
        elif tree["type"] == "current":
            self.lines.append(f"{row} = o")
        else:
            self.lines.append(f"{row} = {self.constant(jmespath.compile(source).search)}(o)")


def compile_kind(kind: str, api: str) -> Projection:
    """The projection of objects of `api` to rows of `kind`, with the fields in the schema's order."""
    declared = schema(kind)
    properties: dict[str, dict[str, Any]] = declared["properties"]
    sources = {
        name: source for name, one in properties.items() if (source := one.get("source", {}).get(api)) is not None
    }
    reads = {name: tuple(_paths(jmespath.compile(source).parsed)) for name, source in sources.items()}
    ignored = frozenset(tuple(entry.split(".")) for entry in declared.get("ignored", ()))
    known = frozenset(path[:n] for paths in reads.values() for path in paths for n in range(1, len(path) + 1))
    noticed = Noticed(known, ignored)
    parents = {path[:n] for found in reads.values() for path in found for n in range(1, len(path))}
    same = {name for name, source in sources.items() if name == source}
    if declared.get("kinds"):
        same.add("kind")  # the API's own, so that the schema refuses an object of another kind

    writer = _Writer(frozenset(parent for parent in parents if (*parent, "*") not in ignored), noticed)
    if len(declared.get("kinds", ())) > 1:
        names = writer.constant(dict.fromkeys(declared["kinds"], kind))
        writer.lines.append(f"row['kind'] = {names}.get(row['kind'], row['kind'])")
    if "partial" in properties:
        writer.lines.append("row['partial'] = shape.partial")
    for name, source in sources.items():
        if name not in same:
            writer.assign(name, source)
    for name, one in properties.items():
        if "pair" in one:
            number, urn, prefix = f"row[{one['pair']['id']!r}]", f"row[{name!r}]", one["pair"]["prefix"]
            writer.lines += [
                f"if {urn} is None or type({number}) is not int:",
                f"    {number}, {urn} = pair({number}, {urn}, {prefix!r})",
            ]
            if one["pair"]["id"] == "id":  # its own
                # Where a text will do as an id, no schema tells that a number in digits was meant.
                spelt = f" or type({number}) is not int" if "string" in types_of(properties["id"]) else ""
                writer.lines[-2:] = [
                    f'if {urn} != f"{prefix}{{{number}}}"{spelt}:',
                    f"    {number}, {urn} = identity({number}, {urn}, {prefix!r})",
                ]

    subjects = "".join(f", {name!r}: subject" for name, one in properties.items() if one.get("subject"))
    code = "\n".join(
        (
            "def rows(objects, fetched_at, subject):",
            f"    page = template | {{'fetched_at': fetched_at{subjects}}}",
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
            *(f"    {line}" for line in writer.after),
            "    return made",
            "",
        )
    )
    shapes = Shapes(noticed, (), frozenset(properties), frozenset(same), declared.get("full", {}).get(api))
    names_used: dict[str, Any] = {
        "template": dict.fromkeys(properties) | {"kind": kind, "api": api},
        "shapes": shapes,
        "count": _count,
        "nothing": _NOTHING,
        "numbers": _NUMBERS,
        "identity": identity,
        "pair": pair,
        **writer.names,
    }
    exec(compile(code, f"<projection of {api} {kind}>", "exec"), names_used)  # noqa: S102 - of our own schemas
    return Projection(names_used["rows"], code, reads, shapes, writer.nested, noticed)
