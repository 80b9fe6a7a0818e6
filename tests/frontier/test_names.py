"""No two workers of a shared crawl have one name: its folder and its files would be those of both."""

import asyncio
from pathlib import Path

from tests.cluster.server import RedisServer

from .test_protocol import redis_frontier, spec, users


def test_workers_of_one_process_have_names_of_their_own(tmp_path: Path) -> None:
    """Neither has a folder yet. In containers, hosts and process ids may be the same as well."""
    server = RedisServer(tmp_path).start()
    frontiers = [redis_frontier(server, 0) for _ in range(3)]

    async def join() -> None:
        for frontier in frontiers:
            await frontier.open(spec(users(1)))
        for frontier in frontiers:
            await frontier.finish("shutdown")

    asyncio.run(join())
    server.stop()
    assert len({frontier.worker for frontier in frontiers}) == len(frontiers)
