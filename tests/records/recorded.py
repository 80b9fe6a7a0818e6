"""Recorded answers of the real APIs, if they are available."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from sc_spiders import records
from tests import shared

FOLDER = shared.RECORDED
needed = shared.needed


@dataclass(frozen=True)
class Answer:
    api: str
    endpoint: str
    year: int
    data: Any


def answers() -> Iterator[Answer]:
    """All recorded answers that are JSON and not an error."""
    for line in (FOLDER / "INDEX.jsonl").read_bytes().splitlines():
        entry = orjson.loads(line)
        if entry["file"].endswith(".json") and entry["status"] == 200:
            data = records.decode((FOLDER / entry["file"]).read_bytes())
            # Data in web pages has v2's form.
            api = "public" if entry["api"] == "public" else "v2"
            yield Answer(api, entry["endpoint"], int(entry["date"][:4]), data)


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """All JSON objects in a value."""
    todo = [data]
    for value in todo:
        if isinstance(value, dict):
            yield value
            todo += value.values()
        elif isinstance(value, list):
            todo += value


@cache
def known() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Distinct objects of our kinds, by API and kind. Of the many stubs of tracks it has only some."""
    found: dict[tuple[str, str], dict[bytes, dict[str, Any]]] = {}
    stubs = 0
    for answer in answers():
        for o in objects(answer.data):
            if kind := records.kind_of(o):
                stubs += (stub := len(o) <= 4)
                if not stub or stubs <= 200:
                    found.setdefault((answer.api, kind), {})[orjson.dumps(o)] = o
    return {which: list(distinct.values()) for which, distinct in sorted(found.items())}
