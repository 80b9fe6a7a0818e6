"""A crawl on one page of HTML, which needs nothing else: no network, no file beside it."""

from .page import write

__all__ = ["write"]
