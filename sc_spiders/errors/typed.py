"""The program that a person has started, and how its options are written: messages speak as that person types."""

from __future__ import annotations

import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path

TOOL, SCRAPY = "sc-spiders", "scrapy"

# Settings that have an option of the tool's own. Those of the second group take no value.
_OPTIONS = {"JOBDIR": "--job", "SC_KINDS": "--only"}
_FLAGS = {"SC_FRESH": "--fresh"}


def name() -> str:
    """The tool's name or Scrapy's. Scrapy's if it is neither of them, as in a notebook."""
    begun = Path(sys.argv[0])
    if {begun.stem, begun.parent.name} & {TOOL, "sc_spiders"}:  # `python -m sc_spiders` gives a path
        return TOOL
    return SCRAPY


def command() -> str:
    """What to type to start it again: its name, or the path as given if the shell would not find the name."""
    begun = Path(sys.argv[0])
    if begun.name != name() or shutil.which(name()) or not begun.is_file():
        return name()
    path = begun.absolute()
    with suppress(OSError):  # the folder is gone
        if path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))


def job() -> str:
    """The option that names the folder with a crawl's state."""
    if name() == TOOL:
        return _OPTIONS["JOBDIR"]
    return "JOBDIR"


def setting(key: str, value: str) -> str:
    """How to give a setting that value, such as `-s JOBDIR=jobs/forss` or `--job jobs/forss`.

    Our own settings are environment variables, too, and are written without `-s`.
    """
    quoted = shlex.quote(value)
    if name() == TOOL and key in _OPTIONS:
        return f"{_OPTIONS[key]} {quoted}"
    if name() == TOOL and key in _FLAGS and value == "1":
        return _FLAGS[key]
    if key.startswith("SC_"):
        return f"{key}={quoted}"
    return f"-s {key}={quoted}"
