"""Results appear whole or not at all, also where the machine stops."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sc_spiders.disk import sync_name, sync_tree
from sc_spiders.errors import OutputRefused


@contextmanager
def replacing(path: Path, folder_of: str | None = None) -> Iterator[Path]:
    """A path to write to, beside `path`; renamed to it at the end, thrown away on an error.

    `folder_of`: the result is a folder of files with that suffix. An older such folder is replaced; one that holds
    anything else is not touched: OutputRefused.
    """
    if folder_of and path.exists() and (not path.is_dir() or any(file.suffix != folder_of for file in path.iterdir())):
        raise OutputRefused(f"{path} exists and is no folder of {folder_of} files; name another one with -o")
    if not folder_of and path.is_dir():
        raise OutputRefused(f"{path} is a folder; name a file with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            new = Path(folder, path.name)
            if folder_of:
                new.mkdir()
            yield new
            if folder_of and path.exists():
                shutil.move(path, Path(folder, "old"))
            sync_tree(new)  # the name must not reach the disk before the content
            new.replace(path)
            sync_name(path)
    except OSError as e:
        raise OutputRefused(f"{path} cannot be written: {e.strerror or e}") from None
