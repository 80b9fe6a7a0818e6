"""A part of Scrapy that is interrupted, for the tests beside this file."""

from __future__ import annotations

import os
import signal

from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader


class InterruptedLoader(SpiderLoader):
    """A Ctrl-C comes while spiders are still looked for."""

    def __init__(self, settings: BaseSettings) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests may have it ignored
        os.kill(os.getpid(), signal.SIGINT)
        super().__init__(settings)
