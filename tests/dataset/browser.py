"""A real Chromium without a window and without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
ABSENT = "Chromium and chromedriver are not installed (on Debian: apt install chromium chromium-driver)"

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    # Only loopback can be reached. Any other request fails and shows in the page's log.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[Chrome]:
    """A browser with a profile of its own."""
    options = ChromeOptions()
    assert CHROMIUM
    assert DRIVER
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for option in (*_OPTIONS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(option)
        driver = Chrome(options, Service(DRIVER))
        try:
            yield driver
        finally:
            driver.quit()


def show(
    driver: Chrome, page: Path, *, dark: bool = False, width: int = 1280, height: int = 900, scale: int = 1
) -> None:
    """Opens a page from disk, in a view of that size."""
    look(driver, dark=dark, width=width, height=height, scale=scale)
    driver.get(page.absolute().as_uri())


def look(driver: Chrome, *, dark: bool = False, width: int = 1280, height: int = 900, scale: int = 1) -> None:
    """Shows the page, and those that are opened later, in a view of that size."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce"},  # scrolling takes no time
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def complaints(driver: Chrome) -> list[Any]:
    """All that the page wrote to the browser's console since the last call."""
    entries: list[Any] = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return entries
