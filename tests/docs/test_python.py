"""Runs the page about Python as the notebook that it is, in a Jupyter kernel, and its script as a program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sc_spiders import CrawlResult
from tests.support.crawl import ROOT
from tests.support.patience import PATIENCE
from tests.support.shell import SANDBOX, Shell, readers_environment

PAGE = (ROOT / "docs/python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SCRIPTS = {found[1]: block for block in BLOCKS if (found := re.match(r"# (\w+\.py)\n", block))}
CELLS = [block for block in BLOCKS if block not in SCRIPTS.values()]
# The kernel is interrupted as Jupyter does it, once there are records. By then, hardly any of the requests were sent.
INTERRUPTED = """
import os, signal, threading, time
from pathlib import Path

def folders():
    return set(Path("output/user_graph").iterdir())

before = folders()

def interrupt():
    while not any((folder / "user.jsonl").exists() for folder in folders() - before):
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
await crawl("user_graph", user="forss", depth=2, settings={"SC_RATE": 1})
"""
AGAIN = """
(new,) = folders() - before
interrupted = (new / ".job").is_dir()
result = await crawl("user_graph", user="forss", depth=2)
interrupted, result.output == new.absolute(), result.finish_reason
"""

Run = dict[str, list[Any]]


def cell(code: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": code,
        "metadata": {"tags": tags},
        "execution_count": None,
        "outputs": [],
    }


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What Jupyter shows below each cell."""
    folder = tmp_path_factory.mktemp("notebook")
    cells = [cell(code) for code in CELLS]
    cells += [cell(INTERRUPTED, "raises-exception"), cell(AGAIN)]
    path = folder / "page.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    private = {name: str(folder) for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    done = subprocess.run(
        [Path(sys.prefix) / "bin" / "jupyter-execute", path, "--inplace", f"--startup_timeout={PATIENCE}"],
        cwd=folder,
        env={**readers_environment(SANDBOX), **private, "PYTHONWARNINGS": "default", "SC_SANDBOX_USERS": "60"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {"".join(done["source"]): done["outputs"] for done in json.loads(path.read_text())["cells"]}


def shown(outputs: Run, code: str) -> str:
    """What the cell prints, and its value."""
    (cell,) = [cell for cell in outputs if code in cell]
    return "".join("".join(output.get("text") or output["data"]["text/plain"]) for output in outputs[cell])


def test_each_cell_works_and_nothing_is_logged_unless_asked_for(outputs: Run) -> None:
    assert len(CELLS) >= 10
    for cell in CELLS:
        names = {output.get("name") for output in outputs[cell]}
        assert "stderr" not in names or "logging" in cell, outputs[cell]
    assert shown(outputs, "\nresult.finish_reason") == "'finished'"


def test_the_page_shows_what_the_cells_show(outputs: Run) -> None:
    (result,) = re.findall(r"^    (CrawlResult\(.*?\)\))$", PAGE, re.MULTILINE | re.DOTALL)
    names = [one.name for one in fields(CrawlResult) if one.repr]
    for text in (result, shown(outputs, '"likes"])\nresult')):
        assert re.findall(r"(\w+)=", text) == names
    (refused,) = re.findall(r"^    (user: include=.*), \.\.\.$", PAGE, re.MULTILINE)
    assert shown(outputs, "lykes").startswith(refused)
    assert shown(outputs, "print(result)").startswith("user: finished\n  records: ")
    assert re.fullmatch(r"<data set of 1 crawl, \d+ edges, .* 1 user>", shown(outputs, "read(result.output)\ndata\n"))
    assert "tracks" in shown(outputs, "split_part")
    assert shown(outputs, "preview=True").startswith("user_graph: a preview")
    assert " user: finished" in shown(outputs, "logging")


def test_every_field_of_a_result_is_explained() -> None:
    for one in fields(CrawlResult):
        assert f"`result.{one.name}`" in PAGE or one.name in ("spider", "summary")


def test_an_interrupted_cell_goes_on_when_it_is_run_again(outputs: Run) -> None:
    (error,) = [output for output in outputs[INTERRUPTED] if output["output_type"] == "error"]
    assert error["ename"] in ("CancelledError", "KeyboardInterrupt")
    assert shown(outputs, AGAIN).endswith("(True, True, 'finished')")


def test_the_script_works(tmp_path: Path) -> None:
    (name,) = SCRIPTS
    assert f"    python {name} forss goldie\n" in PAGE

    with Shell(tmp_path, SANDBOX) as shell:
        done = shell.python(f"import sys\nsys.argv = ['{name}', 'forss', 'nobody-at-all']\n{SCRIPTS[name]}")

    assert (done.returncode, done.stderr) == (1, "")
    assert "resolve of nobody-at-all: not_found" in done.stdout
