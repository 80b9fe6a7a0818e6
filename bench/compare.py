"""Compares the records of two crawls of the same world, one by one. Every difference is a fault."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Truth = Callable[[str], Any]
Named = dict[tuple[str, ...], list[Record]]

# These fields may differ: times, the port, and how often a node first came in partial form.
_PASSING = frozenset(
    {"fetched_at", "started_at", "crawl_started_at", "known_until", "finished_at", "versions", "counts"}
)
_NODES = frozenset({"user", "track", "playlist", "comment", "selection"})
# A user's lists, and their names in the sandbox's truth.
_LISTS = {"followings": "followings", "followers": "followers", "user_likes": "likes", "user_reposts": "reposts"}


def read(folder: Path, wrong: list[str]) -> Iterator[Record]:
    """All records of an output in any format. Adds lines that cannot be read to `wrong`."""
    for path in sorted([*folder.glob("all.*"), *folder.glob("output/*/*/*")]):
        if ".cut-" in path.name:
            continue  # half a page, set aside after a kill
        if path.name.endswith(("datapackage.json", "progress.json")):
            continue  # the card, and the progress of a crawl that was killed
        if path.suffix == ".csv":
            with path.open(newline="") as file:
                yield from csv.DictReader(file, strict=True)
            continue
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            try:
                if line:
                    yield json.loads(line)
            except ValueError:
                wrong.append(f"{path.name}, line {number} is cut: {line[:60]!r}")
    if len(list(folder.glob("output/*/*"))) > 1:
        wrong.append("there is more than one output folder")


def compare(got: list[Record], want: list[Record]) -> Iterator[str]:
    """One line for each difference."""
    ours, theirs = _by_name(got), _by_name(want)
    for kind in sorted({record["kind"] for record in (*got, *want)}):
        yield from _differences(kind, _of_kind(ours, kind), _of_kind(theirs, kind))
    yield from _miscounted(got)


def _of_kind(named: Named, kind: str) -> Named:
    return {name: rows for name, rows in named.items() if name[0] == kind}


def _differences(kind: str, here: Named, there: Named) -> Iterator[str]:
    """Missing, additional and repeated records of a kind, and the first record that differs."""
    yield from _told(kind, "missing", there.keys() - here.keys())
    yield from _told(kind, "there and should not be", here.keys() - there.keys())
    yield from _told(kind, "there twice", [name for name, rows in here.items() if len(rows) > _may_come(rows)])
    for name in sorted(here.keys() & there.keys()):
        one, other = _fullest(here[name]), _fullest(there[name])
        if one != other:
            fields = [field for field in one.keys() | other.keys() if one.get(field) != other.get(field)]
            says = "; ".join(f"{field}: {one.get(field)!r:.80}, not {other.get(field)!r:.80}" for field in fields)
            yield f"{' '.join(name)} differs: {says}"
            return


def _miscounted(records: list[Record]) -> Iterator[str]:
    """Crawl records whose counts are wrong."""
    counted = Counter(record["kind"] for record in records if record["kind"] != "crawl")
    for record in records:
        if record["kind"] == "crawl":
            told = _value(record["counts"])
            if {kind: count for kind, count in told.items() if kind != "crawl"} != counted:
                yield f"the crawl record counts {told}, and there are {dict(counted)}"


def _value(cell: Any) -> Any:
    """A list or object, which CSV has as JSON text."""
    if isinstance(cell, str):
        return json.loads(cell)
    return cell


def against_truth(records: list[Record], truth: Truth, query: str) -> Iterator[str]:
    """One line for each difference from the sandbox's true graph. `query`: selects the graph."""
    graph = truth(f"graph?{query}")
    nodes = {record["urn"] for record in records if record["kind"] in ("user", "track", "playlist")}
    yield from _graph_against_truth("nodes", nodes, set(graph["nodes"]))
    edges = {(one["relation"], one["source"], one["target"]) for one in records if one["kind"] == "edge"}
    yield from _graph_against_truth("edges", edges, set(map(tuple, graph["edges"])))
    for record in records:
        if record["kind"] == "listing" and record["endpoint"] in _LISTS:
            yield from _listing_against_truth(record, truth)


def _graph_against_truth(name: str, got: set[Any], want: set[Any]) -> Iterator[str]:
    yield from _told(name, "missing by the truth", ((str(one),) for one in want - got))
    yield from _told(name, "there and not in the truth", ((str(one),) for one in got - want))


def _listing_against_truth(record: Record, truth: Truth) -> Iterator[str]:
    found = truth(f"{_LISTS[record['endpoint']]}/{record['subject'].rpartition(':')[2]}")
    length = len({str(thing[0]) if isinstance(thing, list) else str(thing) for thing in found})
    if int(record["fetched"]) != length or str(record["complete"]).lower() != "true":
        yield f"{record['endpoint']} of {record['subject']} has {record['fetched']} of {length}, {record['ended']}"


def _told(kind: str, what: str, names: Iterable[tuple[str, ...]]) -> Iterator[str]:
    if found := sorted(names):
        yield f"{len(found)} {kind} {what}, {' '.join(found[0])} for one"


def _by_name(records: list[Record]) -> Named:
    """Records by identity: nodes by URN, edges by their ends, lists by endpoint and subject."""
    found: Named = {}
    for record in records:
        plain = {field: value for field, value in record.items() if field not in _PASSING}
        if record["kind"] == "listing":
            plain["missing"] = sorted(_value(record["missing"]))
        found.setdefault(_name(record, plain), []).append(plain)
    return found


def _name(record: Record, plain: Record) -> tuple[str, ...]:
    kind = record["kind"]
    if kind in _NODES and "reasons" not in record:
        return kind, str(record["urn"])
    match kind:
        case "edge":
            return kind, record["relation"], record["source"], record["target"]
        case "listing":
            return kind, record["endpoint"], str(record["subject"])
        case "crawl":
            return kind, record["spider"]
    return kind, json.dumps(plain, sort_keys=True)


def _may_come(rows: list[Record]) -> int:
    """How often a node may come: twice if it first came in partial form."""
    return 1 + any(_is_partial(row) for row in rows)


def _fullest(rows: list[Record]) -> Record:
    return min(rows, key=_is_partial)


def _is_partial(row: Record) -> bool:
    return str(row.get("partial")).lower() == "true"
