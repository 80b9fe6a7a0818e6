"""Validates cards as others do: by the library of the format, and by the files on the disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from frictionless import Package, validate

Card = dict[str, Any]


def read(card: Path) -> Card:
    """The card, after frictionless has validated it with all rows of its files, and their hashes were compared."""
    report = validate(str(card), type="package")
    errors = [error.message for task in report.tasks for error in task.errors] + [e.message for e in report.errors]
    assert not errors, errors
    found: Card = json.loads(card.read_bytes())
    for one in found["resources"]:
        data = (card.parent / one["path"]).read_bytes()
        assert one["bytes"] == len(data)
        assert one["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    return found


def rows(card: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a resource, as frictionless reads them."""
    package = Package(str(card))
    return [row.to_dict(json=True) for row in package.get_resource(name).read_rows()]  # type: ignore[attr-defined]


def resource(card: Card, name: str) -> dict[str, Any]:
    return next(dict(one) for one in card["resources"] if one["name"] == name)
