"""The documentation builds without warnings and without a network, and its statements are true."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs import readthedocs
from docs._ext import reports
from docs._ext.tables import spider_classes
from sc_spiders.api import CATALOGUE
from sc_spiders.records import FIELDS
from sc_spiders.settings import DEFAULTS
from tests.support import foreign
from tests.support.crawl import ROOT
from tests.support.patience import PATIENCE

DOCS = ROOT / "docs"
USERS = 100  # of the sandbox that the gallery shows
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# What a browser would load when it opens the page. Links do not count.
ASKED = re.compile(
    r"""(?:src|srcset|data-src)=["']https?://|<link[^>]+href=["']https?://|@import|url\(["']?https?://"""
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages. The first process of the tests builds them, for all."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "site"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            _build(folder)
            (folder / "built").touch()
    return folder / "html"


def _build(folder: Path) -> None:
    reports.kept(USERS)  # what takes longest has patience of its own
    few = ["-D", f"gallery_users={USERS}"]
    command = [*readthedocs.build_command(folder / "html", folder / "doctrees"), *few]
    # No proxy runs there, so a build that sends a request fails.
    nowhere = {"PATH": "", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, *command], cwd=DOCS, env=nowhere, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr


def text(site: Path, page: str) -> str:
    return (site / f"{page}.html").read_text(encoding="utf-8")


def test_every_page_is_made_and_asks_for_nothing_elsewhere(site: Path) -> None:
    pages = {page.stem for page in DOCS.glob("*.md")}
    assert pages <= {page.stem for page in site.glob("*.html")}
    for page in site.glob("*.html"):
        assert not ASKED.search(page.read_text(encoding="utf-8")), page.name


def test_each_field_of_each_record_is_there(site: Path) -> None:
    html = text(site, "records").replace("<wbr>", "")
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


def toctree(page: str) -> list[str]:
    """The pages that a page's table of contents names."""
    found = re.findall(r"^```\{toctree\}\n(.*?)^```", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.M | re.S)
    return [line for block in found for line in block.splitlines() if line and not line.startswith(":")]


def test_each_page_is_behind_one_door_and_is_told_there() -> None:
    doors = toctree("index")
    behind = [page for door in doors for page in toctree(door)]

    assert sorted([*behind, *doors, "index"]) == sorted(page.stem for page in DOCS.glob("*.md"))
    for door in doors:
        told = re.findall(r"^- \[.*?\]\((\w+)\.md\): ", (DOCS / f"{door}.md").read_text(encoding="utf-8"), re.MULTILINE)
        assert told == toctree(door), door


def test_the_gallery_has_a_report_of_each_spider_and_says_that_its_data_is_invented(site: Path) -> None:
    assert {report.spider for report in reports.REPORTS} == spider_classes().keys()
    for report in reports.REPORTS:
        assert f'href="gallery/{report.spider}.html"' in text(site, "gallery")
        page = text(site, f"gallery/{report.spider}")
        assert "invented data" in page.split("</title>")[0], report.spider
        assert not ASKED.search(page)
        assert str(ROOT) not in page


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    pytest.importorskip("selenium", reason="selenium is not installed")
    from tests.dataset.browser import ABSENT, CHROMIUM, DRIVER, browser

    if not (CHROMIUM and DRIVER):
        pytest.skip(ABSENT)
    with browser() as driver:
        driver.set_script_timeout(PATIENCE)
        yield driver


VIEWS = ((1280, False), (390, True))  # width, whether it is dark

SCRIPTS = re.compile(r"<script\b.*?</script>", re.DOTALL)

# Shows the content of another page, and returns how wide it is.
SHOW = """
const page = new DOMParser().parseFromString(arguments[0], 'text/html')
document.title = page.title
document.body.replaceChildren(...page.body.childNodes)
return document.scrollingElement.scrollWidth
"""
# Of parts that look the same in all pages of this view, two are left: those with the same kinds of elements, with the
# same attributes, in the same place, whatever their number and order. Small parts come before those that they are in.
LEAVE_NEW_PARTS = """
const hidden = /^(href|id|src|title|alt|for|name)$/
const places = new Map([[null, '']])
const place = (part) => {
    if (!places.has(part)) {
        const told = [...part.attributes].map((one) => hidden.test(one.name) ? one.name : one.name + one.value)
        places.set(part, place(part.parentElement) + '/' + part.tagName + told)
    }
    return places.get(part)
}
const look = (part) => [...new Set([part, ...part.querySelectorAll('*')].map(place))].sort().join(' ')
for (const parts of ['code span + span, pre span', ':not(th) > p, li, tr, section, aside, header, footer, body > svg'])
    for (const part of [...document.querySelectorAll(parts)].reverse()) {
        const key = look(part)
        window.seen[key] = (window.seen[key] ?? 0) + 1
        if (window.seen[key] > 2) part.remove()
    }
"""
# Files of a page that is opened from the disk cannot be loaded anew.
RUN_AXE = "axe.run(document, { resultTypes: ['violations'], preload: false }).then(arguments[0])"


def test_pages_fit_the_window_and_neither_browser_nor_axe_complains(site: Path, driver: Any) -> None:
    """Those with the same scripts are loaded once. The contents of all are shown in one page."""
    from tests.dataset.browser import complaints, look, show

    pages = {page.name: page.read_text(encoding="utf-8") for page in sorted(site.glob("*.html"))}
    for name in {tuple(SCRIPTS.findall(text)): name for name, text in pages.items()}.values():
        show(driver, site / name)
        assert complaints(driver) == [], name

    show(driver, site / "index.html")
    if AXE.is_file():
        driver.execute_script(AXE.read_text(encoding="utf-8"))
    for width, dark in VIEWS:
        look(driver, width=width, dark=dark)
        driver.execute_script("window.seen = {}")
        for name, text in pages.items():
            assert driver.execute_script(SHOW, text) <= width, name
            if AXE.is_file():
                driver.execute_script(LEAVE_NEW_PARTS)
                found = driver.execute_async_script(RUN_AXE)["violations"]
                assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name
        assert complaints(driver) == []
    if not AXE.is_file():
        pytest.skip(foreign.ABSENT)


def test_a_field_on_a_phone_is_read_from_left_to_right(site: Path, driver: Any) -> None:
    """Rows are blocks there: no cell is narrower than what it says."""
    from tests.dataset.browser import show

    widths = """
    const cells = document.querySelectorAll("table.docutils tbody td:first-child")
    return [...cells].map((one) => one.offsetWidth)
    """
    for page in ("settings", "faults", "endpoints", "records"):
        show(driver, site / f"{page}.html", width=390)
        assert min(driver.execute_script(widths)) > 300, page
    label = "return getComputedStyle(document.querySelector('#user td:nth-child(3)'), '::before').content"
    assert driver.execute_script(label) == '"meaning: "'
