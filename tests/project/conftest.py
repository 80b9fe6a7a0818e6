"""Projects of other people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crawl import Crawls


class Demo(Crawls):
    """A project as `scrapy startproject demo` makes it, with the two lines that our spiders need."""

    def environment(self, *arguments: object, **settings: object) -> dict[str, str]:
        return super().environment(*arguments, **{"SCRAPY_SETTINGS_MODULE": "demo.settings", **settings})  # type: ignore[arg-type]

    def make(self) -> None:
        assert not self.command("startproject", "demo", ".", SCRAPY_SETTINGS_MODULE="").code
        file = self.folder / "demo" / "settings.py"
        text = file.read_text()
        assert "ROBOTSTXT_OBEY = True" in text
        text = text.replace("ADDONS = {}", 'ADDONS = {"sc_spiders.Addon": 0}')
        file.write_text(text.replace("SPIDER_MODULES =", 'SPIDER_MODULES = ["sc_spiders.spiders"]\n_OTHERS =', 1))


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    folder = tmp_path / "project"
    folder.mkdir()
    demo = Demo(folder)
    demo.make()
    return demo
