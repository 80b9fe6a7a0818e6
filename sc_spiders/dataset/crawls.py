"""Joins the crawl records of one crawl's workers to one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson

from sc_spiders.pages.listing import LISTED

Row = dict[str, Any]

_ENDED = frozenset({"finished", "incomplete"})


def reconcile(crawls: Iterable[Row]) -> list[Row]:
    """One record for workers of one crawl (the same spider, arguments and API, at overlapping times), in time order.

    It spans the time of all workers, has the sum of their counts, and the finish_reason of the worker that ended last;
    a worker that ran to the end counts before workers that were stopped. Successive runs of the same crawl stay
    separate, since they saw SoundCloud at different times.
    """
    done: list[Row] = []
    latest: dict[bytes, Row] = {}
    for row in sorted(crawls, key=lambda row: (row["started_at"], row["finished_at"] or "")):
        same = orjson.dumps([row["spider"], row["arguments"], row["api"]], option=orjson.OPT_SORT_KEYS)
        before = latest.get(same)
        if before is not None and row["started_at"] <= (before["finished_at"] or "9"):
            _join(before, row)
        else:
            latest[same] = dict(row)
            done.append(latest[same])
    return done


def _join(first: Row, other: Row) -> None:
    if _order(first) < _order(other):
        first["finish_reason"] = other["finish_reason"]
    if (first["finished_at"] or "") < (other["finished_at"] or ""):
        for name in ("finished_at", "fetched_at", "versions"):
            first[name] = other[name]
    mine, theirs = (Counter[str](row["counts"]) for row in (first, other))
    counts = mine + theirs
    counts[LISTED] = max(mine[LISTED], theirs[LISTED])  # each worker counts the listings of all workers
    first["counts"] = dict(sorted((+counts).items()))
    for name in other.keys() - first.keys():  # no schema has these
        first[name] = other[name]


def _order(crawl: Row) -> tuple[bool, str, bool]:
    """Which of two workers knows how the crawl ended: the greater one.

    If both ended in the same second, the one with "finished" ended later: no listing was left that could fail.
    """
    reason = crawl["finish_reason"]
    return reason in _ENDED, crawl["finished_at"] or "", reason == "finished"
