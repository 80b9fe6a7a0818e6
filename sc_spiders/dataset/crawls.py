"""The crawl records of one data set: those of one crawl's workers become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson

Row = dict[str, Any]


def reconcile(crawls: Iterable[Row]) -> list[Row]:
    """One record for workers of one crawl (the same spider, arguments and API, at overlapping times), in time order.

    It spans all of them, has the finish_reason of the one that ended last, and the sum of their counts. Runs of the
    same crawl one after the other stay apart: they saw the world at different times.
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
    if (first["finished_at"] or "") < (other["finished_at"] or ""):
        for name in ("finished_at", "finish_reason", "fetched_at", "versions"):
            first[name] = other[name]
    first["counts"] = dict(sorted((Counter(first["counts"]) + Counter(other["counts"])).items()))
