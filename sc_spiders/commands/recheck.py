"""`scrapy recheck`: crawls what an output has, to find what is gone now."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.commands import hydrate


class Command(hydrate.Command):
    """`scrapy recheck OUTPUT` is `scrapy crawl recheck -a output=OUTPUT`, with the same options."""

    spider: ClassVar[str] = "recheck"
    argument: ClassVar[str] = "output"

    def short_desc(self) -> str:
        return "Find what an output has that is gone now"
