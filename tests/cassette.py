"""Plays cassettes (betamax) to whole crawls: a download handler that asks a recorded session instead of the network.

It replaces the handler inside the project's signing handler (`SC_DOWNLOAD_HANDLER`): all but the network is real.
Settings: CASSETTE: the file. CASSETTE_SECRETS: a placeholder for each credential. CASSETTE_REPORT: a file for misses
and leftovers. CASSETTE_RECORD=1: record.
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

# Headers that tell when and by whom a recording was made. They say nothing about the API.
_DROPPED = ("Set-Cookie", "Date", "Server")


class Readable(JSONSerializer):  # type: ignore[misc]
    """Writes cassettes as indented JSON, so that people can review them."""

    name = "readable"

    def serialize(self, cassette_data: dict[str, Any]) -> str:
        return json.dumps(cassette_data, indent=1, sort_keys=True) + "\n"


betamax.Betamax.register_serializer(Readable)


def _drop_headers(interaction: Any, cassette: Cassette) -> None:
    for name in _DROPPED:
        interaction.data["response"]["headers"].pop(name, None)


class CassetteHandler(BaseDownloadHandler):
    """Answers from a cassette. Reports requests that are not in it, and recorded ones that were never sent."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        path = Path(settings["CASSETTE"])
        self._report = Path(settings["CASSETTE_REPORT"])
        self._missed: list[str] = []
        self._lock = threading.Lock()  # look-ups in a cassette are not thread-safe
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
        # A compressed body would be stored as base64, and placeholders could not replace secrets in it.
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
