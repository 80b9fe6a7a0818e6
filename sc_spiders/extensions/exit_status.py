"""The end of a crawl: its exit code, its `crawl` record, and the last lines of its log."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrapy

from sc_spiders import __version__, engine, records
from sc_spiders.api.hosts import answerer
from sc_spiders.base_spiders import privacy
from sc_spiders.context import context
from sc_spiders.errors import typed
from sc_spiders.frontier.base import CrawlStatus
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.fingerprint import chosen_kinds
from sc_spiders.pages import announced
from sc_spiders.records.words import listed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from sc_spiders.base_spiders.api_spider import ApiSpider

EXIT_CODES = {
    "finished": 0,
    "incomplete": 1,
    "bad_arguments": 2,
    "shutdown": 3,
    "wait": 3,
    "disk": 3,
    "credentials": 4,
}

_ABOUT = frozenset({"listing", "crawl", "rejected"})  # records of how the crawl went
_DRIFT = {"unknown": "new in the API, not in the schema", "absent": "in the schema, never sent"}


def exit_code(reason: str | None) -> int:
    """The exit code of a finish_reason: 1 for an unknown one, 3 for None, when the crawl was cut short.

    Scrapy's own stops (CLOSESPIDER_*, MEMUSAGE_LIMIT_MB) give 3, too: such a crawl can go on.
    """
    if reason is None or reason == "memusage_exceeded" or reason.startswith("closespider_"):
        return EXIT_CODES["shutdown"]
    return EXIT_CODES.get(reason, 1)


@cache
def schemas_version() -> str:
    """A short digest of all schemas. Crawls with the same digest have records of the same form."""
    text = json.dumps([records.schema(kind) for kind in records.KINDS], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def crawl_record(spider: ApiSpider, status: CrawlStatus, reason: str, now: str) -> dict[str, Any]:
    """The `crawl` record."""
    versions = {"project": __version__, "scrapy": scrapy.__version__, "schemas": schemas_version()}
    if other := answerer(spider.settings, spider.api):
        versions["api"] = other  # so that nobody takes the data of a sandbox for SoundCloud's
    if kinds := chosen_kinds(spider.settings):
        versions["kinds"] = ",".join(kinds)  # so that no later crawl takes for written what was left out
    versions |= privacy.versions(spider)
    return {
        "kind": "crawl",
        "spider": spider.name,
        "arguments": privacy.shown(spider)["arguments"],
        "versions": versions,
        "started_at": status.started_at,
        "finished_at": now,
        "finish_reason": reason,
        "counts": dict(sorted({**status.counts, **status.crawl_counts}.items())),
        "fetched_at": now,
        "api": spider.api,
    }


def drift(stats: dict[str, Any]) -> Iterator[str]:
    """Lines about fields that only the API or only the schemas have. They are the first sign of a change of the API."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in sorted(stats):
        match name.split("/", 3):
            case ["drift", kind, "unknown" | "absent" as what, field]:
                found.setdefault((what, kind), []).append(field)
    for (group, kind), fields in sorted(found.items()):
        yield f"  {kind}: {_DRIFT[group]}: {', '.join(fields)}"


def summary(spider: ApiSpider, status: CrawlStatus, reason: str) -> Iterator[str]:
    """The last lines of a crawl's log: what came, what did not come and why, and where the output is."""
    advised = ""
    if not status.unread:  # whoever ended the reader of the output has seen enough
        advised = advice(reason, kept=status.kept, gone=status.gone)
    yield f"{spider.name}: {spider.headline or reason}{_code(spider, reason)}{advised}"
    counts = {kind: count for kind, count in sorted(status.counts.items()) if kind not in {"rejected", "crawl"}}
    yield f"  records: {listed(counts) or 'none'}"
    if status.listings.total():
        yield f"  listings: {status.listings['complete']:,} complete of {status.listings.total():,}"
    if status.counts["rejected"]:
        yield f"  rejected: {status.counts['rejected']:,} (see {_rejected_files(status)})"
    yield from _not_complete(status)
    if status.again:
        yield from _tried_again(spider, status)
    yield from spider.last_lines()
    for folder in status.places():
        yield f"  files: {folder}"
    if not status.unread and (command := _next(spider, status, reason)):
        yield f"  next: {command}"


def _tried_again(spider: ApiSpider, status: CrawlStatus) -> Iterator[str]:
    if spider.settings["JOBDIR"]:
        yield f"  tried again by the same command: {status.again:,}"
    elif status.job:
        yield f"  tried again with {typed.setting('JOBDIR', status.job)}: {status.again:,}"


def _next(spider: ApiSpider, status: CrawlStatus, reason: str) -> str:
    """The command that comes after this crawl. "" if there is none, or a script runs the crawl and knows better."""
    own = spider.next_command(status.written)
    if own and exit_code(reason) == EXIT_CODES["finished"]:
        return own
    if engine.command_of(spider.crawler) is None:
        return ""
    if reason == "credentials":
        return "the same command, when the credentials are good"
    if _is_repeated(spider, status, reason):
        return "the same command"
    if own is not None and exit_code(reason) != EXIT_CODES["shutdown"]:
        return own
    if _has_found_nothing(spider, status):
        return _instead(status)
    return _report(status)


def _is_repeated(spider: ApiSpider, status: CrawlStatus, reason: str) -> bool:
    """Whether the same command comes next: it goes on, tries lists again, or may find what this run did not reach."""
    if exit_code(reason) == EXIT_CODES["shutdown"]:
        return status.kept or _has_found_nothing(spider, status)
    return status.kept and status.again > 0 and not status.job


def _report(status: CrawlStatus) -> str:
    """The command that shows the crawl's files; "" if it cannot read any."""
    named = [shlex.quote(str(_near(place))) for place in readable(status)]
    if not named:
        return ""
    report = f"{typed.command()} report {' '.join(named)}"
    if find_spec("duckdb") is None:  # with it comes the rest
        return f"{report} (needs `pip install 'sc-spiders[report]'`)"
    return report


def _has_found_nothing(spider: ApiSpider, status: CrawlStatus) -> bool:
    """Whether there are only records of how the crawl went. Unknown if records are left out, or others have some."""
    if spider.settings["SC_KINDS"] or status.shared:
        return False
    return not any(count for kind, count in status.counts.items() if kind not in _ABOUT)


def _instead(status: CrawlStatus) -> str:
    """What to do if nothing was found, by the reason."""
    if status.counts["rejected"]:
        return f"nothing passed its schema: {_rejected_files(status)} tells why"
    if status.listings["not_found"]:
        return "nothing was found: see how the names above are spelled, and whether they are still there"
    if status.listings["forbidden"]:
        return "nothing was given out: the lines above have SoundCloud's reason"
    if failed(status):
        return f"nothing came: {typed.command()} doctor tells what is in the way"
    return "nothing was found: ask for something else"


def readable(status: CrawlStatus) -> list[Path]:
    """The crawl's folder, or its files that commands can read."""
    return [place for place in map(Path, status.places()) if _is_readable(place)]


def _is_readable(place: Path) -> bool:
    """Whether `report` reads it."""
    if place.name.endswith("rejected.jsonl"):
        return False
    is_csv = place.suffix == ".csv" and place.stem in records.KINDS
    return is_csv or place.is_dir() or place.suffix in (".jsonl", ".jl")


def _near(place: Path) -> Path:
    """The path from the present folder, if it is in there."""
    with suppress(OSError, ValueError):  # the folder is gone; the path leads elsewhere
        return place.relative_to(Path.cwd())
    return place


def _code(spider: ApiSpider, reason: str) -> str:
    """The exit code in words. "" if a script runs the crawl: its exit code is its own."""
    if engine.command_of(spider.crawler) is None:
        return ""
    return f" (exit code {exit_code(reason)})"


def _rejected_files(status: CrawlStatus) -> str:
    files = sorted({Path(path).name for path in status.outputs if path.endswith("rejected.jsonl")})
    return ", ".join(files) or "rejected.jsonl"


def _not_complete(status: CrawlStatus) -> Iterator[str]:
    """Lines for the listings that ended before their end: how many, and the first of them by name."""
    if status.listings["limit"]:
        yield f"  ended at the bound that was asked for: {status.listings['limit']:,}"
    short = {ended: count for ended, count in status.listings.items() if ended not in ("complete", "limit") and count}
    if short:
        told = ", ".join(f"{count:,} {ended}" for ended, count in sorted(short.items()))
        yield f"  not got: {told}"
    if fallen := announced.told(status.behind):
        yield f"  {fallen}"
    yield from _named(status, sum(short.values()) - short.get("interrupted", 0))


def failed(status: CrawlStatus) -> list[str]:
    """The names of the first listings that failed, each with the reason."""
    # A listing that was interrupted did not fail: the next run goes on with it.
    return [name for name in status.named if not name.endswith((": interrupted", ": limit"))]


def _named(status: CrawlStatus, count: int) -> Iterator[str]:
    """Lines that name the first listings that failed, and count the rest. `count`: how many failed."""
    named = failed(status)
    for name in named:
        yield f"    {name}"
    more = count - len(named)
    if more > 0:
        yield f"    and {more:,} more: the listing records name them all"


def is_kept(crawler: Crawler) -> bool:
    """Whether a later run can go on with that crawl."""
    try:
        status = context(crawler).get(Crawl).status
    except KeyError:  # Scrapy's own scheduler
        return bool(crawler.settings["JOBDIR"])
    return status is not None and status.kept


def advice(reason: str, *, kept: bool, gone: bool = False) -> str:
    """What to do about a crawl that was stopped. `kept`: a later run can go on with it; `gone`: its state was lost."""
    if exit_code(reason) != EXIT_CODES["shutdown"]:
        return ""
    if gone:
        return ": the same command begins it again"
    if kept:
        return ": the same command goes on where it stopped"
    job = typed.setting("JOBDIR", "FOLDER")
    return f": it begins again next time; with {job}, or without -o, a crawl goes on where it stopped"
