"""The project's settings for a crawl that kills itself (`bench.killpoints`)."""

import os

from bench.killpoints import VARIABLE
from sc_spiders import settings
from sc_spiders.settings import *  # noqa: F403

EXTENSIONS = {**settings.EXTENSIONS, "bench.killpoints.Killer": 1}
if os.environ[VARIABLE].startswith("commit:") and os.environ[VARIABLE].count(":") > 1:
    ITEM_PIPELINES = {"bench.killpoints.Lingering": 1}
