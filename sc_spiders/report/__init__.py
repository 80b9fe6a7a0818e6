"""Shows a crawl on one page of HTML, which needs no network and no other file."""

from .page import write

__all__ = ["write"]
