"""`scrapy doctor`: its findings and its advice. It never shows credentials."""

from __future__ import annotations

import errno
import fcntl
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from sc_spiders.config.doctor import Finding, access, examine, machine, project
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ADDRESSES, NOWHERE, Crawls
from tests.support.lockless import NoLocks

SECRET = "t0ps3cr3t-of-somebody"


def doctor(crawls: Crawls, *options: str, sandbox: Any = None, **settings: Any) -> tuple[int, str]:
    process = crawls.command("doctor", *options, sandbox=sandbox, **settings)
    assert process.code is not None
    assert "Traceback" not in process.printed
    assert SECRET not in process.printed
    return process.code, process.printed


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    settings.setmodule("sc_spiders.settings")
    settings.set("SC_TOKEN_FILE", str(tmp_path / "tokens.json"))
    return settings


def only(findings: Any) -> Finding:
    (finding,) = findings
    assert isinstance(finding, Finding)
    return finding


def test_all_is_well_here(crawls: Crawls) -> None:
    code, said = doctor(crawls)

    assert code == 0, said
    assert "All is well." in said
    for word in ("Python 3.", "packages: all", "schemas:", "user_graph", "sandbox: starts", "token file", "output:"):
        assert word in said


def test_what_is_wrong_is_named_with_what_to_do(crawls: Crawls) -> None:
    (crawls.folder / "output").write_text("a file, and no folder")
    (crawls.folder / "tokens.json").write_text(json.dumps({"x": {"access_token": SECRET}}))
    (crawls.folder / "tokens.json").chmod(0o644)
    code, said = doctor(
        crawls,
        SC_API="public",
        SC_ATTEMPTS="many",
        SC_CLIENT_SECRET=SECRET,
        SC_REDIS_URL=f"redis://user:{SECRET}@127.0.0.1:9/0",
    )

    assert code == 1
    bad = [line.split(None, 1)[1].split(":")[0] for line in said.splitlines() if line.startswith("BAD")]
    assert bad == ["settings", "credentials", "token file", "output", "Redis"]
    assert "SC_ATTEMPTS" in said
    assert "chmod 600" in said
    assert "5 to mend" in said
    lines = said.splitlines()
    assert all(lines[i + 1].strip().startswith("->") for i, line in enumerate(lines) if line.startswith("BAD"))


def test_a_bad_address_of_a_redis_is_told_in_a_crawls_words() -> None:
    (found,) = machine.redis(Settings({"SC_REDIS_URL": f"unix://{SECRET}"}))

    assert found.text.startswith("Redis: SC_REDIS_URL is not the address of a Redis: use redis://")


def test_the_api_is_asked_when_told_to(crawls: Crawls, sandbox: Sandbox) -> None:
    code, said = doctor(crawls, "--online", sandbox=sandbox, SC_OAUTH_TOKEN=Sandbox.oauth_token)

    assert code == 0, said
    assert "online: the API answers" in said
    assert "online: the user's token is good" in said


def test_the_api_is_not_asked_otherwise(crawls: Crawls) -> None:
    with Sandbox(users=20) as sandbox:
        doctor(crawls, sandbox=sandbox)
        assert sum(sandbox.stats.statuses.values()) == 0


@pytest.fixture
def online(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Finding]]:
    """What `doctor --online` finds with these settings. Its crawls are forked: a new interpreter takes a second."""

    def run(command: list[str], cwd: Path, env: dict[str, str], **_: Any) -> subprocess.CompletedProcess[str]:
        given: dict[str, Any] = {name: value for name, value in env.items() if name.startswith("SC_")}
        process = Crawls(cwd).command(*command[3:], **given)
        return subprocess.CompletedProcess(command, process.wait(), process.out, process.err)

    def found(sandbox: Sandbox | None = None, **given: str) -> list[Finding]:
        settings.setdict({**(sandbox.urls if sandbox else dict.fromkeys(ADDRESSES, NOWHERE)), **given})
        findings = list(access.online(settings))
        assert SECRET not in repr(findings)
        return findings

    monkeypatch.setattr(subprocess, "run", run)
    return found


def test_a_refused_client_id(online: Callable[..., list[Finding]], sandbox: Sandbox) -> None:
    (one,) = online(sandbox, SC_CLIENT_ID=SECRET)

    assert one.mark == "BAD"
    assert "refused (401)" in one.text


def test_a_refused_user_token_is_told_from_a_refused_client_id(
    online: Callable[..., list[Finding]], sandbox: Sandbox
) -> None:
    answers, me = online(sandbox, SC_OAUTH_TOKEN=SECRET)

    assert (answers.mark, answers.text) == ("ok", "online: the API answers")
    assert me.mark == "BAD"
    assert "online: me:" in me.text
    assert "SC_OAUTH_TOKEN" in me.text
    assert "user's token is refused" in me.advice


@pytest.mark.parametrize("given", [{}, {"SC_CLIENT_ID": "x"}], ids=["web page", "API"])
def test_a_network_that_is_down_is_no_refusal(online: Callable[..., list[Finding]], given: dict[str, str]) -> None:
    (one,) = online(**given)  # all URLs lead to closed ports

    assert one.mark == "BAD"
    assert "check the network" in one.advice
    assert "refused (401)" not in one.text


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"SC_FORMAT": "xml"}, "xml"), ({"SC_KINDS": "user,foo"}, "foo"), ({"SC_SANDBOX_FAULTS": "nonsense"}, "FAULTS")],
    ids=str,
)
def test_what_a_crawl_refuses_is_not_well(crawls: Crawls, settings: dict[str, str], named: str) -> None:
    code, said = doctor(crawls, **settings)

    assert code == 1
    (line,) = [line for line in said.splitlines() if line.startswith("BAD")]
    assert named in line


def test_a_secret_on_the_command_line_is_pointed_out(settings: Settings) -> None:
    settings.set("SC_OAUTH_TOKEN", SECRET, priority="cmdline")

    note, ok = access.credentials(settings)
    assert note.mark == "note"
    assert "SC_OAUTH_TOKEN" in note.text
    assert ok.mark == "ok"
    assert SECRET not in f"{note}{ok}"


def test_missing_and_other_packages(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = (
        "# made by a command==1\nscrapy==2.19.0 \\\n    --hash=sha256:00\nno-such-package-at-all==1.0\n"
        "orjson==0.0.1 ; python_full_version > '3'\nnor-this==1 ; sys_platform == 'win32'\n"
    )
    (tmp_path / "requirements.txt").write_text(pins)
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "a" / "b" / "c.py"))

    missing, other = machine.packages(settings)
    assert (missing.mark, other.mark) == ("BAD", "note")
    assert "no-such-package-at-all" in missing.text
    assert "orjson" in other.text
    assert "0.0.1" in other.text
    assert "nor-this" not in missing.text


def test_a_folder_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    settings.set("JOBDIR", str(tmp_path / "file" / "job"))
    (tmp_path / "file").write_text("")

    ok, bad = machine.output(settings)
    assert ok.mark == "ok"
    assert bad.mark == "BAD"
    assert "JOBDIR" in bad.text


@pytest.mark.parametrize("kind", ["flock", "lockf"])
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_a_file_system_without_locks(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, number: int
) -> None:
    settings.set("JOBDIR", str(tmp_path / "job"))
    monkeypatch.setattr(fcntl, kind, NoLocks(number).fail)

    notes = [finding for finding in machine.output(settings) if finding.mark == "note"]
    assert [note.text for note in notes] == [
        f"output: the file system of {tmp_path / 'output'} has no locks",
        f"JOBDIR: the file system of {tmp_path / 'job'} has no locks",
    ]
    assert not list(tmp_path.iterdir())


def test_token_file(settings: Settings, tmp_path: Path) -> None:
    assert only(access.token_file(settings)).mark == "ok"

    file = tmp_path / "tokens.json"
    file.write_text('{"here": {"access_token": "a"}}')
    file.chmod(0o600)
    assert "mode 0600, 1 entry" in only(access.token_file(settings)).text

    file.write_text("no json")
    assert "is not a token file" in only(access.token_file(settings)).text


def test_a_check_that_breaks_is_a_finding_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sc_spiders.records.KINDS", ("no_such_kind",))

    broken = [finding for finding in examine(settings) if "schemas" in finding.text]
    assert [finding.mark for finding in broken] == ["BAD"]
    assert only(project.settings(settings)).mark == "ok"
