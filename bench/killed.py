"""The project's settings for a crawl that kills itself (`bench.killpoints`)."""

from sc_spiders import settings
from sc_spiders.settings import *  # noqa: F403

EXTENSIONS = {**settings.EXTENSIONS, "bench.killpoints.Killer": 1}
