"""Imports large libraries only when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sc_spiders.errors import MissingLibrary

# Other libraries are in the extra `data`.
_OF_THE_REPORT = {"networkit", "numpy", "scipy"}


def library(name: str, purpose: str) -> Any:
    """The module of that name. Raises MissingLibrary. `purpose`: the feature that needs it, for the message."""
    try:
        return import_module(name)
    except ImportError as e:
        package = name.partition(".")[0]
        extra = "report" if package in _OF_THE_REPORT else "data"
        raise MissingLibrary(f"{purpose} needs {package}, which cannot be imported ({e})", extra) from None


@contextmanager
def translated() -> Iterator[None]:
    """Raises OSError for an error of the machine that DuckDB tells, such as a full disk; MissingLibrary without DuckDB.

    KeyboardInterrupt stays what it is, also within a query.
    """
    duckdb = library("duckdb", "reading a data set")
    try:
        yield
    except duckdb.OperationalError as e:
        raise OSError(str(e).partition("\n")[0]) from None
    except RuntimeError as e:
        if str(e) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
