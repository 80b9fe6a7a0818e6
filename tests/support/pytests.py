"""Runs pytest in a process of its own, for tests of the tests."""

from __future__ import annotations

import sys
from functools import partial

import pytest

from bench.process import Process

from .crawl import ROOT


def run_pytest(words: list[str], environment: dict[str, str]) -> Process:
    """Run pytest to its end."""
    main = partial(_pytest, ["-p", "no:cacheprovider", "-p", "no:xdist", *words])
    process = Process([], ROOT, environment, main=main)
    process.wait()
    return process


def _pytest(words: list[str]) -> None:
    sys.exit(pytest.main(words))
