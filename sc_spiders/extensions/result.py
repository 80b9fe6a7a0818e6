"""How a crawl ended, for the Python program that has run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.extensions.exit_status import exit_code, failed, readable, summary
from sc_spiders.extensions.preview import Preview
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.records import Pseudonyms
from sc_spiders.redaction import logs

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


@dataclass(frozen=True)
class CrawlResult:
    """How a crawl ended. `print` shows it as the last lines of a crawl's log.

    `finish_reason` and `exit_code` are those of the command. `counts`: records by kind, of all runs of this crawl.
    `listings`: lists that were walked, by how they ended: `complete`, `limit` (a bound that was asked for), `forbidden`
    and so on. `incomplete`: the first lists that failed, each with its reason; the listing records name them all.
    `output`: the folder or file with the records; None if there are none, or only in a form that `read` cannot read.
    `stats`: Scrapy's statistics.
    """

    spider: str
    finish_reason: str
    exit_code: int
    counts: Mapping[str, int]
    listings: Mapping[str, int]
    incomplete: tuple[str, ...]
    output: Path | None
    summary: str = field(repr=False)
    stats: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return self.summary


def refusals(crawler: Crawler) -> list[str]:
    """A list that gets the lines that say why the crawl cannot begin or go on. They are not logged."""
    lines: list[str] = []
    context(crawler).refuse = lambda line: lines.append(logs.redact(line))
    return lines


def result_of(crawler: Crawler) -> CrawlResult:
    """The result of a crawl that has ended."""
    spider = crawler.spider
    assert isinstance(spider, ApiSpider)
    assert crawler.stats
    stats = crawler.stats.get_stats()
    reason = stats.get("finish_reason", "shutdown")
    status = context(crawler).get(Crawl).status
    if status is None:  # it could not be begun
        return CrawlResult(spider.name, reason, exit_code(reason), {}, {}, (), None, f"{spider.name}: {reason}", stats)
    lines = summary(spider, status, reason)
    if spider.is_preview and reason == "finished":
        lines = context(crawler).get(Preview).lines()
    lines, incomplete = _shown(crawler, lines), _shown(crawler, failed(status))
    return CrawlResult(
        spider=spider.name,
        finish_reason=reason,
        exit_code=exit_code(reason),
        counts=dict(sorted(status.counts.items())),
        listings={ended: count for ended, count in sorted(status.listings.items()) if count},
        incomplete=tuple(incomplete),
        output=next(iter(readable(status)), None),
        summary="\n".join(lines),
        stats=stats,
    )


def _shown(crawler: Crawler, lines: Iterable[str]) -> Iterator[str]:
    """These lines as the log shows them: with pseudonyms, if the crawl has any."""
    if pseudonyms := context(crawler).find(Pseudonyms):
        return map(pseudonyms.line, lines)
    return iter(lines)
