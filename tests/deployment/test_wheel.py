"""The wheel in an environment of its own: what a user has after `pip install sc-spiders`, in any folder.

The packages of the core are linked into it and not installed, so no registry is asked. Packages of extras are absent.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from docs.packages import asked_for, closure
from sc_spiders import __version__
from sc_spiders.sandbox import Sandbox
from tests.dataset import worlds
from tests.dataset.make import write
from tests.support.patience import PATIENCE

from .server import ROOT, sources

Folders = pytest.TempPathFactory
Run = Callable[..., subprocess.CompletedProcess[str]]

NO_REDIS = {"SC_REDIS_URL": "redis://127.0.0.1:1"}
LACKS_AIOHTTP = 'raise ModuleNotFoundError("No module named \'aiohttp\'", name="aiohttp")'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: Folders) -> Path:
    """The wheel, built of a copy of the source: a build leaves files beside it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = sources(tmp_path_factory.mktemp("source"), "http://127.0.0.1:1")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: Folders) -> Path:
    """A virtual environment with the wheel and the packages of the core."""
    folder = tmp_path_factory.mktemp("core") / "venv"
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in closure(asked_for()).values():
        for top in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(str(package.locate_file(top)))
    _pip("--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", "--no-compile", wheel)
    return folder


def _pip(*words: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture
def run(environment: Path, tmp_path: Path) -> Run:
    """Runs a program of the environment in an empty folder."""

    def run(program: str, *words: str, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [environment / "bin" / program, *words],
            cwd=tmp_path, env={"PATH": os.defpath, "HOME": str(tmp_path), **given},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip

    return run


def test_it_has_all_of_the_project_and_nothing_beside(wheel: Path) -> None:
    files = {f"sc_spiders/schemas/{file.name}" for file in (ROOT / "schemas").glob("*.json")}
    for file in (ROOT / "sc_spiders").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            files.add(file.relative_to(ROOT).as_posix())
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert {name for name in packed if ".dist-info/" not in name} == files
    assert wheel.name == f"sc_spiders-{__version__}-py3-none-any.whl"


@pytest.mark.parametrize(
    ("program", "words", "given"),
    [
        ("sc-spiders", [], {}),
        ("python", ["-m", "sc_spiders"], {}),
        ("python", ["-m", "scrapy"], {"SCRAPY_SETTINGS_MODULE": "sc_spiders.settings"}),
    ],
    ids=["sc-spiders", "python -m sc_spiders", "scrapy"],
)
def test_it_crawls_in_an_empty_folder(
    run: Run, sandbox: Sandbox, tmp_path: Path, program: str, words: list[str], given: dict[str, str]
) -> None:
    done = run(program, *words, "crawl", "user", "-a", "user=forss", **sandbox.urls, **given)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("output/user/*/user.jsonl")
    assert '"permalink":"forss"' in file.read_text()


@dataclass(frozen=True)
class Lack:
    """A command of which an extra lacks, and the extra that it must name."""

    words: str
    extra: str
    given: dict[str, str]


LACKS = [
    Lack("report a.jsonl", "report", {}),
    Lack("export a.jsonl parquet", "data", {}),
    Lack("export a.jsonl csv", "data", {}),
    Lack("merge a.jsonl -o b.jsonl", "data", {}),
    Lack("query a.jsonl DESCRIBE", "data", {}),
    Lack("status", "redis", NO_REDIS),
    Lack("crawl user -a user=forss", "redis", NO_REDIS),
    Lack("export a.jsonl xlsx", "data", {}),
    Lack("login", "sandbox", {"PYTHONPATH": "without"}),
    Lack("sandbox", "sandbox", {"PYTHONPATH": "without"}),
]


@pytest.mark.parametrize("lack", LACKS, ids=lambda lack: f"{lack.words}: {lack.extra}")
def test_what_needs_an_extra_names_it_in_one_line(run: Run, tmp_path: Path, lack: Lack) -> None:
    write(tmp_path / "a.jsonl", worlds.graph(20, 40))
    _remove_aiohttp(tmp_path)

    program = ["sc-spiders", *lack.words.split()]
    if lack.words == "sandbox":
        program = ["python", "-m", "sc_spiders.sandbox"]

    done = run(*program, **lack.given)

    assert done.returncode == 2, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "pip install" in line]
    assert line.endswith(f"run: pip install 'sc-spiders[{lack.extra}]'")
    assert "Traceback" not in done.stderr


def test_spiders_are_listed_without_what_an_extra_has(run: Run, tmp_path: Path) -> None:
    _remove_aiohttp(tmp_path)
    done = run("sc-spiders", "list", PYTHONPATH="without")
    assert "user_graph" in done.stdout.splitlines()
    assert done.returncode == 0, done.stderr


def test_doctor_tells_what_is_missing(run: Run, tmp_path: Path) -> None:
    done = run("sc-spiders", "doctor", **NO_REDIS)
    assert done.returncode == 1, done.stderr
    assert "packages: all" in done.stdout
    assert "pip install 'sc-spiders[redis]'" in done.stdout
    assert "itself failed" not in done.stdout


def _remove_aiohttp(folder: Path) -> None:
    (folder / "without").mkdir()
    (folder / "without" / "aiohttp.py").write_text(LACKS_AIOHTTP)
