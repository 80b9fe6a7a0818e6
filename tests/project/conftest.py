"""Projects of other people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.crawl import ROOT, Crawls

# The Python of docs/scrapy.md: the two lines, a script, a spider.
EXAMPLES = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "scrapy.md").read_text(), re.MULTILINE | re.DOTALL)


class Demo(Crawls):
    """A project as `scrapy startproject demo` makes it, with the two lines that our spiders need."""

    def environment(self, *arguments: object, **settings: object) -> dict[str, str]:
        return super().environment(*arguments, **{"SCRAPY_SETTINGS_MODULE": "demo.settings", **settings})  # type: ignore[arg-type]

    def make(self) -> None:
        assert not self.command("startproject", "demo", ".", SCRAPY_SETTINGS_MODULE="").code
        file = self.folder / "demo" / "settings.py"
        text = file.read_text()
        assert "ROBOTSTXT_OBEY = True" in text
        for line in EXAMPLES[0].splitlines():
            text, count = re.subn(f"^{line.split()[0]} = .*", line, text, flags=re.MULTILINE)
            assert count == 1
        file.write_text(text)


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    folder = tmp_path / "project"
    folder.mkdir()
    demo = Demo(folder)
    demo.make()
    return demo
