"""Settings of the project, in the order of Scrapy's template.

Each departure from Scrapy's default says why, and what the default is. `SC_*` settings also come from environment
variables of the same name; `-s` on the command line wins.
"""

import os
from pathlib import Path

from sc_spiders import __version__

BOT_NAME = "sc_spiders"

SPIDER_MODULES = ["sc_spiders.spiders"]
NEWSPIDER_MODULE = "sc_spiders.spiders"
COMMANDS_MODULE = "sc_spiders.commands"
# What `scrapy genspider` makes is a spider of this project (default: Scrapy's own templates).
TEMPLATES_DIR = str(Path(__file__).parent / "templates")

ADDONS = {
    # Before anything can log.
    "sc_spiders.config.redaction.Redaction": 0,
    "sc_spiders.config.addon.Addon": 100,
}

# Who is asking, honestly (default: Scrapy's own).
USER_AGENT = f"sc_spiders/{__version__} (research crawler; Scrapy)"

# The endpoints here are an API's, asked by name; robots.txt is about pages that a crawler finds by itself (default:
# False, but Scrapy's template sets True). Rates and blocks are respected by what is set below.
ROBOTSTXT_OBEY = False

# Two requests a second: what a person leafing fast would ask for; 600 in 10 minutes is the one limit of SoundCloud that
# was ever measured (defaults: 0 s, 16, 8). A server on this machine is asked without delay.
DOWNLOAD_DELAY = 0.5
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 16

# An item is a page: it is written in the order in which it came (default: 100).
CONCURRENT_ITEMS = 1

# No session is wanted (default: True).
COOKIES_ENABLED = False

# A next page's address is nobody else's business (default: True).
REFERER_ENABLED = False

# Both open a port that runs code (default: True).
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# We send tokens (default: False).
DOWNLOAD_VERIFY_CERTIFICATES = True

# The largest recorded answer has 0.7 MB; nothing needs more than this (defaults: 1 GiB, and a warning at 32 MiB).
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0

# An answer takes a second or two; a minute is long (default: 180 s).
DOWNLOAD_TIMEOUT = 60

# Retries and redirects are decided in one place, sc_spiders/api/responses.py (default: True).
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
# Every answer, good or bad, reaches the spider as a resolution (default: False).
HTTPERROR_ALLOW_ALL = True

DOWNLOADER_MIDDLEWARES = {
    # Ours tells what cannot be unpacked; it is Scrapy's otherwise.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "sc_spiders.downloader.compression.Compression": 590,
    # Ours sends nothing in plain http through a proxy; it is Scrapy's otherwise.
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "sc_spiders.downloader.proxy.Proxy": 750,
    "sc_spiders.downloader.retry.FaultsMiddleware": 540,
    "sc_spiders.downloader.auth.CredentialsMiddleware": 560,
}

# Credentials are added on the last step; nothing but the web is asked (default: also data, file, ftp, s3).
DOWNLOAD_HANDLERS = {
    "http": "sc_spiders.downloader.handler.SigningHandler",
    "https": "sc_spiders.downloader.handler.SigningHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

EXTENSIONS = {
    # Ours writes by the page and acknowledges; it is Scrapy's with two things more.
    "scrapy.extensions.feedexport.FeedExporter": None,
    "sc_spiders.feeds.exporter.PageFeedExporter": 0,
    # Leaves a pickle in the job directory, also in one that is refused.
    "scrapy.extensions.spiderstate.SpiderState": None,
    # Counts pages where we count records; the summary and the progress tell those.
    "scrapy.extensions.logstats.LogStats": None,
    # The display ends before the summary's lines are told: they take its place.
    "sc_spiders.extensions.progress.Progress": 90,
    "sc_spiders.extensions.summary.Summary": 100,
    "sc_spiders.extensions.garbage.Garbage": 100,
    "sc_spiders.extensions.drift.Drift": 100,
}

# Leases and acknowledgements by the page; Scrapy's own loses what was in flight when it is killed.
SCHEDULER = "sc_spiders.frontier.scheduler.Scheduler"

# A page in one go, into a file whose length is known before it is written (default: an item at a time).
FEED_EXPORTERS = {
    "jsonlines": "sc_spiders.feeds.formats.JsonLinesPageExporter",
    "jsonl": "sc_spiders.feeds.formats.JsonLinesPageExporter",
    "jl": "sc_spiders.feeds.formats.JsonLinesPageExporter",
    "csv": "sc_spiders.feeds.formats.CsvPageExporter",
}
FEED_STORAGES = {"": "sc_spiders.feeds.formats.PageFileStorage", "file": "sc_spiders.feeds.formats.PageFileStorage"}
# Text as it is rather than as \\u escapes (default: None).
FEED_EXPORT_ENCODING = "utf-8"

# Reads a callback's source when it is first called, and loses the page where no file can be opened (default: True).
WARN_ON_GENERATOR_RETURN_VALUE = False

# What matters, and no more (default: DEBUG).
LOG_LEVEL = "INFO"
# Makes no log records of every page that LOG_LEVEL then throws away (default: Scrapy's own).
LOG_FORMATTER = "sc_spiders.extensions.logformatter.QuietLogFormatter"

# Ours (docs: Settings). Each is read from the environment here, so that -s still wins.
DEFAULTS = {
    "SC_API": "v2",
    "SC_V2_URL": "https://api-v2.soundcloud.com",
    "SC_PUBLIC_URL": "https://api.soundcloud.com",
    "SC_WEB_URL": "https://soundcloud.com",
    "SC_SHORT_LINK_URL": "https://on.soundcloud.com",
    "SC_TOKEN_URL": "https://secure.soundcloud.com/oauth/token",
    "SC_AUTHORIZE_URL": "https://secure.soundcloud.com/authorize",
    "SC_GRAPHQL_URL": "https://graph.soundcloud.com/graphql",
    "SC_CLIENT_ID": "",
    "SC_CLIENT_SECRET": "",
    "SC_REDIRECT_URI": "",
    "SC_OAUTH_TOKEN": "",
    "SC_REFRESH_TOKEN": "",
    "SC_TOKEN_FILE": "",
    "SC_SECRET_TOKENS": "",
    "SC_SANDBOX": "0",
    "SC_SANDBOX_USERS": "3000",
    "SC_SANDBOX_SEED": "1",
    "SC_SANDBOX_FAULTS": "",
    "SC_PAGE_SIZE": "0",
    "SC_MAX_EMPTY_PAGES": "5",
    "SC_ATTEMPTS": "8",
    "SC_MAX_WAIT": "3600",
    "SC_RATE": "0",
    "SC_KINDS": "",
    "SC_ITEMS": "page",
    "SC_FORMAT": "jsonl",
    "SC_CSV_SAFE": "0",
    "SC_RAW": "0",
    "SC_REDIS_URL": "",
    "SC_CRAWL": "",
    "SC_LEASE": "60",
}
globals().update({name: os.environ.get(name) or default for name, default in DEFAULTS.items()})
