"""`make licences`: writes docs/packages.md, what the core and each extra install: how much, and under which licence."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "packages.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("data", "report", "redis", "sandbox", "scrapyd")

_HEAD = """# Packages and licences

What `pip install sc-spiders` and each extra install, measured on {platform} with Python {python}, compiled files
included. `make licences` writes this page. sc_spiders itself is BSD-3-Clause.

`rfc3987` is GPLv3+: scrapy-jsonschema asks for it, this project never imports it, and no wheel of ours contains it. If
you hand on an installation with all its packages, its licence counts for that.

Before Python 3.11.3, `redis` also installs async-timeout (Apache 2).
"""
# Pages that two patch releases make must not differ, so a late one is assumed.
_PATCH = f"{sys.version_info[0]}.{sys.version_info[1]}.99"


def asked_for(extra: str = "") -> list[str]:
    """The requirements of the core, or of an extra, as pyproject.toml has them."""
    if not extra:
        return list(PROJECT["dependencies"])
    return list(PROJECT["optional-dependencies"][extra])


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """The installed packages that pip installs for them here, with a late patch release of this Python, by name."""
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    waiting = list(requirements)
    while waiting:
        text = waiting.pop()
        wanted = Requirement(text)
        if text in seen or not _is_for(wanted, {""}):
            continue
        seen.add(text)
        if wanted.name == PROJECT["name"]:
            waiting += [one for extra in wanted.extras for one in asked_for(extra)]
            continue
        package = distribution(wanted.name)
        found[package.name.lower()] = package
        extras = {"", *wanted.extras}
        inner = [one for one in map(Requirement, package.requires or ()) if _is_for(one, extras)]
        for one in inner:
            one.marker = None
        waiting += map(str, inner)
    return found


def _is_for(wanted: Requirement, extras: set[str]) -> bool:
    return wanted.marker is None or any(
        wanted.marker.evaluate({"extra": extra, "python_full_version": _PATCH}) for extra in extras
    )


def size(package: Distribution) -> int:
    """Bytes of its files on the disk."""
    paths = [Path(str(package.locate_file(file))) for file in package.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())


def page() -> Iterator[str]:
    """The lines of the page."""
    groups = _groups()
    licences = _licences([name for packages in groups.values() for name in packages])
    yield _HEAD.format(platform=sys.platform, python=".".join(map(str, sys.version_info[:2])))
    yield "| | packages | MB |"
    yield "|---|---|---|"
    for title, packages in groups.items():
        yield f"| {title} | {len(packages)} | {_megabytes(packages.values())} |"
    for title, packages in groups.items():
        yield f"\n## {title.partition(',')[0].replace('`', '')}\n"
        yield "| package | version | MB | licence |"
        yield "|---|---|---|---|"
        for name, package in sorted(packages.items(), key=lambda one: -size(one[1])):
            yield f"| {name} | {package.version} | {_megabytes([package])} | {licences[name]} |"


def _groups() -> dict[str, dict[str, Distribution]]:
    """The packages of the core, and those that each extra adds."""
    core = closure(asked_for())
    groups = {"The core": core}
    known = dict(core)
    for extra in EXTRAS:
        added = {name: one for name, one in closure(asked_for(extra)).items() if name not in known}
        known |= added
        if added:
            groups[f"`{extra}`, besides"] = added
    return groups


def _megabytes(packages: Iterable[Distribution]) -> str:
    return f"{sum(map(size, packages)) / 1e6:.1f}"


def _licences(names: list[str]) -> dict[str, str]:
    """The licence of each package, from its metadata."""
    words = ["--from=mixed", "--with-system", "--format=json", "--packages", *names]
    command = [sys.executable, "-m", "piplicenses", *words]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    return {one["Name"].lower(): one["License"] for one in json.loads(told)}


if __name__ == "__main__":
    PAGE.write_text("\n".join(page()) + "\n", encoding="utf-8")
