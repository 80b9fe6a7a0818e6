"""Settings of the project, in the order of Scrapy's template.

A comment tells why a setting differs from Scrapy's default, and the default. `SC_*` settings are also read from
environment variables of the same name; `-s` on the command line wins.
"""

import os
from pathlib import Path

from sc_spiders import __version__

BOT_NAME = "sc_spiders"

SPIDER_MODULES = ["sc_spiders.spiders"]
NEWSPIDER_MODULE = "sc_spiders.spiders"
COMMANDS_MODULE = "sc_spiders.commands"
# `scrapy genspider` makes a spider of this project (default: Scrapy's own templates).
TEMPLATES_DIR = str(Path(__file__).parent / "templates")

ADDONS = {
    # It is the first one, because all others may log.
    "sc_spiders.config.redaction.Redaction": 0,
    "sc_spiders.config.addon.Addon": 100,
}

# An honest name (default: Scrapy's own).
USER_AGENT = f"sc_spiders/{__version__} (research crawler; Scrapy)"

# We ask an API for known endpoints; robots.txt is for crawlers that discover web pages (default: False, but Scrapy's
# template sets True). Rate limits and blocks are respected.
ROBOTSTXT_OBEY = False

# Two requests a second, like a fast reader of the web site. One rate limit of SoundCloud was measured: 600
# requests in 10 minutes (defaults: 0 s, 16, 8). There is no delay for a server on this machine.
DOWNLOAD_DELAY = 0.5
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 16

# An item is a page. One at a time, pages are written in the order of their answers (default: 100).
CONCURRENT_ITEMS = 1

# The APIs need no session (default: True).
COOKIES_ENABLED = False

# The APIs need no Referer (default: True).
REFERER_ENABLED = False

# Both open a port that runs code (default: True).
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# We send tokens (default: False).
DOWNLOAD_VERIFY_CERTIFICATES = True

# The largest recorded answer has 0.7 MB (defaults: 1 GiB, and a warning at 32 MiB).
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0

# An answer takes a second or two (default: 180 s).
DOWNLOAD_TIMEOUT = 60

# One module decides about retries and redirects: sc_spiders/api/responses.py (default: True).
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
# Every answer, good or bad, reaches the spider as a resolution (default: False).
HTTPERROR_ALLOW_ALL = True

DOWNLOADER_MIDDLEWARES = {
    # Scrapy's, but ours marks answers that cannot be decompressed.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "sc_spiders.downloader.compression.Compression": 590,
    # Scrapy's, but ours sends nothing in plain http through a proxy.
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "sc_spiders.downloader.proxy.Proxy": 750,
    "sc_spiders.downloader.retry.RetryMiddleware": 540,
    "sc_spiders.downloader.auth.CredentialsMiddleware": 560,
}

# Credentials are added as the last step. Only http and https are allowed (default: also data, file, ftp, s3).
DOWNLOAD_HANDLERS = {
    "http": "sc_spiders.downloader.handler.SigningHandler",
    "https": "sc_spiders.downloader.handler.SigningHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

EXTENSIONS = {
    # Scrapy's, but ours writes whole pages and acknowledges them.
    "scrapy.extensions.feedexport.FeedExporter": None,
    "sc_spiders.feeds.exporter.PageFeedExporter": 0,
    # Writes a pickle into the job directory, also into one that is refused.
    "scrapy.extensions.spiderstate.SpiderState": None,
    # Counts pages, but our progress and summary count records.
    "scrapy.extensions.logstats.LogStats": None,
    # Ends its display before the summary logs its lines.
    "sc_spiders.extensions.progress.Progress": 90,
    "sc_spiders.extensions.summary.Summary": 100,
    "sc_spiders.extensions.garbage.Garbage": 100,
    "sc_spiders.extensions.drift.Drift": 100,
}

# Leases listings and acknowledges pages. Scrapy's own loses the requests in flight when it is killed.
SCHEDULER = "sc_spiders.frontier.scheduler.Scheduler"

# A page in one write, into a file of known length (default: one item at a time).
FEED_EXPORTERS = {
    "jsonlines": "sc_spiders.feeds.formats.JsonLinesPageExporter",
    "jsonl": "sc_spiders.feeds.formats.JsonLinesPageExporter",
    "jl": "sc_spiders.feeds.formats.JsonLinesPageExporter",
    "csv": "sc_spiders.feeds.formats.CsvPageExporter",
}
FEED_STORAGES = {"": "sc_spiders.feeds.formats.PageFileStorage", "file": "sc_spiders.feeds.formats.PageFileStorage"}
# Plain text instead of \\u escapes (default: None).
FEED_EXPORT_ENCODING = "utf-8"

# This check reads the source of a callback. If no file can be opened, it fails and the page is lost (default: True).
WARN_ON_GENERATOR_RETURN_VALUE = False

# Default: DEBUG.
LOG_LEVEL = "INFO"
# Makes no log records about pages if LOG_LEVEL drops them (default: Scrapy's own).
LOG_FORMATTER = "sc_spiders.extensions.logformatter.QuietLogFormatter"

# Ours (docs: Settings). The environment is read here, so that -s wins.
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
