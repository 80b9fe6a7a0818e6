"""Fixtures: a sandbox for all its tests, a client for it, and the official specification."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

from .client import Client
from .writer import Connect, Writer


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(users=300, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    client = Client(sandbox)
    yield client
    client.close()


def _nullable(schema: Any) -> Any:
    """Let every member be null: recorded answers are full of nulls, though the specification hardly allows any.

    It also contradicts itself on a comment's timestamp, a string in the schema and a number in the example, and on
    subscriptions, objects in the examples and lists in the schema.
    """
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _nullable(part) for name, part in schema.items()}
    for name, member in changed.get("properties", {}).items():
        if name == "subscriptions":
            changed["properties"][name] = {}
        elif isinstance(member, dict):
            kinds = [member, {"type": "null"}, *([{"type": "integer"}] if name == "timestamp" else [])]
            changed["properties"][name] = {"anyOf": kinds}
    return changed


@pytest.fixture(scope="session")
def specification(facts: Path) -> Any:
    """The official specification of the public API, in which every member may be null."""
    yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return _nullable(yaml.safe_load((facts / "openapi.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a writer for a new sandbox with these options."""
    with ExitStack() as stack:

        def make(token: str = "", **options: Any) -> Writer:
            sandbox = stack.enter_context(Sandbox(users=60, **options))
            writer = Writer(sandbox, token)
            stack.callback(writer.session.close)
            return writer

        yield make
