"""`scrapy hydrate`: crawls the full records of what a file of ids names."""

from __future__ import annotations

import argparse
from typing import ClassVar

from sc_spiders.commands import crawl


class Command(crawl.Command):
    """`scrapy hydrate FILE` is `scrapy crawl hydrate -a file=FILE`, with the same options."""

    spider: ClassVar[str] = "hydrate"
    argument: ClassVar[str] = "file"

    def syntax(self) -> str:
        return f"{self.argument.upper()} [options]"

    def short_desc(self) -> str:
        return "Crawl the full records of what a file of ids names"

    def long_desc(self) -> str:
        return f"{self.short_desc()}: `scrapy crawl {self.spider}` tells more."

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            crawl.refuse(f"{self.spider} takes one {self.argument.upper()}, not {len(args)}")
        opts.spargs[self.argument] = args[0]
        super().run([self.spider], opts)
