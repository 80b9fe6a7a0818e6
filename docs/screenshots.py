"""The pictures in the docs and the README: `make screenshots`.

Crawls the sandbox, writes reports, and takes pictures of them in Chromium, light and dark. Also runs a crawl in a
terminal and draws its screen. The pictures are kept in the repository, so the README and `make docs` need no browser.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import time
from base64 import b64decode
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyte.graphics
from PIL import Image
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from docs._ext import reports
from sc_spiders.sandbox import Sandbox
from tests.dataset.browser import ABSENT, CHROMIUM, DRIVER, browser, show
from tests.progress.terminal import Terminal
from tests.support.crawl import ROOT, Crawls

FOLDER = ROOT / "docs" / "images"
SCALE = 1.5  # pixels of a picture for one pixel of the page
QUALITY = 80  # of 100; the loss is invisible
QUALITY_OF_SMALL = 65
TALL = 16_000  # of the window, in pixels: no part in a picture is lower on its page
SCHEMES = ("light", "dark")


@dataclass(frozen=True)
class Crawl:
    """A crawl to report on. `faults`: of the sandbox."""

    spider: str
    arguments: dict[str, Any]
    faults: str = ""


@dataclass(frozen=True)
class Picture:
    """A part of a report.

    `of`: the id of a section; without one, the top of the page. `width`, `height`: the largest size, in the page's
    pixels. `find`: an account to search for first.
    """

    crawl: str
    of: str = ""
    width: int = 1000
    height: int = 1000
    find: str = ""


CRAWLS = {
    "graph": Crawl("user_graph", {"user": "forss", "depth": "2", "relations": "followings,followers,likes,reposts"}),
    "comments": Crawl("track_comments", {"track": "forss/flickermood"}),
    "charts": Crawl("charts", {"kind": "top", "genre": "techno,ambient"}),
    "playlist": Crawl("playlist", {"playlist": "forss/sets/soulhack"}),
    "faulty": Crawl(
        "user",
        {"user": "forss,tape-signal-3,dj-lea-11,kofi-bergstrom-10", "include": "tracks,likes,reposts,followers"},
        "403json@/users/*/likes#2,403datadome@/stream/users/*/reposts#1+",
    ),
}
REPORTS = {
    "report-top": Picture("graph", height=900),
    "report-network": Picture("graph", "network"),
    "report-account": Picture("graph", "network", find="forss"),
    "report-music": Picture("graph", "genres", height=760),
    "report-accounts": Picture("graph", "accounts", height=528),
    "report-degrees": Picture("graph", "degrees", width=860),
    "report-comments": Picture("comments", "comments", width=1000, height=640),
    "report-charts": Picture("charts", "ranks", width=1180, height=900),
    "report-playlist": Picture("playlist", "shelf", width=760),
    "report-missing": Picture("faulty", "completeness"),
}
THUMBNAIL = (1120, 840)  # of the page, at the top of a report in the gallery
TERMINAL, COLUMNS, LINES = "terminal.svg", 110, 12
SHOWN = (*REPORTS, *(f"gallery-{report.spider}" for report in reports.REPORTS))
NAMES = {TERMINAL, *(f"{name}-{scheme}.webp" for name, scheme in product(SHOWN, SCHEMES))}
"""The files that this program makes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="default: docs/images")
    folder: Path = parser.parse_args().folder
    if not (CHROMIUM and DRIVER):
        sys.exit(ABSENT)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work:
        crawls = Crawls(Path(work))
        (folder / TERMINAL).write_text(terminal(crawls), encoding="utf-8")
        pages = {name: report(crawls, name, crawl) for name, crawl in CRAWLS.items()}
        with browser() as driver:
            for name, picture in REPORTS.items():
                for scheme in SCHEMES:
                    file = folder / f"{name}-{scheme}.webp"
                    save(shoot(driver, pages[picture.crawl], picture, dark=scheme == "dark"), file)
            for one, scheme in product(reports.REPORTS, SCHEMES):
                page = reports.kept() / f"{one.spider}.html"
                thumbnail(driver, page, folder / f"gallery-{one.spider}-{scheme}.webp", dark=scheme == "dark")
    size = sum((folder / name).stat().st_size for name in NAMES)
    print(f"{len(NAMES)} pictures in {folder}, {size / 1000:,.0f} kB")


def report(crawls: Crawls, name: str, crawl: Crawl) -> Path:
    """Runs a crawl. Returns the page of its report."""
    file = crawls.folder / f"{name}.jsonl"
    settings = {"SC_SANDBOX": 1, "SC_SANDBOX_FAULTS": crawl.faults}  # so the page says that its data is invented
    done = crawls.run(crawl.spider, "-O", str(file), settings=settings, timeout=300, **crawl.arguments)
    if done.code != bool(crawl.faults):
        sys.exit(f"the crawl {name} ended with {done.code}:\n{done.log}")
    command = [sys.executable, "-m", "scrapy", "report", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, stdout=subprocess.DEVNULL)  # noqa: S603
    return file.with_suffix(".html")


def shoot(driver: Chrome, page: Path, picture: Picture, *, dark: bool) -> bytes:
    """The picture as PNG."""
    # The window is so tall that no part needs scrolling. The canvas has its usual height.
    show(driver, page, dark=dark, width=picture.width, height=TALL)
    if picture.of:  # what is missing is closed at first
        driver.execute_script(f"document.getElementById('{picture.of}').open = true")
    driver.execute_script("document.querySelectorAll('canvas').forEach(one => { one.style.height = '37rem'; })")
    time.sleep(0.3)  # until the page has noticed the new size
    driver.execute_script("document.getElementById('fit')?.click()")
    if picture.find:
        driver.find_element(By.ID, "find").send_keys(f"{picture.find}\n")
        driver.execute_script("document.activeElement.blur()")
    time.sleep(0.3)  # the canvas is drawn on the next frame
    x, y, width, height = 0.0, 0.0, float(picture.width), float(picture.height)
    if picture.of:
        rect = driver.find_element(By.ID, picture.of).rect
        # Even margins, without the line under the section.
        x, y, width, height = rect["x"] - 24, rect["y"] + 16, rect["width"] + 48, min(rect["height"] - 20, height)
        if picture.of == "completeness":  # it has no margin of its own
            y, height = y - 32, height + 32
    clip = {"x": x, "y": y, "width": width, "height": height, "scale": SCALE}
    return b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})["data"])


def thumbnail(driver: Chrome, page: Path, file: Path, *, dark: bool) -> None:
    """Saves the top of a report, at half its size."""
    width, height = THUMBNAIL
    show(driver, page, dark=dark, width=width, height=height)
    time.sleep(0.5)  # the canvas is drawn on the next frame
    png = b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"])
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS).save(file, quality=QUALITY_OF_SMALL, method=6)


def save(png: bytes, file: Path) -> None:
    """Saves a picture as WebP: for a network of thousands of accounts, it has a sixth of the size of PNG."""
    Image.open(io.BytesIO(png)).convert("RGB").save(file, quality=QUALITY, method=6)


def terminal(crawls: Crawls) -> str:
    """The screen of a terminal in the middle of a crawl, as SVG."""
    pyte.graphics.FG_ANSI[2] = "brightblack"  # pyte does not support faint text
    with Sandbox(latency=40, faults="429seconds@/users/*/followers#170,wait=5") as sandbox:
        arguments: dict[str, Any] = {"user": "forss", "depth": "2"}
        screen = Terminal(COLUMNS, LINES, crawls, "user_graph", sandbox=sandbox, **arguments)
        try:
            screen.until(lambda lines: {"waiting", "walking"} <= {line.split(" ")[0] for line in lines}, 60)
            rows = screen.cells
        finally:
            screen.close()
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for row in rows:
        console.print(Text.assemble(*((cell.data, _style(cell)) for cell in row)), soft_wrap=True)
    title = "scrapy crawl user_graph " + " ".join(f"-a {name}={value}" for name, value in arguments.items())
    console.print()  # or the lower edge of the last line is cut off
    # Remove the fonts that the picture would load from other sites.
    code = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.S).replace("Fira Code, ", "")
    return console.export_svg(title=title, code_format=code, unique_id="terminal")


def _style(cell: pyte.screens.Char) -> str:
    colour = {"default": "", "brown": "yellow", "brightblack": "bright_black"}.get(cell.fg, cell.fg)
    if re.fullmatch("[0-9a-f]{6}", colour):
        colour = f"#{colour}"
    return f"{'bold ' if cell.bold else ''}{colour}".strip()


if __name__ == "__main__":
    main()
