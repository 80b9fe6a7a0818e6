"""Completion in shells as people use them: Tab in bash at a terminal, and what fish offers."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE

# What is typed before Tab, and what the shell writes or, if there are several ways to go on, what it lists.
COMPLETED = {
    "us": "user",
    "repo": "report",
    "comments --so": "comments --sort",
    "comments x --sort new": "comments x --sort newest",
    "user forss --include li": "user forss --include likes",
    "user forss -i reposts --only us": "user forss -i reposts --only user",
    "user forss --include likes,repo": "user forss --include likes,reposts",
    "user forss --include profile,likes,web": "user forss --include profile,likes,web_profiles",
    "user forss --only edge,us": "user forss --only edge,user",
    "graph forss --relations followers,l": "graph forss --relations followers,likes",
    "export --out": "export --output",
    "export night.jsonl par": "export night.jsonl parquet",
    "export ni": "export night.jsonl",
    "report ni": "report night.jsonl",
    "user forss --csv ni": "user forss --csv night.jsonl",
    "completion fi": "completion fish",
}
LISTED = {
    "user forss -i ": {"profile", "likes", "reposts", "followers"},
    "user forss -i likes,": {"likes,profile", "likes,reposts", "likes,followers"},
    "export ": {"graphml", "parquet", "xlsx", "croissant", "night.jsonl"},
    "charts --kind t": {"trending", "top"},
    "re": {"recheck", "report", "resolve", "resource"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an output and the scripts of all shells."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "night.jsonl").touch()
    for shell in ("bash", "zsh", "fish"):
        (folder / f"sc.{shell}").write_text(Crawls(folder).tool("completion", shell).out, encoding="utf-8")
    return folder


class Shell:
    """An interactive shell at a terminal, with the script for completion."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        self._end, other = pty.openpty()
        termios.tcsetwinsize(other, (200, 200))
        self._process = subprocess.Popen(
            words,
            cwd=folder, stdin=other, stdout=other, stderr=other, start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "INPUTRC": "/dev/null"},
        )  # fmt: skip
        os.close(other)
        self._read(r"READY> $")

    def tab(self, line: str) -> tuple[str, str]:
        """Type a line and Tab. Returns what the shell then has in the line, and what it listed."""
        os.write(self._end, f"sc-spiders {line}\t\x01echo '[\x05]'\n".encode())  # the line becomes words of `echo`
        shown = self._read(r"^\[sc-spiders (.*)\]\r\n\r?READY> $")
        (completed,) = re.findall(r"^\[sc-spiders (.*)\]\r$", shown, re.MULTILINE)
        return completed.strip(), shown

    def _read(self, end: str) -> str:
        shown = ""
        limit = time.monotonic() + PATIENCE
        while not re.search(end, shown, re.MULTILINE):
            assert time.monotonic() < limit, shown
            if select.select([self._end], [], [], 1)[0]:
                shown += os.read(self._end, 65536).decode()
        return shown

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._end)


@pytest.fixture(scope="module")
def bash(folder: Path) -> Iterator[Shell]:
    (folder / "bashrc").write_text(
        "PS1='READY> '; source sc.bash\n"
        "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'\n"
        "bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'\n"
    )
    bash = Shell(folder, ["bash", "--noprofile", "--rcfile", str(folder / "bashrc"), "-i"])
    yield bash
    bash.close()


@pytest.mark.parametrize("typed", COMPLETED)
def test_bash_completes(bash: Shell, typed: str) -> None:
    assert bash.tab(typed)[0] == COMPLETED[typed]


@pytest.mark.parametrize("typed", LISTED)
def test_bash_lists(bash: Shell, typed: str) -> None:
    assert LISTED[typed] <= set(bash.tab(typed)[1].split())


def test_words_that_stand_there_are_not_offered_again(bash: Shell, folder: Path) -> None:
    assert "likes,likes" not in bash.tab("user forss -i likes,")[1].split()
    if shutil.which("fish"):
        assert "likes,likes" not in fish(folder, "user forss -i likes,")
        assert fish(folder, "user forss --include=likes,repo") == ["--include=likes,reposts"]


def fish(folder: Path, typed: str) -> list[str]:
    """The words that fish offers."""
    command = f"source sc.fish; complete --do-complete 'sc-spiders {typed}'"
    done = subprocess.run(
        ["fish", "--no-config", "--command", command],
        cwd=folder, env={**os.environ, "HOME": str(folder)}, capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


needs_fish = pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed (on Debian: apt install fish)")


@needs_fish
@pytest.mark.parametrize("typed", COMPLETED)
def test_fish_completes(folder: Path, typed: str) -> None:
    assert fish(folder, typed) == [COMPLETED[typed].split()[-1]]


@needs_fish
@pytest.mark.parametrize("typed", LISTED)
def test_fish_lists(folder: Path, typed: str) -> None:
    assert LISTED[typed] <= set(fish(folder, typed))


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed (on Debian: apt install zsh)")
def test_zsh_completes(folder: Path) -> None:
    (folder / ".zshrc").write_text(
        "PS1='READY> '; unsetopt prompt_sp beep; unset zle_bracketed_paste\n"
        'autoload -U compinit; compinit -u -D; eval "$(<sc.zsh)"\n'
    )
    zsh = Shell(folder, ["zsh", "-i"])
    typed = ["us", "user forss --include li", "user forss --include likes,repo", "export ni", "export night.jsonl par"]
    try:
        # Behind a word of a list, zsh offers a comma, and takes it back.
        assert [zsh.tab(line)[0].rstrip(",") for line in typed] == [COMPLETED.get(line, "") for line in typed]
    finally:
        zsh.close()


def test_zsh_has_a_script_with_all_words(folder: Path) -> None:
    script = (folder / "sc.zsh").read_text(encoding="utf-8")
    assert all(word in script for word in ("comments", "include", "reposters", "random_walk", "export", "parquet"))
