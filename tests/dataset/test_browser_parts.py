"""The parts of a report in a real Chromium: tables, pictures that are saved, letters, and what axe-core finds."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sc_spiders.dataset import Dataset
from sc_spiders.report import write as write_report
from tests.support import foreign
from tests.support.patience import PATIENCE

from . import worlds
from .make import Row, comment_on, edge, listing, track, user, write

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from .browser import ABSENT, CHROMIUM, DRIVER, complaints, look, show

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=ABSENT)

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SANDBOX = "sandbox of 3000 users, seed 1"

# The sizes of all letters that are seen, in pixels of the screen.
LETTERS = """
const found = [];
for (const one of document.querySelectorAll("body *")) {
  if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  if (!one.getClientRects().length || one.closest("script, noscript, title")) continue;
  let size = parseFloat(getComputedStyle(one).fontSize);
  const matrix = one.ownerSVGElement && one.getScreenCTM();
  if (matrix) size *= Math.hypot(matrix.a, matrix.b); // it may be turned
  found.push([size, one.textContent.trim().slice(0, 40)]);
}
return found;
"""


def rich_tracks() -> Iterator[Row]:
    """Tracks with all that the music's part of a report counts."""
    for n in range(1, 60):
        yield track(
            5000 + n,
            title=f"Tune {n}",
            genre=("Techno", "Ambient", "House")[n % 3],
            tag_list='vinyl "deep house"' if n % 2 else "live",
            license="cc-by" if n % 4 else "all-rights-reserved",
            label_name=("Salt", "Paper")[n % 2],
            created_at=f"20{10 + n % 12}-0{1 + n % 9}-1{n % 9}T1{n % 9}:00:00Z",
            release_year=2000 + n % 20,
            duration=60_000 + n * 9_000,
            playback_count=n * n * 40,
            likes_count=n,
            user_urn=f"soundcloud:users:{n}",
        )
        yield user(
            700 + n,
            city=("Berlin", "Osaka", "Lagos")[n % 3],
            country_code=("DE", "JP", "NG")[n % 3],
            created_at=f"20{10 + n % 9}-01-01T00:00:00Z",
        )
        yield edge("likes", f"soundcloud:users:{n % 9 + 1}", f"soundcloud:tracks:{5000 + n}")


def everything(server: str | None = SANDBOX) -> list[Row]:
    """Records for all parts of a report."""
    rows = [*worlds.graph(80, 300), *worlds.comments(300), *worlds.ranks(), *worlds.playlists(), *rich_tracks()]
    rows += [listing("user_likes", f"soundcloud:users:{n}") for n in range(1, 9)]
    for row in rows:
        if row["kind"] == "crawl" and server:
            row["versions"] = {**row["versions"], "api": server}
    return rows


def report(folder: Path, rows: Iterable[Row]) -> Path:
    with Dataset([write(folder / "a.jsonl", rows)]) as data:
        write_report(data, folder / "a.html")
    return folder / "a.html"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report(tmp_path_factory.mktemp("whole"), everything())


@pytest.fixture
def saved(driver: Chrome, tmp_path: Path) -> Path:
    """The folder into which the browser saves."""
    options = {"behavior": "allow", "downloadPath": str(tmp_path)}
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", options)
    return tmp_path


def only_file(folder: Path, suffix: str) -> Path:
    """The file with this suffix that the browser has saved."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := list(folder.glob(f"*{suffix}")):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no {suffix} was saved")


def frame_of(driver: Chrome, caption: str) -> WebElement:
    """A table with its tools."""
    path = f"//caption[starts-with(., '{caption}')]/ancestor::div[@class='table']"
    return driver.find_element(By.XPATH, path)


def cells(frame: WebElement, place: int) -> list[str]:
    """A column of the rows that are shown."""
    script = "return [...arguments[0].querySelectorAll('tbody tr')].map(row => row.cells[arguments[1]].textContent)"
    found: list[str] = frame.parent.execute_script(script, frame, place)
    return found


def press(driver: Chrome, frame: WebElement, words: str) -> None:
    """Presses a button of a table or picture."""
    button = frame.find_element(By.XPATH, f".//button[.='{words}']")
    driver.execute_script("arguments[0].click()", button)


@pytest.mark.skipif(not AXE.is_file(), reason=foreign.ABSENT)
def test_axe_finds_no_violation(driver: Chrome, whole: Path) -> None:
    show(driver, whole)
    driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    # The first rows of a table, and the first shapes of a picture, show all that the others could.
    more = "tr:nth-child(n + 9), svg :is(g, rect, circle, line):nth-of-type(n + 9)"
    driver.execute_script("for (const one of document.querySelectorAll(arguments[0])) one.remove()", more)
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    run = "axe.run(document, { resultTypes: ['violations'] }).then(arguments[0])"
    for width, dark in ((1280, True), (390, False)):  # colours do not depend on the width
        look(driver, dark=dark, width=width)
        found: list[dict[str, Any]] = driver.execute_async_script(run)["violations"]
        assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_letters_can_be_read_nothing_is_wider_than_the_page_and_a_table_that_scrolls_says_so(
    driver: Chrome, whole: Path, width: int
) -> None:
    show(driver, whole, width=width)
    letters = driver.execute_script(LETTERS)
    assert len(letters) > 200
    assert [one for one in letters if one[0] < 11] == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert ("scrolls sideways" in frame_of(driver, "Accounts with most followers").text) == (width == 390)
    assert complaints(driver) == []


def test_every_table_sorts_filters_copies_and_saves(driver: Chrome, whole: Path) -> None:
    show(driver, whole)
    found = driver.execute_script("""
    return [...document.querySelectorAll(".table")].map((one) => [
        one.querySelectorAll("input[type=search]").length,
        one.querySelectorAll("thead button").length,
        [...one.querySelectorAll(".tools button")].map((button) => button.textContent),
    ])
    """)
    assert len(found) > 10
    for fields, headings, buttons in found:
        assert fields
        assert headings
        assert {"Copy", "CSV"} <= {*buttons}


def test_a_click_on_a_heading_sorts_by_value_and_not_by_text(driver: Chrome, whole: Path) -> None:
    show(driver, whole)
    frame = frame_of(driver, "Accounts with most followers")
    press(driver, frame, "Followers in all")
    counts = [int(one.replace(",", "")) for one in cells(frame, 5)]
    assert counts == sorted(counts, reverse=True)
    press(driver, frame, "Followers in all")
    assert cells(frame, 5) == [f"{one:,}" for one in sorted(counts)]
    press(driver, frame, "Account")
    assert cells(frame, 0)[0].startswith("Ada")
    heading = frame.find_element(By.CSS_SELECTOR, "[aria-sort]")
    assert (heading.text.split()[0], heading.get_attribute("aria-sort")) == ("Account", "ascending")


def test_the_lists_are_one_table_in_which_a_list_is_chosen_and_searched(driver: Chrome, whole: Path) -> None:
    show(driver, whole)
    (frame,) = driver.find_elements(By.CSS_SELECTOR, "#lists .table")
    assert len(cells(frame, 0)) == 25  # the others on demand
    more = frame.find_element(By.CSS_SELECTOR, "button.more")
    for _ in range(2):
        driver.execute_script("arguments[0].click()", more)
    assert len(cells(frame, 0)) == 225
    option = frame.find_element(By.XPATH, ".//option[starts-with(., 'Charts, top: ambient (')]")
    option.click()
    assert set(cells(frame, 0)) == {"Charts, top: ambient"}
    assert len(cells(frame, 0)) == 50
    box = frame.find_element(By.CSS_SELECTOR, "input")
    title = cells(frame, 2)[3]
    box.send_keys(title.upper())
    assert title in cells(frame, 2)
    assert len(cells(frame, 2)) < 50
    assert "rows" in frame.find_element(By.CSS_SELECTOR, "[role=status]").text
    assert complaints(driver) == []


def test_what_is_shown_of_a_table_is_saved_as_csv_and_copied_and_nothing_of_it_runs(
    driver: Chrome, saved: Path
) -> None:
    formula, quoted, hidden = "=1+1", 'He said "no", twice', '"=2+2"'
    rows = [
        track(n, title=title, user_username="Mari", playback_count=1000 * n)
        for n, title in ((1, formula), (2, quoted), (3, hidden))
    ]
    rows += [edge("likes", "soundcloud:users:1", f"soundcloud:tracks:{n}") for n in (1, 2, 3)]
    show(driver, report(saved, [*rows, listing("user_likes", "soundcloud:users:1")]))
    frame = driver.find_element(By.CSS_SELECTOR, "#lists .table")
    frame.find_element(By.CSS_SELECTOR, "input").send_keys("mari")
    press(driver, frame, "CSV")
    text = only_file(saved, ".csv").read_text(encoding="utf-8-sig")
    expected = [
        ["Title", "By", "Plays"], [f"'{formula}", "Mari", "1000"], [quoted, "Mari", "2000"], [hidden, "Mari", "3000"]
    ]  # fmt: skip
    assert list(csv.reader(io.StringIO(text))) == expected
    driver.execute_script("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    press(driver, frame, "Copy")
    copied = driver.execute_script("return window.copied")
    assert list(csv.reader(io.StringIO(copied), delimiter="\t")) == expected


def test_a_table_is_copied_for_a_spreadsheet(driver: Chrome, whole: Path) -> None:
    show(driver, whole)
    # The clipboard of a browser without a window cannot be read: what is written to it is kept.
    driver.execute_script("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    press(driver, frame_of(driver, "Genres"), "Copy")
    lines = driver.execute_script("return window.copied").split("\r\n")
    assert lines[0] == "Genre\tTracks\tShare"
    assert {line.split("\t")[0] for line in lines[1:]} == {"Techno", "Ambient", "House"}


def test_a_picture_is_saved_as_svg_and_png_with_where_its_data_is_from(
    driver: Chrome, whole: Path, saved: Path
) -> None:
    show(driver, whole)
    (figure,) = driver.find_elements(By.XPATH, "//h3[.='Year of release']/following-sibling::figure")
    press(driver, figure, "SVG")
    text = only_file(saved, ".svg").read_text(encoding="utf-8")
    assert "Invented data, 2 January 2026" in text
    assert "class=" not in text
    press(driver, figure, "PNG")
    with Image.open(only_file(saved, ".png")) as picture:
        assert picture.width > 1200
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 3
    assert complaints(driver) == []


def test_the_network_is_saved_as_it_is_seen(driver: Chrome, whole: Path, saved: Path) -> None:
    show(driver, whole)
    driver.find_element(By.ID, "save-svg").click()
    text = only_file(saved, ".svg").read_text(encoding="utf-8")
    assert text.count("<circle") == 80
    assert "Invented data, 2 January 2026" in text
    driver.find_element(By.ID, "save-png").click()
    with Image.open(only_file(saved, ".png")) as picture:
        assert picture.size == (
            driver.execute_script("return canvas.width"),
            driver.execute_script("return canvas.height"),
        )


def test_the_verdict_opens_to_what_is_missing(driver: Chrome, whole: Path) -> None:
    show(driver, whole)
    verdict = driver.find_element(By.ID, "completeness")
    assert "Not complete." in verdict.text
    assert "soundcloud:tracks:901" not in verdict.text
    verdict.find_element(By.TAG_NAME, "summary").click()
    assert "soundcloud:tracks:901" in verdict.text


def test_a_large_network_is_unpacked_and_drawn_point_by_point(
    driver: Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sc_spiders.report.html.LARGE", 10_000)
    page = report(tmp_path, worlds.graph(4_100, 6_000))
    assert 'type="application/octet-stream"' in page.read_text(encoding="utf-8")
    show(driver, page)
    end = time.monotonic() + PATIENCE
    while not driver.execute_script("return canvas.dataset.ready") and time.monotonic() < end:
        time.sleep(0.05)
    seen = """
    const pen = canvas.getContext("2d"), data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0;
    for (let n = 3; n < data.length; n += 4) if (data[n] > 150) drawn++;
    return drawn;
    """
    # It is drawn in the next frame.
    driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))")
    assert driver.execute_script(seen) > 4_000
    driver.find_element(By.ID, "find").send_keys("Ada\n")
    while not driver.find_element(By.ID, "about").text and time.monotonic() < end:
        time.sleep(0.05)
    assert "Ada" in driver.find_element(By.ID, "about").text
    assert complaints(driver) == []


def test_comments_are_quoted_as_text(driver: Chrome, tmp_path: Path) -> None:
    evil = "<img src=x onerror='window.hacked=1'>"
    rows = [comment_on(1, n, 1000 * n, body=evil, created_at=f"2020-01-0{n}T00:00:00Z") for n in range(1, 9)]
    show(driver, report(tmp_path, rows))
    quotes = driver.find_elements(By.TAG_NAME, "blockquote")
    assert [one.text for one in quotes] == [evil] * 3
    assert driver.execute_script("return window.hacked") is None
