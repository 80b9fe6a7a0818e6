"""Pseudonyms, and people nothing is written about, in a crawl that several workers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sc_spiders.sandbox import Sandbox
from tests.privacy.test_pseudonyms import text_of, told
from tests.privacy.world import named_in, of_user

from .workers import Workers, graph, truth

Make = Callable[..., Workers]
KEY = "0123456789abcdef" * 4


def left_by(crawl: Workers) -> str:
    """The files that the workers have written, and their logs."""
    files = [path for path in sorted((crawl.folder / "output").rglob("*")) if path.is_file()]
    return "\n".join([*map(text_of, files), crawl.logs()])


def test_workers_write_the_same_pseudonyms(workers: Make, small: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    crawl = workers(sandbox=small, SC_PSEUDONYMS=tmp_path / "key", SC_RATE=120)
    for _ in range(2):
        crawl.start()
    assert crawl.wait() == [0, 0], crawl.logs()

    users, edges = graph(crawl.merged())
    true_users, true_edges = truth(small.world)
    assert (len(users), len(edges)) == (len(true_users), len(true_edges))
    assert {end for _, *ends in edges for end in ends} <= users
    assert told(named_in(small.world), left_by(crawl)) == set()


@pytest.mark.parametrize("kind", ["id", "address"])
def test_no_worker_writes_about_somebody_on_the_list(workers: Make, small: Sandbox, tmp_path: Path, kind: str) -> None:
    world = small.world
    names = Counter(world.user(user)["username"] for user in world.users)
    alone = [user for user in world.followings(183) if names[world.user(user)["username"]] == 1]
    shy = max(alone, key=lambda user: len(world.followers(user)))
    line = str(shy) if kind == "id" else f"https://soundcloud.com/{world.user(shy)['permalink']}"
    (tmp_path / "never").write_text(line)
    crawl = workers(sandbox=small, SC_NEVER=tmp_path / "never", SC_RATE=120)
    for _ in range(2):
        crawl.start()
    assert crawl.wait() == [0, 0], crawl.logs()

    users, edges = graph(crawl.merged())
    urn = f"soundcloud:users:{shy}"
    true_users, true_edges = truth(world)
    assert users <= true_users - {urn}
    assert edges <= {edge for edge in true_edges if urn not in edge}
    assert {edge for edge in true_edges if "soundcloud:users:183" in edge and urn not in edge} <= edges
    assert told(of_user(world, shy), left_by(crawl)) == set()
