"""The schemas of all kinds, as they lie in the package `schemas`, in a zipped egg too.

They are JSON Schema, draft-07, with a few keywords more. At the top:

- `kinds`: the API's own names of the kind; an object with another `kind` is refused.
- `full`: for each API, the key that only the full form of an object has.
- `ignored`: keys (dotted; `user.*` for all of a nested object, `*` for all) left out on purpose, so that drift does not
  tell of them.

In a field:

- `source`: for each API that has it, the JMESPath of where it is found. A field without is ours.
- `subject`: true where the value is what was asked about, which the object itself does not say.
- `pair`: `id`, `prefix`. This URN and that id are made from each other where the API gives only one.
- `convert`: a name of `convert.CONVERSIONS`.
- `rare`: APIs in which even a full object may lack it; drift does not miss it there.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson

__all__ = ["APIS", "FIELDS", "KINDS", "NAMES", "schema"]

APIS = ("v2", "public")


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of the kind `name`. KeyError if there is none."""
    file = files("schemas") / f"{name}.json"
    if not name.isidentifier() or not file.is_file():
        raise KeyError(name)
    loaded: dict[str, Any] = orjson.loads(file.read_bytes())
    return loaded


KINDS: tuple[str, ...] = tuple(
    sorted(file.name.removesuffix(".json") for file in files("schemas").iterdir() if file.name.endswith(".json"))
)
"""Names of all kinds of records."""

FIELDS: dict[str, tuple[str, ...]] = {name: tuple(schema(name)["properties"]) for name in KINDS}
"""The fields of each kind, in the order of its records and of CSV columns."""

NAMES: dict[str, str] = {alias: name for name in KINDS for alias in schema(name).get("kinds", ())}
"""Our kind by the API's `kind`."""
