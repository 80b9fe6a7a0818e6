"""In a fresh clone, all that CI runs can run, and each target of the Makefile installs what it needs and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .support.crawl import ROOT
from .support.pytests import run_pytest


def test_what_a_clone_has_not_is_skipped_and_nothing_fails_for_it(tmp_path: Path) -> None:
    words = ["-q", "-m", "shared", "tests/sandbox", "tests/user_graph"]
    done = run_pytest(words, os.environ | {"SC_SHARED": str(tmp_path), "SC_CI": "1"})

    assert done.code == 0, done.printed
    assert re.search(r"^\d\d+ skipped, \d+ deselected in ", done.out, re.MULTILINE), done.printed


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make` reads, and without .venv."""
    clients = ("tests/sandbox/javascript/package-lock.json", "tests/sandbox/python/requirements.txt")
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", *clients):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.defpath, **environment}
    return subprocess.run(["make", *words], cwd=folder, env=given, capture_output=True, text=True, check=False)


def test_crawling_installs_only_what_running_needs(clone: Path) -> None:
    crawl = make(clone, "--dry-run", "crawl")
    assert crawl.returncode == 0, crawl.stderr
    assert "--requirement requirements.txt" in crawl.stdout
    assert "requirements-dev.txt" not in crawl.stdout


@pytest.mark.parametrize("target", ["test", "lint", "docs", "lock", "bench"])
def test_all_else_installs_the_rest(clone: Path, target: str) -> None:
    planned = make(clone, "--dry-run", target)
    assert planned.returncode == 0, planned.stderr
    assert "--requirement requirements.txt" in planned.stdout
    assert "--requirement requirements-dev.txt" in planned.stdout


def test_without_programs_and_root_it_says_what_is_left_out(clone: Path) -> None:
    programs = clone / "bin"
    programs.mkdir()
    for name in ("bash", "make", "rm", "test"):
        (programs / name).symlink_to(shutil.which(name) or name)
    (programs / "id").write_text("#!/bin/bash\necho 1000\n")
    (programs / "id").chmod(0o755)

    done = make(clone, "browser", "shells", "clients", PATH=str(programs))

    assert done.returncode == 0, done.stderr
    assert "tests that need a browser are left out" in done.stdout
    assert "No fish or zsh" in done.stdout
    assert "No npm" in done.stdout
    assert "soundcloud-mcp are left out" in done.stdout


_SKIPPED = "import pytest\n\n\ndef test_it() -> None:\n    pytest.skip('there is no browser')\n"


@pytest.mark.parametrize(("given", "code"), [({"CI": "false"}, 0), ({"CI": "true"}, 1), ({"SC_CI": "1"}, 1)], ids=str)
def test_what_a_machine_lacks_fails_in_ci_only(tmp_path: Path, given: dict[str, str], code: int) -> None:
    (tmp_path / "test_it.py").write_text(_SKIPPED)
    clean = {name: value for name, value in os.environ.items() if name not in {"CI", "SC_CI"}}
    words = ["-p", "tests.conftest", "-c", "pyproject.toml", "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")]
    done = run_pytest(words, clean | given)
    assert done.code == code, done.printed
    assert "SKIPPED [1]" in done.out
    assert "there is no browser" in done.out
