"""What `sc-spiders` runs: crawls and commands, with their exit codes."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ROOT, Crawls, odd_lines
from tests.support.patience import PATIENCE

IMPORTS = "import sys; from sc_spiders.tool import main\ntry: main({words})\nfinally: print('scrapy' in sys.modules)"


@pytest.fixture(scope="module")
def forss(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """The output of a crawl."""
    folder = tmp_path_factory.mktemp("forss")
    assert Crawls(folder).tool("forss", "-o", "forss.jsonl", sandbox=sandbox).code == 0
    return folder / "forss.jsonl"


def test_an_address_is_crawled(crawls: Crawls, sandbox: Sandbox) -> None:
    process = crawls.tool("https://soundcloud.com/forss/likes", sandbox=sandbox)

    found = crawls.read(process.code or 0, process.printed, "user")
    assert found.code == 0
    assert {listing["endpoint"] for listing in found.records("listing")} == {"user_likes"}
    assert len(found.edges("likes")) == found.listing("user_likes")["fetched"] > 0
    assert not odd_lines(found.log, warnings=True)


def test_a_verb_writes_csv_to_a_file(crawls: Crawls, sandbox: Sandbox) -> None:
    words = ("comments", "forss/flickermood", "--only", "comment", "--csv", "comments.csv")
    process = crawls.tool(*words, sandbox=sandbox)

    assert process.code == 0, process.err
    with (crawls.folder / "comments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == {"comment"}
    assert not (crawls.folder / "output").exists()


def test_standard_output_has_records_only(crawls: Crawls, sandbox: Sandbox) -> None:
    process = crawls.tool("user", "forss", "--only", "user", "--jsonl", "-", sandbox=sandbox)

    assert process.code == 0, process.err
    (line,) = process.out.splitlines()
    assert '"urn":"soundcloud:users:183"' in line


def test_a_crawl_to_standard_output_leaves_nothing_that_a_merge_stumbles_over(crawls: Crawls, sandbox: Sandbox) -> None:
    assert crawls.tool("user", "forss", "-o", "-", sandbox=sandbox).code == 0
    assert not list((crawls.folder / "output" / "user").iterdir())


def test_a_user_that_is_not_there(crawls: Crawls, sandbox: Sandbox) -> None:
    assert crawls.tool("user", "nobody-at-all", sandbox=sandbox).code == 1


def test_commands_work_on_what_was_crawled(crawls: Crawls, sandbox: Sandbox) -> None:
    assert crawls.tool("forss", "--job", "job", "-o", "forss.jsonl", sandbox=sandbox).code == 0

    report = crawls.tool("report", "forss.jsonl")
    assert (report.code, (crawls.folder / "forss.html").is_file()) == (0, True), report.printed
    exported = crawls.tool("export", "nothing.jsonl", "sqlite")
    assert (exported.code, len(exported.err.splitlines())) == (2, 1)


def test_a_command_ends_its_work_though_nobody_reads(crawls: Crawls, forss: Path) -> None:
    shutil.copy(forss, crawls.folder)

    report = crawls.tool("report", "forss.jsonl", inside=_close_output)

    assert (report.code, report.err) == (0, "")
    assert (crawls.folder / "forss.html").is_file()


def test_a_dry_run_ends_with_the_command_that_does_it(crawls: Crawls) -> None:
    with Sandbox(users=60, ceilings="") as sandbox:
        track = sandbox.world.track_ids.id(0)
        (crawls.folder / "plan.jsonl").write_text(f'{{"do":"like","target":"soundcloud:tracks:{track}"}}\n')
        settings: dict[str, Any] = {"SC_OAUTH_TOKEN": sandbox.newcomer_token, "SC_SETTLE": 0, "SC_WRITE_DELAY": 0}
        dry = crawls.tool("apply", "--plan", "plan.jsonl", sandbox=sandbox, **settings)
        *_, files, last = [line.partition("INFO:   ")[2] for line in dry.err.splitlines()]
        assert files == f"files: {crawls.read(0, '', 'apply').folder}"
        assert re.fullmatch(
            r"next: sc-spiders apply --plan output/\S+/action.jsonl --apply \w{8} --job jobs/apply-\w{8}", last
        )

        command = last.removeprefix("next: sc-spiders ")
        done = crawls.tool(*shlex.split(command), sandbox=sandbox, **settings)

        assert done.code == 0, done.err
        assert f"soundcloud:tracks:{track}" in sandbox.account(3000000001)["likes"]
        again = crawls.tool("apply", "--plan", "plan.jsonl", sandbox=sandbox, **settings)
        assert "next:" not in again.err  # there is nothing to do


def test_files_are_named_that_have_closing_records_only(crawls: Crawls, sandbox: Sandbox) -> None:
    process = crawls.tool("user", "forss", "--only", "crawl", "--csv", "crawl.csv", sandbox=sandbox)

    assert f"files: {crawls.folder / 'crawl.csv'}\n" in process.err


def test_messages_speak_as_people_type(crawls: Crawls, sandbox: Sandbox) -> None:
    asked = ("track", "forss/flickermood", "-i", "likers", "-s", "CLOSESPIDER_PAGECOUNT=1")
    csv = crawls.tool(*asked, "--csv", "x.csv", sandbox=sandbox)
    assert "For another kind give --only KIND;" in csv.err
    assert csv.err.count("with --job FOLDER, or without -o") == 2  # at its begin, and at its end

    assert crawls.tool(*asked, sandbox=sandbox).code == 3
    again = crawls.tool(*asked, sandbox=sandbox)
    assert "; --fresh begins anew." in again.err


@pytest.mark.parametrize(
    "words",
    [
        ("query", "forss.jsonl", "SELECT 1"),
        ("query", "forss.jsonl", "FROM range(20_000)", "--csv"),
        ("query", "forss.jsonl", "FROM range(20_000)", "--jsonl"),
        ("dehydrate", "forss.jsonl"),
        ("diff", "forss.jsonl", "forss.jsonl"),
        ("merge", "forss.jsonl", "-o", "all.jsonl"),
        ("export", "forss.jsonl", "csv"),
    ],
    ids=" ".join,
)
def test_commands_end_quietly_too(crawls: Crawls, forss: Path, words: tuple[str, ...]) -> None:
    shutil.copy(forss, crawls.folder)

    for run in (crawls.tool, crawls.command):
        process = run(*words, inside=_close_output)
        assert process.code == 0, process.err
        assert not [line for line in process.err.splitlines() if not line.endswith("and not of SoundCloud.")]


@pytest.mark.parametrize("name", ["charts", "discover", "featured", "me", "user", "comments"])
def test_a_verb_alone_tells_its_options(crawls: Crawls, sandbox: Sandbox, name: str) -> None:
    asked = sandbox.stats.requests.total()

    process = crawls.tool(name, sandbox=sandbox)

    assert (process.code, process.out) == (2, "")
    assert f"usage: sc-spiders {name}" in process.err
    assert f"Example: sc-spiders {name} " in process.err
    assert (sandbox.stats.requests.total(), list(crawls.folder.iterdir())) == (asked, [])


@pytest.mark.parametrize("name", ["charts", "discover", "featured", "me", "user", "track_comments"])
def test_scrapy_crawl_alone_tells_the_arguments(crawls: Crawls, sandbox: Sandbox, name: str) -> None:
    asked = sandbox.stats.requests.total()

    process = crawls.command("crawl", name, sandbox=sandbox)

    assert (process.code, process.out) == (2, "")
    assert process.err.startswith(f"{name}: no argument was given, so nothing is crawled.\n")
    assert f"Example: scrapy crawl {name} -a " in process.err
    assert "\n  params " in process.err
    assert (sandbox.stats.requests.total(), list(crawls.folder.iterdir())) == (asked, [])


@pytest.mark.parametrize("words", [("-a", "hydrate=0"), ("-o", "all.jsonl"), ("-s", "SC_KINDS=playlist")])
def test_any_word_begins_a_crawl_that_needs_no_subject(
    crawls: Crawls, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    assert crawls.command("crawl", "discover", *words, sandbox=sandbox).code == 0


def _close_output() -> None:
    """Nobody reads the standard output."""
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    os.close(reader)
    sys.stdout = os.fdopen(1, "w", closefd=False)  # the one before thinks that it can seek


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 0),
        (("user", "--help"), 0),
        (("completion", "bash"), 0),
        (("doctor",), 0),
        (("user", "forss", "-i", "followers", "--jsonl", "-"), 3),
        (("comments", "forss/flickermood", "--csv", "-"), 3),
    ],
    ids=lambda words: str(words)[:40],
)
def test_a_closed_pipe_ends_quietly(crawls: Crawls, sandbox: Sandbox, words: tuple[str, ...], code: int) -> None:
    process = crawls.tool(*words, sandbox=sandbox, inside=_close_output)

    assert process.code == code, process.err
    assert not odd_lines(process.err, warnings=True), process.err
    assert "ERROR" not in process.err
    assert "Broken" not in process.err


def _shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["serach"]])
def test_what_crawls_nothing_does_not_load_scrapy(tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS.format(words=words)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.stdout.endswith("False\n")
    assert "Traceback" not in done.stderr


def test_head_hears_no_complaint(tmp_path: Path) -> None:
    run = f"{sys.executable} -c 'import sys; from sc_spiders.tool import main; main(sys.argv[1:])'"
    done = _shell(f"{run} --help | true; echo ${{PIPESTATUS[0]}}", tmp_path)

    assert (done.stdout, done.stderr) == ("0\n", "")
