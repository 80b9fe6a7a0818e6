"""Imports the modules of all commands, except Twisted's reactor and modules that read the environment.

Also reads what is installed. Each command asks for that, and the answer cannot change.
"""

import gc
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from scrapy import cmdline
from scrapy.settings import Settings
from scrapy.utils import versions

import sc_spiders

_SCRAPYS = [
    "scrapy.cmdline",
    "scrapy.commands.bench", "scrapy.commands.check", "scrapy.commands.crawl", "scrapy.commands.edit",
    "scrapy.commands.fetch", "scrapy.commands.genspider", "scrapy.commands.list", "scrapy.commands.parse",
    "scrapy.commands.runspider", "scrapy.commands.settings", "scrapy.commands.shell", "scrapy.commands.startproject",
    "scrapy.commands.version", "scrapy.commands.view",
    "scrapy.core.downloader.handlers.http11", "scrapy.core.engine",
    "scrapy.downloadermiddlewares.cookies", "scrapy.downloadermiddlewares.defaultheaders",
    "scrapy.downloadermiddlewares.downloadtimeout", "scrapy.downloadermiddlewares.httpauth",
    "scrapy.downloadermiddlewares.httpcompression", "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.downloadermiddlewares.offsite", "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.retry", "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.downloadermiddlewares.stats", "scrapy.downloadermiddlewares.useragent",
    "scrapy.extensions.closespider", "scrapy.extensions.corestats", "scrapy.extensions.logcount",
    "scrapy.extensions.logstats", "scrapy.extensions.memdebug", "scrapy.extensions.memusage",
    "scrapy.extensions.remote_control", "scrapy.extensions.spiderstate", "scrapy.extensions.telnet",
    "scrapy.extensions.throttle",
    "scrapy.logformatter", "scrapy.pipelines",
    "scrapy.spidermiddlewares.depth", "scrapy.spidermiddlewares.httperror", "scrapy.spidermiddlewares.metacopy",
    "scrapy.spidermiddlewares.referer",
    "scrapy.spidermiddlewares.start", "scrapy.spidermiddlewares.urllength",
    "scrapy.statscollectors",
]  # fmt: skip
_NOT = ("sc_spiders.sandbox", "sc_spiders.settings", "sc_spiders.templates")

for _name in _SCRAPYS:
    import_module(_name)
for _module in walk_packages(sc_spiders.__path__, "sc_spiders."):
    if not _module.name.startswith(_NOT):
        import_module(_module.name)

for _from, _read in ((cmdline, "entry_points"), (versions, "version")):
    setattr(_from, _read, cache(getattr(_from, _read)))
cmdline._get_commands_dict(Settings({"COMMANDS_MODULE": "sc_spiders.commands"}), inproject=True)
versions.get_versions()

# Otherwise each collection of garbage in a forked process would visit, and so copy, all these objects.
gc.collect()
gc.freeze()

# Each crawl asks for their number, and they are counted one by one.
gc.get_freeze_count = cache(gc.get_freeze_count)
gc.get_freeze_count()
