"""Finds names that begin with SC_ and are not ours: otherwise nobody would notice a typing error."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sc_spiders.settings import DEFAULTS

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_PREFIX = "SC_"
# The class that sends requests. It is no setting for users: only tests set it.
_FOR_TESTS = frozenset({"SC_DOWNLOAD_HANDLER"})
# Environment variables of the tests, which a crawl ignores.
_OF_TESTS = frozenset({"SC_CI", "SC_SHARED"})


def unknown(settings: BaseSettings) -> Iterator[str]:
    """One line for each unknown name, in the environment and among the settings."""
    for name in _unknown(os.environ, _OF_TESTS):
        yield (
            f"the environment variable {name} is no setting; the nearest is {_nearest(name)}. "
            f"If it is another program's, run `unset {name}` first"
        )
    for name in _unknown(map(str, settings), _FOR_TESTS):
        yield f"{name}, given by -s or in settings.py, is no setting; the nearest is {_nearest(name)}"


def _unknown(names: Iterable[str], others: frozenset[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(_PREFIX) and name not in DEFAULTS and name not in others)


def _nearest(name: str) -> str:
    """The most similar name of a setting. The common prefix would make all of them similar."""
    known = [one.removeprefix(_PREFIX) for one in DEFAULTS]
    (nearest,) = get_close_matches(name.removeprefix(_PREFIX).upper(), known, n=1, cutoff=0)
    return _PREFIX + nearest
