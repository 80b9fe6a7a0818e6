"""`scrapy runspider`, with an exit code that says how the crawl ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.spiderloader import DummySpiderLoader

from sc_spiders import engine
from sc_spiders.commands import crawl

if TYPE_CHECKING:
    from scrapy import Spider


class Command(crawl.Command):
    """Like `scrapy crawl`, for the spider of a file."""

    default_settings: ClassVar[dict[str, Any]] = {"SPIDER_LOADER_CLASS": DummySpiderLoader}

    def syntax(self) -> str:
        return "[options] <spider_file>"

    def short_desc(self) -> str:
        return "Run the spider of a Python file"

    def find(self, args: list[str]) -> type[Spider]:
        """The last spider of that file."""
        if len(args) != 1:
            crawl.refuse(f"runspider takes one file with a spider, not {len(args)}")
        file = Path(args[0])
        if not file.exists():
            crawl.refuse(f"there is no file {file}")
        try:
            spiders = engine.spiders_in(file)
        except (ImportError, SyntaxError, ValueError) as e:
            crawl.refuse(f"{file} cannot be loaded: {e}")
        if not spiders:
            crawl.refuse(f"{file} defines no spider")
        return spiders[-1]
