"""The base class of commands that read our settings and run no crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.addons import AddonManager
from scrapy.commands import ScrapyCommand

if TYPE_CHECKING:
    import argparse


class ProjectCommand(ScrapyCommand):
    """Gets our settings from the add-on, so that it also works in another project."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        AddonManager.load_pre_crawler_settings(self.settings)
