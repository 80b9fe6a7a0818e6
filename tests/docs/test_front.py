"""The files that people look for first in a repository are valid and agree with each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import check_jsonschema  # type: ignore[import-untyped]
import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

from sc_spiders import __version__
from tests.support.crawl import ROOT
from tests.support.patience import PATIENCE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VENV = Path(sys.prefix)


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        (".readthedocs.yaml", "readthedocs"),
        ("CITATION.cff", "citation-file-format"),
        ("deploy/compose.yaml", "compose-spec"),
        ("deploy/workflow.yml", "github-workflows"),
    ],
)
def test_each_file_is_of_its_format(file: str, schema: str) -> None:
    done = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", f"vendor.{schema}", str(ROOT / file)])
    assert done.exit_code == 0, done.output


def test_those_who_cite_and_those_who_install_are_told_the_same() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    meta = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    assert citation["title"] == meta["name"]
    assert citation["license"] == PROJECT["license"]
    assert meta["license"] == f"https://spdx.org/licenses/{PROJECT['license']}"
    assert [one["name"] for one in citation["authors"]] == [one["name"] for one in meta["author"]]
    assert citation["authors"][0]["name"] in (ROOT / "LICENSE").read_text()
    assert citation["keywords"] == meta["keywords"]
    assert PROJECT["requires-python"].removeprefix(">=") in meta["runtimePlatform"]


def test_the_changelog_names_this_version_and_is_in_order() -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", CHANGES, re.MULTILINE)
    (coming,) = re.findall(r"^Becomes (\d+\.\d+\.\d+)\.$", CHANGES, re.MULTILINE)
    assert __version__ in (coming, *released)
    numbers = [[int(part) for part in version.split(".")] for version in (coming, *released)]
    assert all(newer > older for newer, older in pairwise(numbers))
    sections = set(re.findall(r"^### (.*)$", CHANGES, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("name", ["README", "CHANGELOG", "CONTRIBUTING", "SECURITY", "CODE_OF_CONDUCT"])
def test_no_link_leads_nowhere(name: str) -> None:
    text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", text):
        assert (ROOT / target).exists(), target


def test_hooks_check_what_lint_checks() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    lint = (ROOT / "Makefile").read_text().split("\nlint: ")[1].split("\n\n")[0]
    checked = [line.replace("$(BIN)", ".venv/bin").strip() for line in lint.splitlines()[1:]]
    assert [hook["entry"] for hook in repository["hooks"]] == checked


def test_a_commit_that_lint_refuses_is_refused(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = clean | {"HOME": str(tmp_path), "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / ".venv").symlink_to(VENV)
    for name in ("pyproject.toml", ".pre-commit-config.yaml", ".gitignore"):
        (folder / name).write_bytes((ROOT / name).read_bytes())

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def checked(code: str) -> subprocess.CompletedProcess[str]:
        (folder / "code.py").write_text(code)
        run("git", "add", ".")
        return run(VENV / "bin" / "pre-commit", "run", "ruff-check", "--all-files")

    assert run("git", "init", "--quiet").returncode == 0
    refused = checked("import os\n")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "import os" in refused.stdout
    accepted = checked("PATIENCE = 1\n")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
