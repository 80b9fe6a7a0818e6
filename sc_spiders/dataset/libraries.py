"""Imports large libraries only when they are needed."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sc_spiders.errors import MissingLibrary

_FILE = re.compile(r'file "([^"]+)"')
_FULL_SCRATCH = "max_temp_directory_size"  # it is what is free on the disk

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
    """Raises OSError, with its number, for an error of the machine that DuckDB tells, such as a full disk.

    KeyboardInterrupt stays what it is, also within a query.
    """
    try:
        yield
    except RuntimeError as e:
        if str(e) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    except Exception as e:
        duckdb = sys.modules.get("duckdb")
        if duckdb is None or not isinstance(e, duckdb.OperationalError):
            raise
        raise _as_os_error(str(e)) from None


def _as_os_error(message: str) -> OSError:
    """DuckDB's message as an error of the machine, with the file that it names, if there is one."""
    first = message.partition("\n")[0]
    file = _FILE.search(first)
    name = file[1] if file else None
    if _FULL_SCRATCH in message:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    for number in errno.errorcode:
        if os.strerror(number) in message:
            return OSError(number, os.strerror(number), name)
    return OSError(_plain(first))


def _plain(line: str) -> str:
    """A line of DuckDB's without the JSON in which it wraps an error of another thread."""
    told, brace, wrapped = line.partition("{")
    try:
        return str(json.loads(brace + wrapped)["exception_message"])
    except (ValueError, KeyError, TypeError):
        return told if brace and '"exception_' in wrapped else line
