"""Validates cards as others do: by the library of the format, and by the files on the disk."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from frictionless import Detector, Package, validate
from frictionless.formats.json.parsers import jsonl
from frictionless.resources import TableResource

Card = dict[str, Any]

# Before it reads lines, frictionless guesses the types of their fields, and forgets them: most of its work.
_UNGUESSED = partial(TableResource, detector=Detector(field_type="any"))


def read(card: Path) -> Card:
    """The card, after frictionless has validated it with all rows of its files, and their hashes were compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "TableResource", _UNGUESSED)
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "TableResource", _UNGUESSED)
        found = Package(str(card)).get_resource(name).read_rows()  # type: ignore[attr-defined]
    return [row.to_dict(json=True) for row in found]


def resource(card: Card, name: str) -> dict[str, Any]:
    return next(dict(one) for one in card["resources"] if one["name"] == name)
