"""docs/packages.md is of the packages that are installed, and the core stays small."""

from __future__ import annotations

import re

import pytest

from docs.packages import EXTRAS, PAGE, asked_for, closure, size

ROW = re.compile(r"^\| ([\w.-]+) \| ([\w.]+) \| [\d.]+ \| (.+) \|$", re.MULTILINE)
SUM = re.compile(r"^\| (?:`(\w+)`, besides|The core) \| \d+ \| ([\d.]+) \|$", re.MULTILINE)
INSTALL = PAGE.with_name("install.md")
TOLD = re.compile(r"^\| .*sc-spiders(?:\[(\w+)\])?` \|.*\| (\d+)", re.MULTILINE)
LIMIT = 190_000_000  # bytes


def test_the_core_is_small_and_has_nothing_of_the_extras() -> None:
    core = closure(asked_for())
    assert sum(map(size, core.values())) < LIMIT
    assert core.keys().isdisjoint({"duckdb", "networkit", "numpy", "scipy", "redis", "hiredis", "scrapyd"})


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_every_package_is_told_with_its_version_and_licence(extra: str) -> None:
    told = ROW.findall(PAGE.read_text(encoding="utf-8"))
    installed = {(name, package.version) for name, package in closure(asked_for(extra)).items()}
    assert installed <= {(name, version) for name, version, _ in told}, "run `make licences`"
    assert all(licence not in {"UNKNOWN", ""} for *_, licence in told)


def test_the_page_on_installing_tells_the_same_sizes() -> None:
    measured = dict(SUM.findall(PAGE.read_text(encoding="utf-8")))
    told = dict(TOLD.findall(INSTALL.read_text(encoding="utf-8")))
    for extra, megabytes in measured.items():
        assert float(told[extra]) == pytest.approx(float(megabytes), rel=0.1, abs=1), extra
