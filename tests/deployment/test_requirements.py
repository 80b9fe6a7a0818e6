"""The requirements are those of pyproject.toml, pinned with hashes, and name no host."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy import lock
from tests.support.crawl import ROOT

FILES = sorted(lock.OPTIONS)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = {
    "dependencies": PROJECT["project"]["dependencies"],
    **PROJECT["project"]["optional-dependencies"],
    **PROJECT["dependency-groups"],
}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """The version of each package in that file."""
    lines = re.findall(r"^([\w.-]+)==([^ ;]+)", text(name), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in lines}


@pytest.mark.parametrize("name", FILES)
def test_they_were_made_after_the_last_change_of_what_is_declared(name: str) -> None:
    assert text(name).startswith(lock.header(name)), "run `make lock`"
    pinned = pins(name)
    for section in lock.LISTS[name]:
        for one in map(Requirement, filter(lambda one: isinstance(one, str), DECLARED[section])):
            if one.name != "sc-spiders":
                assert pinned[canonicalize_name(one.name)] in one.specifier, f"{one}: run `make lock`"


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_hashes_and_no_line_names_a_host(name: str) -> None:
    packages = re.split(r"\n(?=\w)", text(name).partition("\n\n")[2].strip())
    assert len(packages) > 50
    for package in packages:
        assert re.match(r"[\w.-]+==[^ ]+( ; [^\\]+)? \\\n    --hash=sha256:", package), package
    assert "://" not in text(name)


def test_each_file_has_the_packages_of_the_one_before_in_the_same_versions() -> None:
    running, server, developing = map(pins, ("requirements.txt", "deploy/requirements.txt", "requirements-dev.txt"))
    assert running.items() <= server.items() <= developing.items()
    assert not {"redis", "scrapyd", "pytest"} & running.keys()
    assert not {"pytest", "sphinx", "selenium"} & server.keys()
