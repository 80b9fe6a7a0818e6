"""What a command imports before it does anything. Each import of what only other commands need makes it slower."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sc_spiders.config.components import give_settings
from tests.support.crawl import ROOT, crawler_of

_TELL = "import atexit, sys; atexit.register(lambda: print('imported:', *sys.modules))\n"
_SCRAPY = f"{_TELL}from scrapy.cmdline import execute; execute(['scrapy', *sys.argv[1:]])"
_TOOL = f"{_TELL}from sc_spiders.tool import main; main(sys.argv[1:])"

# Libraries that only some crawls, or only commands on data sets, use.
_FEW_NEED = {
    *("aiohttp", "duckdb", "jsonschema", "networkx", "numpy", "pandas", "pyarrow", "redis", "rich"),
    *("scrapy_jsonschema", "shtab", "xlsxwriter"),
}
_OF_OTHERS = {"sc_spiders.config.doctor", "sc_spiders.report", "sc_spiders.sandbox", "sc_spiders.items"}


@pytest.mark.parametrize(
    ("program", "words", "unwanted"),
    [
        pytest.param(_SCRAPY, ["list"], _FEW_NEED | _OF_OTHERS, id="scrapy list"),
        pytest.param(_SCRAPY, ["crawl", "user"], _FEW_NEED | _OF_OTHERS, id="scrapy crawl user"),
        pytest.param(_TOOL, ["--help"], {*_FEW_NEED, *_OF_OTHERS, "scrapy", "twisted"}, id="sc-spiders --help"),
        pytest.param(_TOOL, ["user", "--help"], _FEW_NEED | _OF_OTHERS, id="sc-spiders user --help"),
    ],
)
def test_a_command_imports_nothing_that_only_others_need(program: str, words: list[str], unwanted: set[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    told, _, imported = done.stdout.rpartition("imported: ")
    assert "user" in told + done.stderr  # it did its work
    assert not unwanted.intersection(imported.split())


@pytest.mark.quick
@pytest.mark.parametrize(
    ("kind", "component"),
    [
        ("EXTENSIONS", "scrapy.extensions.remote_control.RemoteControl"),
        ("DOWNLOADER_MIDDLEWARES", "scrapy.downloadermiddlewares.cookies.CookiesMiddleware"),
    ],
)
def test_a_crawl_does_not_load_components_that_are_off(kind: str, component: str) -> None:
    """They would import large libraries."""
    settings = crawler_of("user").settings
    assert component in settings[f"{kind}_BASE"]
    assert not list(give_settings(settings))
    assert component not in settings.get_component_priority_dict_with_base(kind)
