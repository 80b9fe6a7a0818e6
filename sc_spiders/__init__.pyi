from sc_spiders.commands.python import crawl as crawl
from sc_spiders.config.addon import Addon as Addon
from sc_spiders.dataset import read as read
from sc_spiders.errors import ArgumentError as ArgumentError
from sc_spiders.extensions.result import CrawlResult as CrawlResult

__version__: str
