"""The images, tested without Docker: hadolint checks the Dockerfile, and its files are copied to a folder.

test_wheel.py builds the images' wheel and crawls with it.
"""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.utils import NormalizedName, canonicalize_name

from deploy import healthcheck, progress
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE

from .dockerfile import DOCKERFILE, STAGES, context, copied, values
from .server import BIN, ROOT, scrapyd

DEPLOY = ROOT / "deploy"


def requirements(file: Path) -> set[NormalizedName]:
    """The packages that pip would install from it."""
    return set(map(canonicalize_name, re.findall(r"^([\w.-]+)==", file.read_text(), re.MULTILINE)))


# Our own packages, those that Scrapy installs, those that only the type checker sees, and one that is in the standard
# library from Python 3.14 on.
_GIVEN = frozenset({"sc_spiders", "twisted", "w3lib", "pydispatch", "_typeshed", "compression"})


def test_hadolint_finds_no_fault() -> None:
    done = subprocess.run([BIN / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_can_be_built_and_has_what_the_egg_imports(tmp_path: Path) -> None:
    copied("running", tmp_path, context(tmp_path / "context"))
    (installed,) = re.findall(r"pip install .*--requirement (\S+)", values("running", "RUN")[0])
    names = requirements(tmp_path / installed.lstrip("/"))
    assert "scrapyd" in names
    assert not {"pytest", "sphinx", "selenium"} & names

    of_modules = packages_distributions()
    for file in (ROOT / "sc_spiders").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            found = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in {name.partition(".")[0] for name in found}:
                own = module in sys.stdlib_module_names or module in _GIVEN
                assert own or set(map(canonicalize_name, of_modules[module])) & names, (file, module)


@pytest.mark.parametrize("stage", ["crawl", "scrapyd"])
def test_nothing_runs_as_root(stage: str) -> None:
    assert values(stage, "USER")[-1] == "1000"
    assert "useradd --create-home --uid 1000 crawler" in values(stage, "RUN")[0]


def test_no_credential_and_no_data_gets_into_an_image() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    for name in ("deploy/environment", "deploy/redis.environment", "output/user", "tokens.json", ".git/config"):
        assert not any(fnmatch(name, rule) or name.startswith(f"{rule}/") for rule in let_through), name


@pytest.mark.parametrize("stage", ["crawl", "scrapyd"])
def test_what_starts_in_it_is_there(tmp_path: Path, stage: str) -> None:
    copied(stage, tmp_path, context(tmp_path / "context"))
    (entry,) = (json.loads(value) for value in values(stage, "ENTRYPOINT"))
    (check,) = (value.partition(" CMD ")[2] for value in values(stage, "HEALTHCHECK"))
    for program, *files in (entry, json.loads(check)):
        assert program in ("python", "sc-spiders")
        assert all((tmp_path / file.lstrip("/")).is_file() for file in files)


def test_a_crawl_is_healthy_while_it_writes_its_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crawls: Crawls, sandbox: Sandbox
) -> None:
    output = crawls.folder / "output"
    assert progress.main(str(output)) == 0  # it has not begun

    process = crawls.start("user_graph", "-s", "SC_RATE=1", sandbox=sandbox, user="forss")
    until = time.monotonic() + PATIENCE
    while not list(output.glob("*/*/progress.json")) and time.monotonic() < until:
        time.sleep(0.05)
    assert progress.main(str(output)) == 0
    process.send(signal.SIGKILL)
    process.wait()

    (file,) = output.glob("*/*/progress.json")
    os.utime(file, (0, 0))
    assert progress.main(str(output)) == 1
    monkeypatch.setattr("socket.gethostname", lambda: "the next container")
    assert progress.main(str(output)) == 0


@pytest.mark.parametrize("password", ["", "secret"])
def test_a_scrapyd_that_answers_is_healthy(tmp_path: Path, password: str) -> None:
    environment = {"SCRAPYD_USERNAME": password, "SCRAPYD_PASSWORD": password}
    with scrapyd(tmp_path, environment) as server:
        port = int(server.url.rpartition(":")[2])
        assert healthcheck.main(port) == 0
    assert healthcheck.main(port) == 1


def test_redis_gets_none_of_the_credentials() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert services["redis"]["env_file"] != services["scrapyd"]["env_file"]
    assert services["scrapyd"]["build"]["target"] in STAGES
    ignored = (ROOT / ".gitignore").read_text()
    assert "deploy/*environment" in ignored
