"""Only engine.py uses private names of Scrapy and Twisted. Lint overlooks those that a class inherits."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Iterator

import sc_spiders

_FOREIGN = ("scrapy", "twisted")
_MAY = "sc_spiders.engine"


def _classes() -> Iterator[type]:
    """All classes of the project that inherit from one of Scrapy's or Twisted's."""
    for module in pkgutil.walk_packages(sc_spiders.__path__, "sc_spiders."):
        if module.name.endswith("__main__"):
            continue
        for found in vars(importlib.import_module(module.name)).values():
            is_own = inspect.isclass(found) and found.__module__ == module.name != _MAY
            if is_own and _foreign_bases(found) and _is_written(found):
                yield found


def _is_written(found: type) -> bool:
    """Whether it is a class of the source, and none that is made from a schema."""
    return f"class {found.__name__}" in inspect.getsource(sys.modules[found.__module__])


def _foreign_bases(found: type) -> list[type]:
    return [base for base in found.__mro__ if base.__module__.partition(".")[0] in _FOREIGN]


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _names(found: type) -> set[str]:
    """The private attributes that a class has, gives to itself, or reads."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(found)))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_of_itself(node.value)}
    return {name for name in used | vars(found).keys() if _is_private(name)}


def _is_of_itself(owner: ast.expr) -> bool:
    match owner:
        case ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super")):
            return True
    return False


def _inherited(found: type) -> set[str]:
    """The private names of a foreign class that a class of ours uses or overrides."""
    theirs = {name for base in _foreign_bases(found) for name in _names(base)}
    # Python gives every abstract class the one, and the metaclass of items every item the other.
    return (_names(found) & theirs) - {"_abc_impl", "_class"}


def test_no_private_name_is_inherited() -> None:
    inherited = {f"{found.__module__}.{found.__name__}": _inherited(found) for found in _classes()}
    assert len(inherited) > 20
    assert {name: names for name, names in inherited.items() if names} == {}
