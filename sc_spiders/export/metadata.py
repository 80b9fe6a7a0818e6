"""Metadata of a data set for archives and loaders. It is made from the card, and stands beside that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sc_spiders.dataset import InputError, card

from .cards import make_anew, place
from .croissant import croissant
from .ro_crate import ro_crate

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Metadata:
    """`file`: its name in the folder of a data set. `make` gets the card and the name of the file."""

    name: str
    file: str
    description: str
    make: Callable[[Row, str], Row]

    def write(self, data: Path) -> Path:
        """Write it beside `data`, a folder or a file of records. Returns its path.

        Makes the card if there is none. Raises InputError if it does not fit the files; OutputRefused, OSError.
        """
        path = data / self.file if data.is_dir() else data.with_name(f"{data.name}.{self.file}")
        card.write(path, self.make(_card_of(data), path.name))
        return path


METADATA = {
    one.name: one
    for one in (
        Metadata("croissant", "croissant.json", "Croissant: TensorFlow, PyTorch, Hugging Face", croissant),
        Metadata("ro-crate", "ro-crate-metadata.json", "RO-Crate: archives of research", ro_crate),
    )
}
"""All sorts of metadata by name."""


def _card_of(data: Path) -> Row:
    """The card of a folder or file, if each file is as it tells. Raises InputError, OSError."""
    path = place(data)
    if not path.is_file():
        make_anew(data)
    try:
        found: Row = orjson.loads(path.read_bytes())
        hashes = {one["path"]: one["hash"] for one in found["resources"]}
    except (ValueError, TypeError, KeyError):
        raise InputError(f"{path}: is not the card of a crawl, a merge or an export; remove it, and merge") from None
    for name, hash_ in hashes.items():
        file = path.with_name(name)
        if not file.is_file() or card.facts_of(file).hash != hash_:
            raise InputError(f"{file}: is not as its card says ({path.name}), so it was changed since; merge it anew")
    return found
