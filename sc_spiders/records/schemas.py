"""The schemas of all kinds, as they lie in the package `schemas`, in a zipped egg too."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson

__all__ = ["APIS", "FIELDS", "KINDS", "NAMES", "schema"]

APIS = ("v2", "public")


@cache
def schema(name: str) -> dict[str, Any]:
    """Schema of the kind `name`: draft-07 plus the keywords that docs/schemas.md explains. KeyError if unknown."""
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
