"""A name that begins with SC_ and is no setting of ours is refused; flags take the usual words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from sc_spiders.config.checks import check_settings
from sc_spiders.config.names import unknown
from sc_spiders.sandbox import Sandbox
from sc_spiders.settings import DEFAULTS, given
from tests.support.crawl import crawl, crawler_of

from .conftest import Demo


@pytest.mark.quick
@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SC_SANDBX", "SC_SANDBOX"),
        ("SC_RAET", "SC_RATE"),
        ("SC_KIND", "SC_KINDS"),
        ("SC_CLIENTID", "SC_CLIENT_ID"),
        ("SC_OAUTH_TOKN", "SC_OAUTH_TOKEN"),
        ("SC_raw", "SC_RAW"),
        ("SC_", ""),
        ("SC_SERVICE_HOST", ""),
    ],
)
def test_the_nearest_name_is_told(monkeypatch: pytest.MonkeyPatch, name: str, nearest: str) -> None:
    (line,) = unknown(Settings({name: "secret"}))
    assert line.startswith(f"{name}, given by -s or in settings.py, is no setting; the nearest is SC_{nearest[3:]}")
    assert "secret" not in line

    monkeypatch.setenv(name, "secret")
    (line,) = unknown(Settings())
    assert line.startswith(f"the environment variable {name} is no setting; the nearest is SC_{nearest[3:]}")
    assert f"`unset {name}`" in line
    assert "secret" not in line


@pytest.mark.quick
def test_no_known_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*DEFAULTS, "SC_CI", "SC_SHARED", "SCRAPY_PROJECT", "SCREEN"):
        monkeypatch.setenv(name, "1")
    assert not list(unknown(Settings(dict.fromkeys(DEFAULTS, "1"))))


@pytest.mark.quick
@pytest.mark.parametrize("flag", ["SC_SANDBOX", "SC_RAW", "SC_CSV_SAFE"])
@pytest.mark.parametrize(
    ("word", "means"),
    [
        *((word, True) for word in ("1", "true", "Yes", "ON", True, 1)),
        *((word, False) for word in ("0", "False", "no", "off", False, " 0 ")),
    ],
    ids=repr,
)
def test_flags_take_the_usual_words(flag: str, word: Any, means: bool) -> None:
    settings = Settings({**given(), flag: word})
    assert not list(check_settings(settings))
    assert settings.getbool(flag) is means


@pytest.mark.parametrize("spider", ["user", "charts"])
def test_nothing_is_asked(tmp_path: Path, sandbox: Sandbox, spider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SC_SANDBX", "1")
    found = crawl(spider, tmp_path, sandbox=sandbox, **({"user": "forss"} if spider == "user" else {}))
    assert found.code == 2
    (line,) = found.errors
    assert "SC_SANDBX" in line
    assert not found.stats.get("downloader/request_count")


def test_spiders_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from scrapy import Spider

    monkeypatch.setenv("SC_SANDBX", "1")
    assert crawler_of(type("Plain", (Spider,), {"name": "plain"}))


def test_so_in_the_settings_of_another_project(demo: Demo) -> None:
    with (demo.folder / "demo" / "settings.py").open("a") as file:
        file.write("\nSC_RAET = 0.1\n")
    found = demo.run("user", user="forss")

    assert found.code == 2
    assert "SC_RAET, given by -s or in settings.py, is no setting; the nearest is SC_RATE" in found.log


def test_commands_that_crawl_nothing_go_on(demo: Demo) -> None:
    found = demo.command("list", SC_SANDBX="1")
    assert found.code == 0
    assert "user_graph" in found.printed
