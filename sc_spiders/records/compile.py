"""The sources of a kind, compiled into one Python function.

A field's `source` is a JMESPath expression. Names, dotted paths and `||` become Python, made from jmespath's own
syntax tree; whatever else JMESPath has goes through jmespath itself. Nested objects are looked up once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jmespath

from .convert import CONVERSIONS, pair
from .redact import strip, suspicious
from .schemas import schema

__all__ = ["Compiled", "compile_kind", "paths"]

Path = tuple[str, ...]
Project = Callable[..., list[dict[str, Any]]]

_NUMBERS = (int, float)


def _nothing(name: str) -> None:
    """Stands for `.get` of what is no object: JMESPath finds null there."""


def paths(tree: dict[str, Any]) -> Iterator[Path]:
    """The dotted paths that the syntax tree of an expression reads (their beginnings, where it goes on otherwise)."""
    if path := _path(tree):
        yield path
    else:
        for child in (
            tree["children"][:1] if tree["type"] in ("subexpression", "index_expression") else tree["children"]
        ):
            yield from paths(child)


def _path(tree: dict[str, Any]) -> Path | None:
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] == "subexpression" and all(child["type"] == "field" for child in tree["children"]):
        return tuple(child["value"] for child in tree["children"])
    return None


@dataclass(frozen=True)
class Compiled:
    """What `compile_kind` makes."""

    project: Project
    """(objects, fetched_at, subject, shapes) -> rows. Raises whatever odd objects provoke: then go one by one."""
    code: str
    """The Python it was made of, to read."""
    reads: dict[str, tuple[Path, ...]]
    """The paths each field is taken from."""


@dataclass
class _Writer:
    """Lines of the loop over a page's objects, and the names they use."""

    watched: frozenset[Path]
    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    getters: dict[Path, str] = field(default_factory=lambda: {(): "get"})
    variables: int = 0

    def variable(self, value: str) -> str:
        self.variables += 1
        name = f"v{self.variables}"
        self.lines.append(f"{name} = {value}")
        return name

    def constant(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def getter(self, path: Path) -> str:
        """The name of the `get` of the nested object at `path`."""
        if path not in self.getters:
            nested = self.variable(self.read(path))
            self.getters[path] = name = f"get_{len(self.getters)}"
            self.lines.append(f"if type({nested}) is dict:")
            self.lines.append(f"    {name} = {nested}.get")
            if path in self.watched:
                self.lines.append(f"    shapes[{path!r}].append({nested})")
            self.lines.append("else:")
            self.lines.append(f"    {name} = nothing")
        return self.getters[path]

    def read(self, path: Path) -> str:
        return f"{self.getter(path[:-1])}({path[-1]!r})"

    def value(self, tree: dict[str, Any], expression: str) -> str:
        """A Python expression for the value of a JMESPath expression."""
        if path := _path(tree):
            return self.read(path)
        if tree["type"] == "current":
            return "o"
        if tree["type"] == "or_expression" and all(_simple(child) for child in tree["children"]):
            left, right = tree["children"]
            name = self.variable(self.value(left, ""))
            # JMESPath takes null, false, "", [] and {} for false, and 0 for true.
            self.getters_now(right)
            self.lines.append(f"if not {name} and type({name}) not in numbers:")
            self.lines.append(f"    {name} = {self.value(right, '')}")
            return name
        return f"{self.constant(jmespath.compile(expression).search)}(o)"

    def getters_now(self, tree: dict[str, Any]) -> None:
        """Looks nested objects up before a condition, since others use them too."""
        for path in paths(tree):
            self.getter(path[:-1])


def _simple(tree: dict[str, Any]) -> bool:
    """Whether an expression stays one line of Python, so that it may stand on either side of `||`."""
    if tree["type"] == "or_expression":
        return _simple(tree["children"][0]) and _path(tree["children"][1]) is not None
    return _path(tree) is not None


def compile_kind(kind: str, api: str) -> Compiled:
    """The projection of API objects to rows of `kind`, fields in the schema's order."""
    declared = schema(kind)
    properties: dict[str, dict[str, Any]] = declared["properties"]
    trees = {
        name: jmespath.compile(source).parsed
        for name, one in properties.items()
        if (source := one.get("source", {}).get(api)) is not None
    }
    reads = {name: tuple(paths(tree)) for name, tree in trees.items()}
    ignored = {tuple(entry.split(".")) for entry in declared.get("ignored", ())}
    parents = {path[:n] for found in reads.values() for path in found for n in range(1, len(path))}
    watched = frozenset(parent for parent in parents if (*parent, "*") not in ignored)

    writer = _Writer(watched)
    values: dict[str, str] = {}
    links: list[str] = []
    for name, one in properties.items():
        if name in trees:
            value = writer.value(trees[name], one["source"][api])
        elif one.get("subject"):
            value = "subject"
        else:
            value = "None"
        conversion = one.get("convert")
        if isinstance(conversion, dict):
            conversion = conversion.get(api)
        if conversion == "link" and value != "None":
            value = writer.variable(value)
            links.append(value)
        elif conversion and value != "None":
            function = writer.constant(CONVERSIONS[conversion])
            value = writer.variable(value)
            writer.lines.append(f"if {value} is not None:")
            writer.lines.append(f"    {value} = {function}({value})")
        values[name] = value
    for name, one in properties.items():
        if "pair" in one:
            partner = one["pair"]["id"]
            number, urn = writer.variable(values[partner]), writer.variable(values[name])
            writer.lines.append(f"if {urn} is None or type({number}) is not int:")
            writer.lines.append(f"    {number}, {urn} = pair({number}, {urn}, {one['pair']['prefix']!r})")
            values[partner], values[name] = number, urn
    if links:
        # One look at all of them together: share links are rare.
        together = "".join(f"{{{name}}} " for name in links)
        writer.lines.append(f'if suspicious(f"{together}"):')
        writer.lines.extend(f"    {name} = strip({name})" for name in links)
    values.update(fetched_at="fetched_at", api=repr(api), kind=repr(kind))
    if kinds := declared.get("kinds"):
        values["kind"] = f"get('kind', {kind!r})"
        if kinds != [kind]:
            values["kind"] = f"{writer.constant(dict.fromkeys(kinds, kind))}.get({values['kind']})"
    if "partial" in properties:
        values["partial"] = f"{declared['full'][api]!r} not in o"

    code = "\n".join(
        (
            "def project(objects, fetched_at, subject, shapes):",
            "    rows = []",
            "    for o in objects:",
            "        get = o.get",
            *(f"        {line}" for line in writer.lines),
            "        rows.append({",
            *(f"            {name!r}: {values[name]}," for name in properties),
            "        })",
            "    return rows",
            "",
        )
    )
    names: dict[str, Any] = {
        "nothing": _nothing,
        "numbers": _NUMBERS,
        "pair": pair,
        "strip": strip,
        "suspicious": suspicious,
        **writer.names,
    }
    exec(compile(code, f"<projection of {api} {kind}>", "exec"), names)  # noqa: S102 - made of our own schemas
    return Compiled(names["project"], code, reads)
