"""Checks settings, schemas, spiders and the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from sc_spiders import records
from sc_spiders.config.checks import check_settings
from sc_spiders.config.components import give_settings
from sc_spiders.config.doctor.finding import Finding
from sc_spiders.errors import needs
from sc_spiders.records.schemas import APIS

_SECONDS = 10.0  # limit for an answer of the sandbox


def settings(settings: BaseSettings) -> Iterator[Finding]:
    copy = settings.copy()
    problems = [*check_settings(copy), *give_settings(copy)]
    for problem in problems:
        yield Finding.bad(f"settings: {problem}", "correct it in the environment, or in -s")
    if not problems:
        yield Finding.ok(f"settings: the {copy['SC_API']} API, at {_address(copy)}")


def _address(settings: BaseSettings) -> str:
    """The address of the API, for a person."""
    if settings.getbool("SC_SANDBOX"):
        return "the sandbox"
    if settings["SC_API"] == "public":
        return str(settings["SC_PUBLIC_URL"])
    return str(settings["SC_V2_URL"])


def schemas(settings: BaseSettings) -> Iterator[Finding]:
    for kind in records.KINDS:
        records.check(kind, [])
        for api in APIS:
            records.kind(kind, api)
    yield Finding.ok(f"schemas: {len(records.KINDS)} kinds of records")


def spiders(settings: BaseSettings) -> Iterator[Finding]:
    names = get_spider_loader(settings).list()
    yield Finding.ok(f"spiders: {', '.join(sorted(names))}")


def sandbox(settings: BaseSettings) -> Iterator[Finding]:
    with needs("sandbox", "SC_SANDBOX"):
        from sc_spiders.sandbox import Sandbox
        from sc_spiders.sandbox.faults import Faults

    try:
        Faults.parse(settings["SC_SANDBOX_FAULTS"] or "")
    except ValueError as e:
        yield Finding.bad(f"sandbox: SC_SANDBOX_FAULTS: {e}", "docs: Settings")
    with Sandbox(users=20) as sandbox:
        server = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=_SECONDS)
        server.request("GET", f"/users/183?client_id={sandbox.client_id}")
        status = server.getresponse().status
        server.close()
    if status == 200:
        yield Finding.ok("sandbox: starts and answers")
    else:
        yield Finding.bad(f"sandbox: answers {status}", "nothing else may use loopback addresses; is there a proxy?")
