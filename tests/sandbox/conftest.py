"""Fixtures: a sandbox for all its tests, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sc_spiders.sandbox import Sandbox

from .client import Client


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(users=300, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    client = Client(sandbox)
    yield client
    client.close()
