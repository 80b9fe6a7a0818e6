"""Spider loaders for the tests in this folder."""

from __future__ import annotations

import os
import signal
import sys

from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader


class InterruptedLoader(SpiderLoader):
    """Ctrl-C comes while Scrapy still loads spiders."""

    def __init__(self, settings: BaseSettings) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the parent process may ignore it
        os.kill(os.getpid(), signal.SIGINT)
        super().__init__(settings)


class TellingLoader(SpiderLoader):
    """Prints whether Python's own hook for exceptions is in place when a command asks for the spiders."""

    def list(self) -> list[str]:
        print("the hook is Python's own:", sys.excepthook is sys.__excepthook__)
        return super().list()
