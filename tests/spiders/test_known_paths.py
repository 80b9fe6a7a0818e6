"""All known paths of the API are in the catalogue, or are listed as left out with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.api import BY_PATH, CATALOGUE

yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed")

_QUOTED = re.compile(r"`((?:[A-Z]+ )?/[^`? ]+)")


def plain(path: str) -> str:
    """The path with `{}` for each argument, and for URNs with an argument."""
    return re.sub(r"[^/]*\{[^}]*\}", "{}", path)


def known() -> set[str]:
    """The public API's paths in the catalogue, and those that are left out."""
    left_out = (name.removeprefix("public ") for name in BY_PATH if name.startswith("public "))
    return {plain(path) for path in (*(one.public for one in CATALOGUE.values() if one.public), *left_out)}


def specified(facts: Path) -> Iterator[str]:
    specification = yaml.safe_load((facts / "openapi.yaml").read_text(encoding="utf-8"))
    for path, operations in specification["paths"].items():
        if "get" in operations:
            yield path


def released(facts: Path) -> Iterator[str]:
    """Paths in the release notes, except those with another method than GET before them."""
    for line in (facts / "releases.md").read_text(encoding="utf-8").splitlines():
        for found in _QUOTED.findall(line) if line.startswith("|") else ():
            method, _, path = found.rpartition(" ")
            if method in ("", "GET"):
                yield path


@pytest.mark.parametrize("source", [specified, released])
def test_every_path_that_is_read_is_known(source: Any, facts: Path) -> None:
    paths = list(source(facts))

    assert len(paths) >= 4
    assert [path for path in paths if plain(path) not in known()] == []


def test_what_is_left_out_is_nowhere_in_the_catalogue() -> None:
    there = {
        f"{api} {plain(path)}" for one in CATALOGUE.values() for api in ("v2", "public") if (path := one.path(api))
    }

    assert there.isdisjoint(re.sub(r"[^/ ]*\{[^}]*\}", "{}", name) for name in BY_PATH)
    assert all(BY_PATH.values())
