"""Runs a command of the project as a person would, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from scrapy.cmdline import execute
from scrapy.utils.project import get_project_settings


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        """Standard output, then standard error."""
        return self.out + self.err


class Runner:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str | Path) -> Result:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            execute(["scrapy", *map(str, args)], get_project_settings())
        captured = self._capsys.readouterr()
        assert "Traceback" not in captured.err
        code = ended.value.code
        return Result(code if isinstance(code, int) else 1, captured.out, captured.err)
