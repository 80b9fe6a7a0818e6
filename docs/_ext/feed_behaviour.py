"""What each option of FEEDS and each FEED_* setting does. tests/feeds/test_feeds.py tries each of them and looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

WithJob = Literal["works", "refused", ""]

_PARTS = "tests.feeds.parts."
_USERS = {"item_classes": ["sc_spiders.items.User"]}
_GZIP = ["scrapy.extensions.postprocessing.GzipPlugin"]


@dataclass(frozen=True)
class Option:
    """`with_job`: with a job directory or Redis; "" if it depends. `tried`: settings that a test sets."""

    name: str
    what: str
    with_job: WithJob
    tried: Mapping[str, Any] = field(default_factory=dict)


def _feed(name: str, format: str = "jsonlines", /, **options: Any) -> dict[str, Any]:
    return {"FEEDS": {name: {"format": format, **options}}}


OPTIONS = (
    Option("format", "`jsonl` (`jsonlines`, `jl`) and `csv` are written by the page", "works", _feed("x.jsonl")),
    Option("", "`pickle` and `marshal` are written record by record", "refused", _feed("x.pickle", "pickle")),
    Option(
        "",
        "`json` and `xml`, which begin and end: a kill leaves a file without its end, and none is appended to",
        "refused",
        _feed("x.xml", "xml"),
    ),
    Option(
        "`fields`",
        "a list of fields, or an object of fields and their names",
        "works",
        _feed("x.jsonl", fields={"id": "ID", "kind": "kind"}),
    ),
    Option(
        "`encoding`", "such as `utf-8-sig` for Excel", "works", _feed("x.csv", "csv", encoding="utf-8-sig", **_USERS)
    ),
    Option("`indent`", "for `json` and `xml`", "refused", _feed("x.json", "json", indent=2)),
    Option(
        "`item_classes`",
        "classes of `sc_spiders.items`, such as `sc_spiders.items.User`",
        "works",
        _feed("x.jsonl", **_USERS),
    ),
    Option("`item_filter`", "gets records as items", "works", _feed("x.jsonl", item_filter=_PARTS + "OnlyEdges")),
    Option(
        "`item_export_kwargs`",
        'such as `{"delimiter": ";"}` for CSV',
        "works",
        _feed("x.csv", "csv", **_USERS, item_export_kwargs={"delimiter": ";"}),
    ),
    Option(
        "`overwrite`",
        "`True` empties the file when the crawl begins, and not when it goes on",
        "works",
        _feed("x.jsonl", overwrite=True),
    ),
    Option(
        "`store_empty`",
        "`False` leaves out a file without a record",
        "works",
        _feed("x.jsonl", store_empty=False, item_filter=_PARTS + "Nothing"),
    ),
    Option(
        "`uri_params`",
        "also for the file of rejected objects beside it; `stamp`, `worker` and `time` are there as well",
        "works",
        _feed("%(mine)s.jsonl", uri_params=_PARTS + "uri_params"),
    ),
    Option(
        "`postprocessing`", "such as gzip", "refused", _feed("x.jsonl.gz", postprocessing=_GZIP, gzip_compresslevel=5)
    ),
    Option(
        "`batch_item_count`",
        "with `%(batch_id)d` or `%(batch_time)s` in the name",
        "refused",
        _feed("x%(batch_id)02d.jsonl", batch_item_count=30),
    ),
    Option(
        "`%(time)s` in a name",
        "the time when the crawl began, also in a later run of it",
        "works",
        _feed("x%(time)s.jsonl"),
    ),
    Option(
        "pipes, `/dev/stdout`, `-o -`",
        "each page is sent at once; if the reader goes, the crawl ends with exit code 3",
        "refused",
        _feed("stdout:"),
    ),
    Option(
        "`s3://`, `gs://`, `ftp://`, `ftps://`",
        "tried before the first request by an empty file whose name ends with `.test` (it stays in `gs://`); what "
        "cannot be stored at the end is kept, and the log says where",
        "refused",
    ),
    Option(
        "`FEED_EXPORTERS`",
        "your own exporters, record by record",
        "",
        {"FEED_EXPORTERS": {"short": _PARTS + "Short"}, **_feed("x.short", "short")},
    ),
    Option(
        "`FEED_STORAGES`",
        "your own storages",
        "",
        {"FEED_STORAGES": {"mine": _PARTS + "Storage"}, **_feed("mine://x.jsonl")},
    ),
    Option(
        "`FEED_EXPORT_BATCH_ITEM_COUNT`",
        "as `batch_item_count`",
        "refused",
        {"FEED_EXPORT_BATCH_ITEM_COUNT": 30, **_feed("x%(batch_id)02d.jsonl")},
    ),
    Option(
        "`FEED_EXPORT_ENCODING`",
        "as `encoding`; default: `utf-8`. With a job directory no encoding of several bytes, such as `utf-16`",
        "works",
        {"FEED_EXPORT_ENCODING": "latin-1", **_feed("x.csv", "csv", **_USERS)},
    ),
    Option("`FEED_EXPORT_FIELDS`", "as `fields`", "works", {"FEED_EXPORT_FIELDS": ["id"], **_feed("x.jsonl")}),
    Option("`FEED_EXPORT_INDENT`", "as `indent`", "refused", {"FEED_EXPORT_INDENT": 1, **_feed("x.json", "json")}),
    Option(
        "`FEED_STORE_EMPTY`",
        "as `store_empty`, for outputs that you name",
        "works",
        {"FEED_STORE_EMPTY": False, **_feed("x.jsonl", item_filter=_PARTS + "Nothing")},
    ),
    Option(
        "`FEED_URI_PARAMS`",
        "as `uri_params`",
        "works",
        {"FEED_URI_PARAMS": _PARTS + "uri_params", **_feed("%(mine)s.jsonl")},
    ),
    Option("`FEED_TEMPDIR`", "where a file waits that is stored elsewhere at the end", "refused"),
    Option("`FEED_STORAGE_FTP_ACTIVE`, `FEED_STORAGE_S3_ACL`, `FEED_STORAGE_GCS_ACL`", "for these storages", "refused"),
    Option("`FEED_URI`, `FEED_FORMAT`", "deprecated by Scrapy: refused, use `FEEDS` or `-o`", "refused"),
)


def options() -> Iterator[str]:
    """A table: options, what they do, and whether they go with a job directory."""
    yield "| option | what it does | with `JOBDIR` or `SC_REDIS_URL` |"
    yield "|---|---|---|"
    for one in OPTIONS:
        yield f"| {one.name} | {one.what} | {one.with_job} |"
