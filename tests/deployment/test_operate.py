"""The recipes of docs/operate.md: each file is of its format, and what it runs crawls."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import yaml  # type: ignore[import-untyped]
from crontab import CronTab  # type: ignore[import-untyped]

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls, crawl
from tests.support.patience import PATIENCE
from tests.support.shell import Shell

from .server import ROOT

DEPLOY = ROOT / "deploy"
FOLDER = "/srv/crawl"
PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Path]:
    """A folder of programs, in place of the one of a virtual environment."""
    with Shell(tmp_path / "shell", {}) as shell:
        shell.folder.mkdir()
        yield Path(shell.run("command -v scrapy").stdout).parent


@pytest.fixture
def folder(tmp_path: Path, programs: Path) -> Path:
    """The folder of the weekly crawl, as the page has it made."""
    folder = tmp_path / "crawl"
    folder.mkdir()
    shutil.copy(DEPLOY / "crawl.sh", folder)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(programs)
    (folder / "seeds.txt").write_text("forss\n")
    (folder / "environment").write_text("SC_RATE=0\nSC_KINDS='user,track,listing,crawl'\n")
    return folder


def run(command: str, folder: Path, sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    """Run a recipe's command with that folder in place of /srv/crawl."""
    environment = Crawls(folder).environment(sandbox)
    del environment["SCRAPY_SETTINGS_MODULE"]
    return subprocess.run(
        ["bash", "-c", command.replace(FOLDER, str(folder))],
        cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def found(folder: Path) -> Counter[str]:
    """The records in all its outputs, by kind."""
    lines = [line for file in folder.glob("output/user/*/*.jsonl") for line in file.read_text().splitlines()]
    return Counter(json.loads(line)["kind"] for line in lines)


def scheduled() -> list[tuple[str, str]]:
    """The command that each recipe schedules."""
    (job,) = CronTab(tabfile=str(DEPLOY / "crontab"))
    unit = (DEPLOY / "sc-spiders.service").read_text()
    (service,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    tree = ast.parse((DEPLOY / "airflow_dag.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (operator,) = (call for call in calls if ast.unparse(call.func) == "BashOperator")
    (command,) = (word.value for word in operator.keywords if word.arg == "bash_command")
    return [("cron", job.command), ("systemd", service), ("airflow", ast.literal_eval(command))]


@pytest.mark.parametrize(("recipe", "command"), scheduled())
def test_what_is_scheduled_crawls(folder: Path, sandbox: Sandbox, recipe: str, command: str) -> None:
    done = run(command, folder, sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    records = found(folder)
    assert records["user"] == records["crawl"] == 1, recipe
    assert records["track"]
    assert "edge" not in records, "environment was not read"


def test_the_weekly_crawl_may_be_started_as_often_as_one_likes(folder: Path, sandbox: Sandbox) -> None:
    script = f"{FOLDER}/crawl.sh"
    assert run(script, folder, sandbox).returncode == 0
    before = found(folder)
    again = run(script, folder, sandbox)
    assert (again.returncode, found(folder)) == (0, before), again.stderr

    (folder / "seeds.txt").write_text("forss\n184\n")
    changed = run(script, folder, sandbox)
    assert (changed.returncode, found(folder)) == (2, before)
    assert "was begun with other seeds" in changed.stderr

    shutil.rmtree(folder / "jobs")
    held = run(f"flock {FOLDER}/crawl.lock {script}", folder, sandbox)
    assert (held.returncode, held.stderr, found(folder)) == (0, "", before)


def test_cron_mails_the_end_of_the_log_of_a_crawl_that_failed(folder: Path, sandbox: Sandbox) -> None:
    (folder / "seeds.txt").write_text("nobody-has-this-name\n")
    (_, command), *_ = scheduled()
    assert "user: incomplete (exit code 1)" in run(command, folder, sandbox).stdout


def test_cron_starts_it_every_night() -> None:
    (job,) = CronTab(tabfile=str(DEPLOY / "crontab"))
    assert job.is_valid()
    assert job.frequency_per_year() in (365, 366)


def test_the_units_are_ones_that_systemd_takes(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd on this machine")
    for name in ("sc-spiders.service", "sc-spiders.timer"):
        (tmp_path / name).write_text((DEPLOY / name).read_text().replace(f"{FOLDER}/crawl.sh", "/bin/true"))
    units = [tmp_path / "sc-spiders.service", tmp_path / "sc-spiders.timer"]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_airflow_does_not_take_the_command_for_a_template() -> None:
    (*_, (_, command)) = scheduled()
    assert not command.endswith((".sh", ".bash"))


WORKFLOW = yaml.safe_load((DEPLOY / "workflow.yml").read_text())
STEPS = {step.get("name"): step.get("run") for step in WORKFLOW["jobs"]["crawl"]["steps"]}


def test_the_workflow_crawls(tmp_path: Path, sandbox: Sandbox, programs: Path) -> None:
    """In a checkout: there is a scrapy.cfg."""
    shutil.copy(ROOT / "scrapy.cfg", tmp_path)
    (tmp_path / "seeds.txt").write_text("forss\n")
    environment = Crawls(tmp_path).environment(sandbox)
    del environment["SCRAPY_SETTINGS_MODULE"]
    done = subprocess.run(
        ["bash", "-ec", STEPS["Crawl"]],
        cwd=tmp_path, env={**environment, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert found(tmp_path)["user"] == 1


@pytest.mark.parametrize(("private", "code"), [("true", 0), ("false", 1), ("", 1)])
def test_the_workflow_refuses_a_public_repository(tmp_path: Path, private: str, code: int) -> None:
    (tmp_path / "gh").write_text(f"#!/bin/sh\necho {private}\n")
    (tmp_path / "gh").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "you/crawls"}
    done = subprocess.run(
        ["bash", "-ec", STEPS["Refuse a public repository"]], env=environment, capture_output=True, check=False
    )
    assert done.returncode == code
    assert next(iter(STEPS)) == "Refuse a public repository"


@contextmanager
def statsd() -> Iterator[tuple[str, list[str]]]:
    """A server's address and the lines that it has received, all of them when it has ended."""
    lines: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)

        def read() -> None:
            while line := server.recv(1024):
                lines.append(line.decode())

        thread = Thread(target=read)
        thread.start()
        try:
            yield ":".join(map(str, server.getsockname())), lines
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", server.getsockname())
            thread.join()


def test_statsd_is_sent_what_the_statistics_say(tmp_path: Path, sandbox: Sandbox) -> None:
    with statsd() as (address, lines):
        settings = {"STATS_CLASS": "deploy.statsd_stats.StatsdCollector", "STATSD_ADDRESS": address}
        outcome = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss")
    counters: Counter[str] = Counter()
    for name, value, kind in (re.split("[:|]", line) for line in lines):
        if kind == "c":
            counters[name] += int(value)
    assert outcome.code == 0
    for key in ("downloader/request_count", "downloader/response_bytes", "item_scraped_count", "records/user"):
        assert counters[f"scrapy.user.{key.replace('/', '.')}"] == outcome.stats[key], key
    assert all(re.fullmatch(r"scrapy\.[\w.-]+:-?[\d.e+-]+\|[cg]", line) for line in lines)


def test_a_crawl_does_not_notice_that_nobody_listens(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"STATS_CLASS": "deploy.statsd_stats.StatsdCollector", "STATSD_ADDRESS": "127.0.0.1:9"}
    assert crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss").code == 0


def test_the_page_names_every_file() -> None:
    for name in ("crawl.sh", "crontab", "sc-spiders.service", "sc-spiders.timer", "airflow_dag.py", "workflow.yml"):
        assert f"(../deploy/{name})" in PAGE
    assert "personal data" in PAGE
    assert "PRIVATE" in (DEPLOY / "workflow.yml").read_text()
