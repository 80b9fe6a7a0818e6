"""`python -m sc_spiders.sandbox`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import requests

from sc_spiders.sandbox.__main__ import _parser, main
from sc_spiders.sandbox.options import Options
from tests.support.patience import PATIENCE

COMMAND = [sys.executable, "-m", "sc_spiders.sandbox", "--users", "20"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_address_serves_and_ends(number: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", line)
        assert requests.get(line.strip(), timeout=PATIENCE).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--users", "many"],
        ["--users", "1"],
        ["--port", "-1"],
        ["--latency", "-5"],
        ["--date", "yesterday"],
        ["--faults", "nonsense=1"],
        ["--lag", "-1"],
        ["--unkept", "2"],
        ["--ceilings", "likes=many"],
        ["--repost-again", "500"],
        ["--recorded", "no/such/folder"],
        ["--unknown"],
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main(["--users", "20", *arguments])

    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"sc_spiders\.sandbox: .+\n", told.err)


def test_so_is_one_by_the_program() -> None:
    result = subprocess.run([*COMMAND, "--port", "99999"], capture_output=True, text=True, timeout=PATIENCE)

    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(r"sc_spiders\.sandbox: .+\n", result.stderr)


def test_options_are_those_of_the_class_with_the_same_defaults() -> None:
    given = vars(_parser().parse_args([]))
    there = {field.name: field.default for field in fields(Options)}

    assert {name: value for name, value in given.items() if name != "port"} == there


def test_all_options_of_writes_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    (group,) = [line for line in _parser().format_help().split("\n\n") if line.startswith("writes:")]

    options = re.findall(r"^  (--[a-z-]+)", group, re.MULTILINE)
    assert len(options) > 10
    assert [option for option in options if f"| `{option}" not in page] == []
