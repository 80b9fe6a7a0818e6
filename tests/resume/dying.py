"""Parts of Scrapy that die where it hurts most, for the tests beside this file."""

from __future__ import annotations

import os
import signal

from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader

from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.pages.listing import Listing


class DyingScheduler(Scheduler):
    """Kills its process when the first page of a list is written, before that is acknowledged."""

    def commit(self, listing: Listing, added: list[Listing], outputs: dict[str, int]) -> None:
        if listing.is_list:
            os.kill(os.getpid(), signal.SIGKILL)
        super().commit(listing, added, outputs)


class UnbegunScheduler(Scheduler):
    """Kills its process when the output folder is made, and the job not begun."""

    def begin(self, outputs: dict[str, int]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class InterruptedLoader(SpiderLoader):
    """A Ctrl-C comes while spiders are still looked for."""

    def __init__(self, settings: BaseSettings) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests may have it ignored
        os.kill(os.getpid(), signal.SIGINT)
        super().__init__(settings)
