"""Imports the modules of all commands, except Twisted's reactor and modules that read the environment."""

import gc
from importlib import import_module
from pkgutil import walk_packages

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

# Otherwise each collection of garbage in a forked process would visit, and so copy, all these objects.
gc.collect()
gc.freeze()
