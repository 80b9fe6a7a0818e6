"""The report in a real Chromium: it draws, logs nothing, and reacts to pointer, keyboard and search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.dataset import Dataset
from sc_spiders.report import write as write_report

from . import worlds
from .make import Row, follows, user, write
from .sample import SAMPLE

selenium = pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver import ActionChains, Chrome, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

from tests.support.patience import PATIENCE  # noqa: E402

from .browser import ABSENT, CHROMIUM, DRIVER, complaints, show  # noqa: E402

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=ABSENT)

# Counts the colours on the canvas.
PIXELS = """
const canvas = document.getElementById("canvas");
const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
const colours = new Set();
for (let n = 0; n < data.length; n += 4)
  if (data[n + 3] > 200) colours.add((data[n] << 16) | (data[n + 1] << 8) | data[n + 2]);
return colours.size;
"""
# Counts drawn pixels at the edge of the canvas.
RIM = """
const canvas = document.getElementById("canvas"), pen = canvas.getContext("2d");
const { width, height } = canvas;
const data = pen.getImageData(0, 0, width, height).data;
let drawn = 0, rim = 0;
for (let n = 0; n < data.length; n += 4) if (data[n + 3]) {
  const x = (n / 4) % width, y = Math.floor(n / 4 / width);
  drawn++;
  if (!x || !y || x === width - 1 || y === height - 1) rim++;
}
return drawn > 1000 ? rim : -1;
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    star = [follows(n, 1000) for n in range(1, 40)] + [user(1000, username="Žofie Star", country_code="SE")]
    rows = [*worlds.graph(120, 400), *star]
    with Dataset([write(folder / "a.jsonl", rows)]) as data:
        write_report(data, folder / "a.html")
    return folder / "a.html"


def report(folder: Path, rows: Iterable[Row]) -> Path:
    """The page of these records."""
    with Dataset([write(folder / "a.jsonl", rows)]) as data:
        write_report(data, folder / "a.html")
    return folder / "a.html"


def wait(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def text(driver: Chrome, id_: str) -> str:
    return driver.find_element(By.ID, id_).text


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_it_draws_without_a_complaint(driver: Chrome, graph: Path, dark: bool, width: int, height: int) -> None:
    show(driver, graph, dark=dark, width=width, height=height)
    wait(lambda: driver.execute_script(PIXELS) > 10)
    assert complaints(driver) == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (brightness < 200) == dark


def test_hovering_names_an_account(driver: Chrome, graph: Path) -> None:
    show(driver, graph)
    canvas = driver.find_element(By.ID, "canvas")
    find_star(driver)
    canvas.send_keys(Keys.ESCAPE)  # deselect: the view stays centred on the star
    wait(lambda: not driver.find_element(By.ID, "about").is_displayed())
    ActionChains(driver).move_to_element(canvas).perform()
    tip = wait(lambda: text(driver, "tip"))
    assert "Žofie Star" in tip
    assert "39 followers and 0 followings here" in tip
    assert "Sweden" in tip
    ActionChains(driver).move_to_element(driver.find_element(By.ID, "find")).perform()
    wait(lambda: not driver.find_element(By.ID, "tip").is_displayed())


def find_star(driver: Chrome) -> None:
    box = driver.find_element(By.ID, "find")
    box.send_keys("zofie")
    wait(lambda: "Žofie Star" in text(driver, "found"))
    box.send_keys(Keys.ENTER)
    wait(lambda: "Žofie Star" in text(driver, "about"))
    driver.execute_script("document.getElementById('canvas').scrollIntoView({block: 'center'})")


def test_search_finds_and_shows_with_whom_it_is_linked(driver: Chrome, graph: Path) -> None:
    show(driver, graph)
    find_star(driver)
    assert "Followed by (39 drawn)" in text(driver, "about")
    assert driver.find_element(By.ID, "canvas").get_attribute("data-chosen") == "Žofie Star"
    driver.find_element(By.CSS_SELECTOR, "#about li button").click()
    wait(lambda: "Follows (" in text(driver, "about"))
    assert driver.find_element(By.ID, "canvas").get_attribute("data-chosen") != "Žofie Star"
    box = driver.find_element(By.ID, "find")
    box.clear()
    box.send_keys("nobody at all")
    wait(lambda: "Nobody of that name is in this network" in text(driver, "found"))
    assert complaints(driver) == []


def test_search_tells_that_some_are_not_drawn(driver: Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sc_spiders.report.network.NODES", 40)
    show(driver, report(tmp_path, worlds.graph(100, 400)))
    driver.find_element(By.ID, "find").send_keys("nobody at all")
    wait(lambda: "among the 40 most connected; 60 others are not drawn" in text(driver, "found"))
    assert complaints(driver) == []


def test_who_was_asked_about_comes_first(driver: Chrome, graph: Path) -> None:
    show(driver, graph)
    canvas = driver.find_element(By.ID, "canvas")
    canvas.send_keys("n")
    wait(lambda: "is a seed" in text(driver, "about"))
    assert driver.find_element(By.ID, "canvas").get_attribute("data-chosen") == "Björn Tape"


def test_nothing_is_cut_off_at_the_rim(driver: Chrome, graph: Path) -> None:
    show(driver, graph, width=360, height=740)
    wait(lambda: driver.execute_script(RIM) == 0)
    complaints(driver)  # discard messages that the test itself caused


def test_clicking_zooming_and_dragging(driver: Chrome, graph: Path) -> None:
    show(driver, graph)
    find_star(driver)
    canvas = driver.find_element(By.ID, "canvas")
    ActionChains(driver).move_to_element_with_offset(canvas, -canvas.size["width"] // 2 + 5, 0).click().perform()
    wait(lambda: not driver.find_element(By.ID, "about").is_displayed())
    ActionChains(driver).move_to_element(canvas).click().perform()
    wait(lambda: "Žofie Star" in text(driver, "about"))
    canvas.send_keys(Keys.ESCAPE)
    ActionChains(driver).move_to_element(canvas).click_and_hold().move_by_offset(150, 60).release().perform()
    assert not driver.find_element(By.ID, "about").is_displayed()  # dragging is not clicking
    ActionChains(driver).move_to_element_with_offset(canvas, 150, 60).click().perform()
    wait(lambda: "Žofie Star" in text(driver, "about"))  # the node moved along
    for button in ("nearer", "farther", "fit"):
        driver.find_element(By.ID, button).click()
    assert complaints(driver) == []


def test_the_keyboard_is_enough(driver: Chrome, graph: Path) -> None:
    show(driver, graph)
    body = driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.text == "Skip to the content"
    canvas = driver.find_element(By.ID, "canvas")
    driver.execute_script("arguments[0].focus()", canvas)
    canvas.send_keys("n")
    first = wait(lambda: text(driver, "about"))
    canvas.send_keys("n", Keys.ARROW_LEFT, Keys.ARROW_UP, "+", "-")
    wait(lambda: text(driver, "about") != first)
    canvas.send_keys("p")
    wait(lambda: text(driver, "about") == first)
    canvas.send_keys(Keys.ESCAPE, "0")
    wait(lambda: not driver.find_element(By.ID, "about").is_displayed())
    assert complaints(driver) == []


def test_colours_can_mean_countries(driver: Chrome, graph: Path) -> None:
    show(driver, graph)
    assert "1: " in text(driver, "legend")
    assert "around " in text(driver, "legend")
    driver.find_element(By.CSS_SELECTOR, "#colour option[value=country]").click()
    wait(lambda: "Germany" in text(driver, "legend"))


def test_names_cannot_do_anything(driver: Chrome, tmp_path: Path) -> None:
    evil = [
        "<img src=x onerror='window.hacked=1'>",
        "<script>window.hacked=1</script>",
        "</script><script>hacked=1</script>",
    ]
    rows = [*SAMPLE, *(user(n, username=name, country_code=name) for n, name in enumerate(evil, 20))]
    rows += [follows(a, b) for a in range(20, 23) for b in range(20, 23) if a != b]
    with Dataset([write(tmp_path / "a.jsonl", rows)]) as data:
        write_report(data, tmp_path / "a.html")
    show(driver, tmp_path / "a.html")
    canvas = driver.find_element(By.ID, "canvas")
    for _ in range(6):
        canvas.send_keys("n")
        wait(lambda: text(driver, "about"))
    driver.find_element(By.ID, "find").send_keys("<")
    wait(lambda: "onerror" in text(driver, "found"))
    driver.find_element(By.CSS_SELECTOR, "#colour option[value=country]").click()
    assert driver.execute_script("return window.hacked") is None
    # If a name became an element, the page's policy would still not let it run.
    driver.execute_script("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=1\">')")
    time.sleep(0.2)
    assert driver.execute_script("return window.hacked") is None
    complaints(driver)


@pytest.mark.parametrize("world", ["comments", "ranks", "playlists"])
def test_the_other_pages_have_nothing_to_complain_of(driver: Chrome, tmp_path: Path, world: str) -> None:
    with Dataset([write(tmp_path / "a.jsonl", getattr(worlds, world)())]) as data:
        write_report(data, tmp_path / "a.html")
    for width in (1280, 360):
        show(driver, tmp_path / "a.html", width=width)
        assert complaints(driver) == []
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width


def test_it_prints_with_all_lists_open(driver: Chrome, tmp_path: Path) -> None:
    with Dataset([write(tmp_path / "a.jsonl", worlds.playlists())]) as data:
        write_report(data, tmp_path / "a.html")
    show(driver, tmp_path / "a.html")
    closed = "return document.querySelectorAll('details:not([open])').length"
    assert driver.execute_script(closed) > 0
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert driver.execute_script(closed) == 0
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert driver.execute_script(closed) > 0
