"""Settings of our crawls, in the order of Scrapy's template.

The add-on gives them to our spiders and to no others. A value that a project, a spider or the command line gives wins.
Dictionaries are merged: what a project gives comes beside these, and its value for one of these keys wins.

A comment tells why a setting differs from Scrapy's default, and the default.
"""

from sc_spiders import __version__

# An honest name (default: Scrapy's own).
USER_AGENT = f"sc_spiders/{__version__} (research crawler; Scrapy)"

# Two requests a second, like a fast reader of the web site. One rate limit of SoundCloud was measured: 600
# requests in 10 minutes (defaults: 0 s, 16, 8). There is no delay for a server on this machine.
DOWNLOAD_DELAY = 0.5
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 16

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

SPIDER_MIDDLEWARES = {
    # Every answer, good or bad, reaches the spider as a resolution.
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
}

DOWNLOADER_MIDDLEWARES = {
    # We ask an API for known endpoints; robots.txt is for crawlers that discover web pages. Rate limits and blocks are
    # respected.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    # One module decides about retries and redirects: sc_spiders/api/responses.py.
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    # Replaces Scrapy's: ours marks answers that cannot be decompressed.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "sc_spiders.downloader.compression.Compression": 590,
    # Replaces Scrapy's: ours sends nothing in plain http through a proxy.
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
    # Scrapy's own: it is here because a crawl cannot do without it.
    "scrapy.extensions.corestats.CoreStats": 0,
    # Replaces Scrapy's: ours writes whole pages and acknowledges them.
    "scrapy.extensions.feedexport.FeedExporter": None,
    "sc_spiders.feeds.exporter.PageFeedExporter": 0,
    # Writes a pickle into the job directory, also into one that is refused.
    "scrapy.extensions.spiderstate.SpiderState": None,
    # Replaces Scrapy's: ours logs to files only.
    "scrapy.extensions.logstats.LogStats": None,
    "sc_spiders.extensions.logstats.LogStats": 0,
    # Comes before the exporter, which asks it whether to write anything.
    "sc_spiders.extensions.preview.Preview": -10,
    # Comes before the summary: the display must end before the summary logs its lines.
    "sc_spiders.extensions.progress.Progress": 90,
    "sc_spiders.extensions.summary.Summary": 100,
    "sc_spiders.extensions.garbage.Garbage": 100,
    "sc_spiders.extensions.drift.Drift": 100,
    # Comes after all that may change the finish_reason.
    "sc_spiders.extensions.exit_code.ExitCode": 1000,
    # Runs the user's command when all else has ended.
    "sc_spiders.extensions.on_end.OnEnd": 1001,
}

# The last comments pass the pipelines before these close (default: Scrapy's own).
ITEM_PROCESSOR = "sc_spiders.feeds.items.ItemProcessor"

# Leases listings and acknowledges pages. Replaces Scrapy's, which loses the requests in flight when it is killed.
SCHEDULER = "sc_spiders.frontier.scheduler.Scheduler"

# These write a whole page at once, into a file of known length (default: one item at a time).
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

# Makes no log records about pages if LOG_LEVEL drops them (default: Scrapy's own).
LOG_FORMATTER = "sc_spiders.extensions.logformatter.QuietLogFormatter"
