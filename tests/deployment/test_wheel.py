"""The wheel in an environment of its own: what a user has after `pip install sc-spiders`, in any folder.

The packages of the core are linked into it and not installed, so no registry is asked. Packages of extras are absent.
"""

from __future__ import annotations

import json
import os
import re
import shlex
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

from .dockerfile import context, copied, values
from .server import ROOT

Folders = pytest.TempPathFactory
Run = Callable[..., subprocess.CompletedProcess[str]]

PIP = f"{sys.executable} -m pip --quiet --disable-pip-version-check"
PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
NO_REDIS = {"SC_REDIS_URL": "redis://127.0.0.1:1"}
LACKS_AIOHTTP = 'raise ModuleNotFoundError("No module named \'aiohttp\'", name="aiohttp")'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: Folders) -> Path:
    """The image's wheel. It is built from the files that `docker build` reads."""
    image = tmp_path_factory.mktemp("image")
    copied("wheel", image, context(tmp_path_factory.mktemp("context")))
    # This machine may not reach a registry: build with the setuptools that is here.
    _carry_out(values("wheel", "RUN")[0].replace("pip wheel", f"{PIP} wheel --no-build-isolation"), image)
    (made,) = image.glob("opt/wheels/*.whl")
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
    install = f"{PIP} --python {folder}/bin/python install --no-index --no-compile"
    _carry_out(values("crawl", "RUN")[-1].replace("pip install", install), wheel.parents[2])
    return folder


def _carry_out(command: str, image: Path) -> None:
    """Run a command of the Dockerfile. A folder takes the place of the image's file system."""
    command = command.replace(" /opt/", f" {image}/opt/")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=False)
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
        ("python", ["-m", "sc_spiders"], {}),
        ("python", ["-m", "scrapy"], {"SCRAPY_SETTINGS_MODULE": "sc_spiders.settings"}),
    ],
    ids=["python -m sc_spiders", "scrapy"],
)
def test_it_crawls_in_an_empty_folder(
    run: Run, sandbox: Sandbox, tmp_path: Path, program: str, words: list[str], given: dict[str, str]
) -> None:
    done = run(program, *words, "crawl", "user", "-a", "user=forss", **sandbox.urls, **given)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("output/user/*/user.jsonl")
    assert '"permalink":"forss"' in file.read_text()


def test_the_image_crawls(run: Run, tmp_path: Path) -> None:
    (entry,) = (json.loads(value) for value in values("crawl", "ENTRYPOINT"))
    (words,) = (shlex.split(line) for line in re.findall(r"^ +sc-spiders (.*)$", PAGE, re.MULTILINE))
    with Sandbox(users=60, seed=1) as sandbox:
        done = run(*entry, *words, **sandbox.urls)
    assert done.returncode == 0, done.stderr
    (record,) = tmp_path.glob("output/*/*/crawl.jsonl")
    assert json.loads(record.read_text())["finish_reason"] == "finished"


@dataclass(frozen=True)
class Lack:
    """A command that needs an extra which is not installed, and the extra that its message must name."""

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


# Runs each command in a process that is forked from one that has imported what most of them need. Each prints to a file
# of its own.
_RUN_EACH = """
import json, os, runpy, sys
import scrapy.crawler
import sc_spiders.tool.project_commands
import twisted.internet.asyncioreactor

for module, words, given, path in json.loads(sys.argv[1]):
    if os.fork():
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        continue
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.environ |= given
    sys.path.insert(0, given.get("PYTHONPATH", ""))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()
"""


def test_what_needs_an_extra_names_it_in_one_line(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", worlds.graph(20, 40))
    _remove_aiohttp(tmp_path)
    commands = []
    for number, lack in enumerate(LACKS):
        module, words = ("sc_spiders", lack.words.split())
        if lack.words == "sandbox":
            module, words = ("sc_spiders.sandbox", [])
        commands.append((module, words, lack.given, f"{number}.log"))

    done = run("python", "-c", _RUN_EACH, json.dumps(commands))

    assert done.stdout.split() == ["2"] * len(LACKS), done.stderr
    for number, lack in enumerate(LACKS):
        printed = (tmp_path / f"{number}.log").read_text()
        (line,) = [line for line in printed.splitlines() if "pip install" in line]
        assert line.endswith(f"run: pip install 'sc-spiders[{lack.extra}]'"), lack
        assert "Traceback" not in printed, lack


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
