"""Settings of a project with our credentials, and little else of ours."""

import os

from sc_spiders.config.crawl_settings import DOWNLOAD_HANDLERS as DOWNLOAD_HANDLERS

SPIDER_MODULES = ["tests.credentials.asker"]

ADDONS = {"sc_spiders.config.redaction.Redaction": 0}
DOWNLOADER_MIDDLEWARES = {"sc_spiders.downloader.auth.CredentialsMiddleware": 560}

# All answers reach the spider, and each comes from one request.
HTTPERROR_ALLOW_ALL = True
RETRY_TIMES = 0

CONCURRENT_REQUESTS_PER_DOMAIN = 16
REFERER_ENABLED = False
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# As our own settings do, so that credentials are on no command line.
globals().update({name: value for name, value in os.environ.items() if name.startswith("SC_")})
