"""Other clients: `python -m bench.others NAME ADDRESS LIST ID...` walks lists with that client and writes nothing."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson

from bench.server import CLIENT_ID


def soundcloud_v2(address: str, name: str, ids: list[int]) -> None:
    """Walks the lists with soundcloud-v2, the client people use today, one after the other."""
    import soundcloud
    from soundcloud.requests import Request

    Request.base = address
    library = soundcloud.SoundCloud(client_id=CLIENT_ID)
    walk: Any = {
        "followers": library.get_user_followers,
        "tracks": library.get_user_tracks,
        "comments": library.get_track_comments,
    }[name]
    count = 0
    for id_ in ids:
        count += sum(1 for _ in walk(id_, limit=200))
    print(count, file=sys.stderr)


def bare_scrapy(address: str, name: str, ids: list[int]) -> None:
    """Walks the lists with a bare spider, which downloads, decodes with orjson, follows next_href, yields nothing."""
    from scrapy import Request, Spider
    from scrapy.crawler import CrawlerProcess
    from scrapy.http import Response

    class Bare(Spider):
        name = "bare"

        async def start(self) -> AsyncIterator[Request]:
            kind = {"comments": "tracks"}.get(name, "users")
            for id_ in ids:
                yield Request(f"{address}/{kind}/{id_}/{name}?limit=200&client_id={CLIENT_ID}")

        def parse(self, response: Response, **kwargs: Any) -> Iterator[Request]:
            data = orjson.loads(response.body)
            if data["next_href"]:
                yield Request(f"{data['next_href']}&client_id={CLIENT_ID}")

    process = CrawlerProcess(
        {
            "LOG_LEVEL": "INFO",
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        }
    )
    process.crawl(Bare)
    process.start()


if __name__ == "__main__":
    {"soundcloud_v2": soundcloud_v2, "bare_scrapy": bare_scrapy}[sys.argv[1]](
        sys.argv[2], sys.argv[3], [int(word) for word in sys.argv[4:]]
    )
