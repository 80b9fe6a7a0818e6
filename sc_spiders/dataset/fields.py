"""What the schemas say of records and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sc_spiders.records import FIELDS, schema
from sc_spiders.records.readable import types_of

NODES = ("user", "track", "playlist", "comment", "selection")
"""The kinds of nodes, in the order in which exports write them."""
WHOLE = frozenset({"listing", "crawl"})
"""Kinds whose fields must match their schemas exactly, since completeness depends on them."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a schema declares."""

    name: str
    declared: Mapping[str, Any]
    types: tuple[str, ...]
    """Types of JSON, without null."""
    is_nullable: bool
    """Whether its schema allows null."""
    is_required: bool
    """Whether it is never null, even in records of other programs."""

    @property
    def is_time(self) -> bool:
        """Whether it holds a time: ISO 8601, UTC."""
        pattern = self.declared.get("pattern", "")
        return bool(pattern.startswith("^[0-9]{4}-") and pattern.endswith("Z$"))


@cache
def fields(kind: str) -> Mapping[str, Field]:
    """The fields of a kind by name, in their order."""
    properties = schema(kind)["properties"]
    return {name: _field(kind, name, properties[name]) for name in FIELDS[kind]}


def _field(kind: str, name: str, declared: dict[str, Any]) -> Field:
    types = types_of(declared)
    is_nullable = "null" in types
    is_required = not is_nullable and (kind in WHOLE or name in names(kind))
    return Field(name, declared, tuple(one for one in types if one != "null"), is_nullable, is_required)


def key(kind: str) -> tuple[str, ...]:
    """The fields that identify a record among those of its kind."""
    return tuple(schema(kind).get("key", ("urn",)))


def names(kind: str) -> tuple[str, ...]:
    """The fields that identify a record among those of all kinds. Every record has these fields."""
    return "kind", *key(kind)
