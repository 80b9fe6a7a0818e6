"""From one decoded answer of the API to a `Page`: its records by kind, its edges, and what comes next.

Knows nothing of Scrapy. `shape` says whether an answer is what its endpoint gives, `rows` and `groups` find the objects
in it, `writer` makes records and edges of them, `paging` finds the next page; the `PageReader` puts these together.
"""

from .reader import PageReader

__all__ = ["PageReader"]
