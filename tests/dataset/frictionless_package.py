"""Validates cards as others do: by the library of the format, and by the files on the disk.

The library is imported when it is first used: this takes a quarter of a second, and most processes of the tests do not
need it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

Card = dict[str, Any]


@contextmanager
def _unguessed() -> Iterator[None]:
    """Frictionless guesses the types of fields before it reads lines, and forgets them: most of its work. Not here."""
    from frictionless import Detector
    from frictionless.formats.json.parsers import jsonl
    from frictionless.resources import TableResource

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "TableResource", partial(TableResource, detector=Detector(field_type="any")))
        yield


def read(card: Path) -> Card:
    """The card, after frictionless has validated it with all rows of its files, and their hashes were compared."""
    from frictionless import validate

    with _unguessed():
        report = validate(str(card), type="package")
    errors = [error.message for task in report.tasks for error in task.errors] + [e.message for e in report.errors]
    assert not errors, errors
    found = load(card)
    for one in found["resources"]:
        data = (card.parent / one["path"]).read_bytes()
        assert one["bytes"] == len(data)
        assert one["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    return found


def load(card: Path) -> Card:
    """The card, as it is."""
    found: Card = json.loads(card.read_bytes())
    return found


def rows(card: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a resource, as frictionless reads them."""
    from frictionless import Package

    with _unguessed():
        found = Package(str(card)).get_resource(name).read_rows()  # type: ignore[attr-defined]
    return [row.to_dict(json=True) for row in found]


def resource(card: Card, name: str) -> dict[str, Any]:
    return next(dict(one) for one in card["resources"] if one["name"] == name)
