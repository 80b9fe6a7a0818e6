"""The project on a real Scrapyd, from `scrapyd-deploy` to the records."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.tokens import APP_ID, APP_SECRET
from tests.support.crawl import Crawls

from .server import ROOT, Scrapyd, broken_egg, deploy, scrapyd, sources, wait_for

Folders = pytest.TempPathFactory

LATENCY = 20  # milliseconds: slow enough to stop a crawl in the middle


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(users=80, seed=1, latency=LATENCY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def server(sandbox: Sandbox, tmp_path_factory: Folders) -> Iterator[Scrapyd]:
    """A Scrapyd with the project deployed. URLs and credentials are in its environment, as the docs say."""
    folder = tmp_path_factory.mktemp("scrapyd")
    environment = {**sandbox.urls, "SC_TOKEN_FILE": str(folder / "tokens.json")}
    with scrapyd(folder, environment) as server:
        done = deploy(sources(tmp_path_factory.mktemp("sources"), server.url), "1")
        assert json.loads(done.stdout)["status"] == "ok", done.stdout + done.stderr
        yield server


@pytest.fixture(scope="module")
def finished(server: Scrapyd) -> dict[str, Any]:
    """A job that has crawled a graph, and logged all it can."""
    return server.finished(server.schedule(user="183", depth="2", setting="LOG_LEVEL=DEBUG"))


def records(server: Scrapyd, job: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.fetch(job["items_url"]).splitlines()]


def graph(rows: list[dict[str, Any]]) -> tuple[list[str], list[tuple[str, ...]]]:
    nodes = [row["urn"] for row in rows if row["kind"] == "user"]
    edges = [(row["relation"], row["source"], row["target"]) for row in rows if row["kind"] == "edge"]
    return sorted(nodes), sorted(edges)


def expected(sandbox: Sandbox, depth: int) -> tuple[list[str], list[tuple[str, ...]]]:
    nodes, edges = sandbox.world.graph([183], depth, ["followings", "followers"])
    return sorted(nodes), sorted(tuple(edge) for edge in edges)


def test_spiders_are_listed(server: Scrapyd) -> None:
    spiders = server.get("listspiders", project="sc_spiders")["spiders"]
    assert "user_graph" in spiders
    assert f'"spiders": {len(spiders)},' in (ROOT / "docs" / "scrapyd.md").read_text()


def test_no_job_compiles_the_project(server: Scrapyd) -> None:
    """Python uses a compiled module in an archive only if it is beside its source."""
    with zipfile.ZipFile(server.folder / "eggs" / "sc_spiders" / "1.egg") as egg:
        names = set(egg.namelist())
    assert "sc_spiders/schemas/user.json" in names
    assert [name for name in names if name.endswith(".py") and f"{name}c" not in names] == []


def test_a_scheduled_crawl_finds_what_there_is(
    server: Scrapyd, finished: dict[str, Any], sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = records(server, finished)
    assert graph(rows) == expected(sandbox, 2)
    assert [row["finish_reason"] for row in rows if row["kind"] == "crawl"] == ["finished"]
    assert "user_graph: finished (exit code 0)" in server.fetch(finished["log_url"])
    # The project's commands accept Scrapyd's file names.
    items = server.folder / "items" / "sc_spiders" / "user_graph" / f"{finished['id']}.jl"
    for words in (["merge", items, "-o", "all.jsonl"], ["export", items, "sqlite", "-o", "all.sqlite"]):
        process = Crawls(tmp_path).command(*map(str, words))
        assert process.code == 0, process.err
        assert "NOT complete" not in process.out


def test_no_credential_is_in_job_settings_or_logs(server: Scrapyd, finished: dict[str, Any], sandbox: Sandbox) -> None:
    log = server.fetch(finished["log_url"])
    assert " DEBUG: " in log
    assert sandbox.client_id not in log + server.fetch(finished["items_url"]) + server.log()


def test_jobs_can_be_cancelled_and_a_running_one_goes_on_under_the_same_id(server: Scrapyd, sandbox: Sandbox) -> None:
    order = {"jobid": "cut", "user": "183", "depth": "2", "setting": ["SC_PAGE_SIZE=100", "CONCURRENT_REQUESTS=4"]}
    server.schedule(**order)
    server.running("cut")
    server.schedule(jobid="next", user="183")
    assert server.post("cancel", project="sc_spiders", job="next")["prevstate"] == "pending"
    items = server.folder / "items" / "sc_spiders" / "user_graph" / "cut.jl"
    wait_for(lambda: items.exists() and items.stat().st_size > 20_000, "some records")
    assert server.post("cancel", project="sc_spiders", job="cut")["prevstate"] == "running"
    job = server.finished("cut")
    stopped = records(server, job)
    assert stopped[-1]["finish_reason"] == "shutdown"
    assert graph(stopped) != expected(sandbox, 2)

    server.schedule(**order)
    rows = records(server, server.finished("cut", times=2))
    assert graph(rows) == expected(sandbox, 2)
    assert [row["finish_reason"] for row in rows if row["kind"] == "crawl"] == ["finished"]
    assert "Going on with the crawl begun at" in server.fetch(job["log_url"])


def test_a_failed_crawl_can_be_told_from_a_good_one(server: Scrapyd) -> None:
    job = server.finished(server.schedule(user="nobody-has-this-name"))
    assert f"exitstatus=1 project='sc_spiders' spider='user_graph' job='{job['id']}'" in server.log()
    last = server.fetch(job["log_url"])
    assert "user_graph: incomplete (exit code 1)" in last
    assert "Traceback" not in last


def test_a_broken_egg_is_refused_in_words_and_the_old_one_goes_on(server: Scrapyd, tmp_path: Path) -> None:
    egg = broken_egg(server.folder / "eggs" / "sc_spiders" / "1.egg", tmp_path, server.url)
    done = deploy(tmp_path, "2", "--egg", str(egg))
    answer = json.loads(done.stdout)
    assert answer["status"] == "error"
    assert "No module named 'nowhere'" in answer["message"]
    # The version stays stored, and the next job would use it. So the docs say to delete it.
    assert server.get("listversions", project="sc_spiders")["versions"] == ["1", "2"]
    assert server.post("delversion", project="sc_spiders", version="2")["status"] == "ok"
    assert "user_graph" in server.get("listspiders", project="sc_spiders")["spiders"]


def test_a_job_is_refused_in_words(server: Scrapyd) -> None:
    """One with a credential in its settings, which are in Scrapyd's log."""
    job = server.finished(server.schedule(user="183", setting="SC_OAUTH_TOKEN=2-123456-not-for-all-to-see"))
    assert f"exitstatus=2 project='sc_spiders' spider='user_graph' job='{job['id']}'" in server.log()
    log = server.fetch(job["log_url"])
    (line,) = (line for line in log.splitlines() if " ERROR: " in line)
    assert "SC_OAUTH_TOKEN was given as a setting of the job" in line
    assert "not-for-all" not in line
    assert "Traceback" not in log


def test_the_other_commands_are_there_by_scrapyds_runner(server: Scrapyd, sandbox: Sandbox) -> None:
    """A user logs in as docs/scrapyd.md says. Outside the checkout, only the egg has the project."""
    done = subprocess.run(
        [sys.executable, "-m", "scrapyd.runner", "login", "--no-browser", "--timeout", "0.5"],
        cwd=server.folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("SC", "PYTHONPATH"))},
            **sandbox.urls,
            "SCRAPY_PROJECT": "sc_spiders",
            "SC_TOKEN_FILE": str(server.folder / "tokens.json"),
            "SC_CLIENT_ID": APP_ID,
            "SC_CLIENT_SECRET": APP_SECRET,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Open this page and log in" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr


def test_a_container_that_is_stopped_waits_for_its_crawls(server: Scrapyd, sandbox: Sandbox, tmp_path: Path) -> None:
    environment = {**sandbox.urls, "SC_TOKEN_FILE": str(tmp_path / "tokens.json")}
    data = tmp_path / "data"
    shutil.copytree(server.folder / "eggs", data / "eggs")  # the container's volume, with what was deployed
    with scrapyd(data, environment, sys.executable, ROOT / "deploy" / "container.py") as container:
        container.schedule(jobid="cut", user="183", depth="2", setting=["SC_PAGE_SIZE=20", "CONCURRENT_REQUESTS=2"])
        items = data / "items" / "sc_spiders" / "user_graph" / "cut.jl"
        wait_for(lambda: items.exists() and items.stat().st_size > 20_000, "some records")
        container.process.terminate()  # a container's stop signal reaches only this process
        assert container.process.wait(30) == 0
    last = json.loads(items.read_text().splitlines()[-1])
    assert (last["kind"], last["finish_reason"]) == ("crawl", "shutdown")
    log = (data / "logs" / "sc_spiders" / "user_graph" / "cut.log").read_text()
    assert "shutdown (exit code 3): the same command goes on where it stopped" in log
    assert "forcing unclean shutdown" not in log


def test_a_container_whose_scrapyd_fails_fails(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "deploy" / "container.py"), sys.executable, "-c", "raise SystemExit(5)"]
    assert subprocess.run(command, check=False, timeout=30, start_new_session=True).returncode == 5


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    try:
        subprocess.run(["systemd-analyze", "--version"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no systemd on this machine")
    unit = tmp_path / "scrapyd.service"
    text = (ROOT / "deploy" / "scrapyd.service").read_text()
    unit.write_text(text.replace("/opt/sc_spiders/.venv/bin/scrapyd", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
