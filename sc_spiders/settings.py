"""Settings of the project. Those of a crawl are in config/crawl_settings.py, because other projects need them, too.

A comment tells why a setting differs from Scrapy's default, and the default. `SC_*` settings are also read from
environment variables of the same name; `-s` on the command line wins.
"""

import os

BOT_NAME = "sc_spiders"

SPIDER_MODULES = ["sc_spiders.spiders"]
NEWSPIDER_MODULE = "sc_spiders.spiders"
COMMANDS_MODULE = "sc_spiders.commands"
# Gives our spiders what a crawl needs. Other spiders of this project work as anywhere.
ADDONS = {"sc_spiders.Addon": 0}

# Both open a port that runs code (default: True).
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# Plain text instead of \\u escapes (default: None).
FEED_EXPORT_ENCODING = "utf-8"

# Default: DEBUG.
LOG_LEVEL = "INFO"

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
    "SC_FORMAT": "jsonl",
    "SC_CSV_SAFE": "0",
    "SC_FRESH": "0",
    "SC_MAX_AGE": "",
    "SC_PSEUDONYMS": "",
    "SC_PSEUDONYM_TEXTS": "0",
    "SC_NEVER": "",
    "SC_ON_END": "",
    "SC_RAW": "0",
    "SC_REDIS_URL": "",
    "SC_CRAWL": "",
    "SC_LEASE": "60",
    "SC_SETTLE": "300",
    "SC_WRITE_DELAY": "5",
}


def given() -> dict[str, str]:
    """Our settings by name: from the environment, or their defaults."""
    return {name: os.environ.get(name) or default for name, default in DEFAULTS.items()}


globals().update(given())
