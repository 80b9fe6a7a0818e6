"""A Redis that comes back with an older state: what it said of users does not count any more."""

from pathlib import Path

from redis import Redis

from sc_spiders.frontier.base import Ack, Frontier
from sc_spiders.pages.namespaces import Namespace
from tests.cluster.server import RedisServer

from .test_protocol import leased, names, redis_frontier, run, spec, users


def test_users_that_it_forgot_are_followed_again(tmp_path: Path) -> None:
    """The worker gets the list that led to them again, before it hears that it lost anything."""
    server = RedisServer(tmp_path, "--appendonly", "no").start()

    async def walk(frontier: Frontier) -> None:
        with Redis(port=server.port) as client:
            client.save()
        (listing,) = await leased(frontier)
        frontier.seen.add(Namespace.followed(), [3])
        frontier.seen.stage(listing.id)
        await frontier.acknowledge(Ack(listing.end("end"), users(3, level=1)))
        assert names(await leased(frontier)) == ["soundcloud:users:3"]
        assert frontier.seen.fresh(Namespace.followed(), [3]) == []
        server.kill()
        server.start()
        assert names(await leased(frontier)) == names([listing])
        assert frontier.seen.fresh(Namespace.followed(), [3]) == [3]

    run(redis_frontier(server, 0), spec(users(1), unordered_from=0), walk)
    server.stop()
