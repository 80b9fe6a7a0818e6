"""Reads the schemas of all kinds: from `schemas/` of a checkout, or from within the package of a wheel or a zipped egg.

They are JSON Schema, draft-07, with a few more keywords. At the top:

- `key`: the fields that identify a record among those of its kind; without it, that is the URN.
- `kinds`: the API's own names of the kind; an object with another `kind` is refused.
- `full`: for each API, the key that only the full form of an object has.
- `ignored`: keys that are left out on purpose, and are no drift (dotted; `user.*` for all of a nested object, `*` for
  all).

In a field:

- `personal`: whether the field tells who is meant, and how: `id`, `name`, `link`, `text`, or `no` (`pseudonyms`).
- `source`: for each API that has the field, its JMESPath. A field without it is ours.
- `subject`: true if the value is the subject of the request, which the object itself does not contain.
- `pair`: `id`, `prefix`. If the API gives only one of this URN and that id, the other is made from it.
- `convert`: a name of `convert.CONVERSIONS`.
- `rare`: APIs in which even a full object may lack the field; its absence is no drift.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import orjson

__all__ = ["APIS", "FIELDS", "ITEM", "KINDS", "NAMES", "schema"]

APIS = ("v2", "public")

ITEM = "item"
"""Not a kind of records: items that a spider yields itself. They are written like a kind."""


def _folder() -> Traversable:
    inside = files("sc_spiders") / "schemas"
    if inside.is_dir():
        return inside
    return Path(__file__).parents[2] / "schemas"


_FOLDER = _folder()


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of the kind `name`. Raises KeyError if there is none."""
    file = _FOLDER / f"{name}.json"
    if not name.isidentifier() or not file.is_file():
        raise KeyError(name)
    loaded: dict[str, Any] = orjson.loads(file.read_bytes())
    return loaded


KINDS: tuple[str, ...] = tuple(
    sorted(file.name.removesuffix(".json") for file in _FOLDER.iterdir() if file.name.endswith(".json"))
)
"""Names of all kinds of records."""

FIELDS: dict[str, tuple[str, ...]] = {name: tuple(schema(name)["properties"]) for name in KINDS}
"""The fields of each kind, in the order of its records and of CSV columns."""

NAMES: dict[str, str] = {}
"""Our kind by the API's `kind`."""

for _kind in KINDS:
    NAMES.update(dict.fromkeys(schema(_kind).get("kinds", ()), _kind))
