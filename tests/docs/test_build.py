"""The documentation builds without warnings and without a network, and its statements are true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sc_spiders.api import CATALOGUE
from sc_spiders.records import FIELDS
from sc_spiders.settings import DEFAULTS
from tests.support.crawl import ROOT
from tests.support.patience import PATIENCE

DOCS = ROOT / "docs"
# What a browser would load when it opens the page. Links do not count.
ASKED = re.compile(
    r"""(?:src|srcset|data-src)=["']https?://|<link[^>]+href=["']https?://|@import|url\(["']?https?://"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # No proxy runs there, so a build that sends a request fails.
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-q",
            "-d",
            str(folder / "cache"),
            DOCS,
            folder / "html",
        ],
        env={"PATH": "", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def text(site: Path, page: str) -> str:
    return (site / f"{page}.html").read_text(encoding="utf-8")


def test_every_page_is_made_and_asks_for_nothing_elsewhere(site: Path) -> None:
    pages = {page.stem for page in DOCS.glob("*.md")}
    assert pages <= {page.stem for page in site.glob("*.html")}
    for page in site.glob("*.html"):
        assert not ASKED.search(page.read_text(encoding="utf-8")), page.name


def test_each_field_of_each_record_is_there(site: Path) -> None:
    html = text(site, "records")
    for kind, fields in FIELDS.items():
        section = html.split(f'<section id="{kind.replace("_", "-")}">')[1].split("</section>")[0]
        for field in fields:
            assert f">{field}</span>" in section, f"{kind}.{field}"


def test_each_endpoint_and_spider_is_there(site: Path) -> None:
    assert all(f">{name}<" in text(site, "endpoints") for name in CATALOGUE)
    assert '<section id="user-graph">' in text(site, "spiders")


def test_settings_are_those_of_the_code() -> None:
    table = dict(re.findall(r"^\| `(SC_\w+)` \|(.*?)\|", (DOCS / "settings.md").read_text(encoding="utf-8"), re.M))
    assert table.keys() == DEFAULTS.keys(), "docs/settings.md and DEFAULTS differ"
    for name, default in DEFAULTS.items():
        assert table[name].strip() in ((f"`{default}`",) if default else ("", "in your state folder")), name


@pytest.mark.parametrize("width", [390, 1024, 1280, 1440])
def test_no_page_is_wider_than_the_window(site: Path, width: int) -> None:
    pytest.importorskip("selenium", reason="selenium is not installed")
    from tests.dataset.browser import ABSENT, CHROMIUM, DRIVER, browser, show

    if not (CHROMIUM and DRIVER):
        pytest.skip(ABSENT)
    with browser() as driver:
        for page in ("index", "records", "recipes", "endpoints", "comparison"):
            show(driver, site / f"{page}.html", width=width)
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width, page
