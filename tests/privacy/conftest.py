from __future__ import annotations

from collections.abc import Iterator

import pytest

from sc_spiders.sandbox import Sandbox

from ..dataset.conftest import scrapy  # noqa: F401  # a fixture
from .world import named_in


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A SoundCloud of 30 users."""
    with Sandbox(users=30, seed=3) as running:
        yield running


@pytest.fixture(scope="session")
def shy(sandbox: Sandbox) -> int:
    """A user whom forss follows, who has tracks, playlists and comments."""
    world = sandbox.world
    found = [user for user in world.followings(183) if world.tracks(user) and world.comments_by(user)]
    return max(found, key=lambda user: len(world.tracks(user)))


@pytest.fixture(scope="session")
def names(sandbox: Sandbox) -> set[str]:
    """All that names somebody or something in the sandbox."""
    return named_in(sandbox.world)
