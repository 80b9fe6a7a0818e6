"""Plays cassettes (betamax) to whole crawls: a download handler that asks a recorded session instead of the network.

It stands inside the project's own signing handler (`SC_DOWNLOAD_HANDLER`), so that all above the network is real.
Settings: CASSETTE names the file, CASSETTE_SECRETS what stands for each credential in it, CASSETTE_REPORT where misses
and leftovers go, CASSETTE_RECORD=1 records.
"""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import betamax
import requests
from betamax.cassette.cassette import Cassette
from betamax.exceptions import BetamaxError
from betamax.serializers import JSONSerializer
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

# What says when and by whom a recording was made, and nothing of the API.
_DROPPED = ("Set-Cookie", "Date", "Server")


class Readable(JSONSerializer):  # type: ignore[misc]
    """Cassettes as indented JSON: a person reviews them."""

    name = "readable"

    def serialize(self, cassette_data: dict[str, Any]) -> str:
        return json.dumps(cassette_data, indent=1, sort_keys=True) + "\n"


betamax.Betamax.register_serializer(Readable)


def _drop_headers(interaction: Any, cassette: Cassette) -> None:
    for name in _DROPPED:
        interaction.data["response"]["headers"].pop(name, None)


class CassetteHandler(BaseDownloadHandler):
    """Answers from a cassette. What is not in it, or is left over at the end, is reported."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        path = Path(settings["CASSETTE"])
        self._report = Path(settings["CASSETTE_REPORT"])
        self._missed: list[str] = []
        self._lock = threading.Lock()  # looking things up in a cassette is not safe between threads
        session = requests.Session()
        session.headers.clear()
        session.trust_env = False
        config = betamax.Betamax.configure()
        config.cassette_library_dir = str(path.parent)
        config.before_record(callback=_drop_headers)
        for placeholder, secret in json.loads(settings["CASSETTE_SECRETS"]).items():
            config.define_cassette_placeholder(placeholder, secret)
        recorder = betamax.Betamax(session)
        recorder.use_cassette(
            path.stem,
            serialize_with="readable",
            record="once" if settings.getbool("CASSETTE_RECORD") else "none",
            match_requests_on=["method", "uri"],
            allow_playback_repeats=False,
        )
        self._session, self._recorder = session, recorder
        recorder.start()

    async def download_request(self, request: Request) -> Response:
        answer = await asyncio.to_thread(self._ask, request)
        headers = Headers({name: value for name, value in answer.headers.items() if name.lower() != "content-encoding"})
        body = answer.content
        kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return kind(request.url, status=answer.status_code, headers=headers, body=body)

    def _ask(self, request: Request) -> requests.Response:
        # A compressed body would be stored as base64, where no placeholder reaches a secret.
        headers = {"Accept-Encoding": "identity"}
        try:
            with self._lock:
                return self._session.request(request.method, request.url, headers=headers, allow_redirects=False)
        except BetamaxError as error:
            self._missed.append(request.url)
            raise DownloadFailedError(f"not in the cassette: {request.url}") from error

    async def close(self) -> None:
        left = [one.data["request"]["uri"] for one in self._recorder.current_cassette.interactions if not one.used]
        self._recorder.stop()
        self._report.write_text(json.dumps({"missed": self._missed, "left": left}))
