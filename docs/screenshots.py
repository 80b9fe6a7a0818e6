"""The pictures of a report in the docs: `python -m docs.screenshots`, from the root of the project.

Crawls the sandbox, writes a report, and has Chromium draw it, light and dark, wide and narrow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.dataset.browser import ABSENT, CHROMIUM, DRIVER, browser, show

_CRAWLS = {
    "graph": ["user_graph", "-a", "user=forss", "-a", "depth=2"],
    "comments": ["track_comments", "-a", "track=forss/flickermood"],
    "charts": ["charts", "-a", "kind=top", "-a", "genre=techno,ambient"],
    "playlist": ["playlist", "-a", "playlist=forss/sets/soulhack"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/images"), help="default: docs/images")
    folder: Path = parser.parse_args().folder
    if not (CHROMIUM and DRIVER):
        sys.exit(ABSENT)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work, browser() as driver:
        for name, crawl in _CRAWLS.items():
            report = _report(Path(work), name, crawl)
            for scheme in ("light", "dark"):
                show(driver, report, dark=scheme == "dark", width=1200, height=800)
                _shoot(driver, folder / f"report-{name}-{scheme}.png")
        _network(driver, Path(work, "graph.html"), folder)
    print(f"{len(list(folder.glob('report-*.png')))} pictures in {folder}")


def _report(work: Path, name: str, crawl: list[str]) -> Path:
    file = work / f"{name}.jsonl"
    scrapy = [sys.executable, "-m", "scrapy"]
    environment = os.environ | {"SC_SANDBOX": "1"}
    crawled = subprocess.run([*scrapy, "crawl", *crawl, "-O", str(file)], env=environment, timeout=300)  # noqa: S603
    if crawled.returncode > 1:  # 1: something in the sandbox was not to be had, which the report shows
        sys.exit(f"the crawl {' '.join(crawl)} failed")
    subprocess.run([*scrapy, "report", str(file)], check=True, timeout=120)  # noqa: S603
    return file.with_suffix(".html")


def _network(driver: Chrome, report: Path, folder: Path) -> None:
    for scheme in ("light", "dark"):
        show(driver, report, dark=scheme == "dark", width=1200, height=860)
        driver.execute_script("document.getElementById('network').scrollIntoView()")
        _shoot(driver, folder / f"report-network-{scheme}.png")
        driver.find_element(By.ID, "find").send_keys("forss\n")
        _shoot(driver, folder / f"report-account-{scheme}.png")
    show(driver, report, width=390, height=844, scale=2)
    _shoot(driver, folder / "report-narrow.png")


def _shoot(driver: Chrome, file: Path) -> None:
    time.sleep(0.3)  # the canvas is drawn on the next frame
    file.write_bytes(b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"]))


if __name__ == "__main__":
    main()
