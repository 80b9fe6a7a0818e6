"""Small data sets that their schemas accept."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sc_spiders import records

Row = dict[str, Any]
NOON = "2026-01-02T12:00:00Z"
NODE_URNS = {"user": "users", "track": "tracks", "playlist": "playlists", "comment": "comments"}


def record(kind: str, /, **fields: Any) -> Row:
    """A record with all fields of its kind; fields that are not given are null. It is checked against the schema."""
    row: Row = dict.fromkeys(records.FIELDS[kind]) | {"kind": kind, "fetched_at": NOON, "api": "v2"} | fields
    rejected = records.check(kind, [row])[1]
    assert not rejected, rejected[0].reasons
    return row


def node(kind: str, number: int, /, **fields: Any) -> Row:
    urn = f"soundcloud:{NODE_URNS[kind]}:{number}"
    return record(kind, **{"id": number, "urn": urn, "partial": False} | fields)


def user(number: int, **fields: Any) -> Row:
    return node("user", number, **{"username": f"User {number}", "permalink": f"user-{number}"} | fields)


def track(number: int, **fields: Any) -> Row:
    return node("track", number, **{"title": f"Track {number}"} | fields)


def edge(relation: str, source: str, target: str, **fields: Any) -> Row:
    return record("edge", relation=relation, source=source, target=target, **fields)


def follows(source: int, target: int, **fields: Any) -> Row:
    return edge("follows", f"soundcloud:users:{source}", f"soundcloud:users:{target}", **fields)


def listing(endpoint: str, subject: str | None, ended: str = "end", **fields: Any) -> Row:
    defaults: Row = {"fetched": 1, "rejected": 0, "missing": [], "pages": 1, "complete": ended == "end"}
    return record("listing", **{"endpoint": endpoint, "subject": subject, "ended": ended} | defaults | fields)


def crawl(spider: str, arguments: dict[str, str], reason: str = "finished", **fields: Any) -> Row:
    defaults: Row = {
        "started_at": "2026-01-02T11:00:00Z",
        "finished_at": NOON,
        "versions": {"project": "0.1.0"},
        "counts": {"listing": 0},
    }
    return record("crawl", **{"spider": spider, "arguments": arguments, "finish_reason": reason} | defaults | fields)


def write(file: Path, rows: Iterable[Row]) -> Path:
    """One JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(records.dumps(row) + b"\n" for row in rows))
    return file


def write_folder(folder: Path, rows: Iterable[Row], form: str = "jsonl") -> Path:
    """One file a kind, as a crawl without options writes them."""
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(row["kind"], []).append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, of_kind in by_kind.items():
        if form == "jsonl":
            write(folder / f"{kind}.jsonl", of_kind)
            continue
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(records.FIELDS[kind])
            for row in of_kind:
                writer.writerow([json.dumps(v) if isinstance(v, list | dict) else v for v in row.values()])
    return folder


def elsewhere(number: int, rows: Iterable[Row]) -> list[Row]:
    """The same rows about other users: those whose ids have this number before them. Several cases fit in one data set.

    The rows are of users, of edges between them and of lists of them.
    """
    text = records.dumps(list(rows)).decode()
    return list(json.loads(re.sub('soundcloud:users:|"id":', rf"\g<0>{number}", text)))


def comment_on(track_number: int, number: int, timestamp: int | None, **fields: Any) -> Row:
    urn = f"soundcloud:tracks:{track_number}"
    return node(
        "comment", number, **{"track_urn": urn, "timestamp": timestamp, "user_urn": "soundcloud:users:1"} | fields
    )
