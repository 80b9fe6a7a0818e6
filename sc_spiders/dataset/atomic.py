"""Writes a result whole or not at all, even if the machine stops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sc_spiders.disk import sync_name, sync_tree
from sc_spiders.errors import OutputRefused

from .libraries import translated
from .sources import CARD


@contextmanager
def replacing(path: Path, folder_of: str | None = None) -> Iterator[Path]:
    """Yields a path to write to, beside `path`. It is renamed to `path` at the end, or deleted on an error.

    `folder_of`: the result is a folder of files with that suffix. An older such folder is replaced. Raises
    OutputRefused if `path` is anything else, or cannot be written.
    """
    _check(path, folder_of)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            new = Path(folder, path.name)
            if folder_of:
                new.mkdir()
            yield new
            sync_tree(new)  # the content must be on the disk before the name
            path.with_name(f"{path.name}.{CARD}").unlink(missing_ok=True)  # it would describe what was there
            if folder_of and path.exists():
                _exchange(new, path, Path(folder, "old"))
            else:
                new.replace(path)
            sync_name(path)


def _exchange(new: Path, path: Path, old: Path) -> None:
    """Put a folder in the place of another, which becomes `old`. On an error that is put back."""
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Raises OutputRefused with this path, which people know, for an error of the machine, such as a full disk."""
    try:
        with translated():
            yield
    except OSError as e:
        raise OutputRefused(f"{path} cannot be written: {e.strerror or e}") from None


def _check(path: Path, folder_of: str | None) -> None:
    """Raises OutputRefused if `path` is something that must not be replaced."""
    if folder_of is None:
        if path.is_dir():
            raise OutputRefused(f"{path} is a folder; name a file with -o")
    elif path.exists() and not (path.is_dir() and all(_belongs(one, folder_of) for one in path.rglob("*"))):
        raise OutputRefused(f"{path} exists and is no folder of {folder_of} files; name another one with -o")


def _belongs(path: Path, suffix: str) -> bool:
    """Whether a folder of files with that suffix has this in it; `kind=user` is a folder of a partitioned export."""
    return path.suffix == suffix or path.name == CARD or (path.is_dir() and "=" in path.name)
