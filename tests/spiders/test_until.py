"""`until` leaves out newer rows, and with `since` it gives a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_spiders.pages import since
from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.tokens import APP_ID, APP_SECRET
from tests.support.crawl import Crawl, crawl

from .test_since import dated

LISTS = [
    ("v2", "user_graph", {"user": "forss", "relations": "likes"}, "edge"),
    ("v2", "user", {"user": "forss", "include": "tracks"}, "track"),
    ("v2", "user", {"user": "forss", "include": "comments"}, "comment"),
    ("v2", "track_comments", {"track": "forss/flickermood"}, "comment"),
    ("public", "user", {"user": "forss", "include": "tracks"}, "track"),
]


def run(folder: Path, sandbox: Sandbox, api: str, spider: str, **arguments: Any) -> Crawl:
    app = {"SC_CLIENT_ID": APP_ID, "SC_CLIENT_SECRET": APP_SECRET} if api == "public" else {}
    return crawl(spider, folder, sandbox=sandbox, settings={"SC_API": api, "SC_PAGE_SIZE": 15, **app}, **arguments)


@pytest.mark.parametrize(("api", "spider", "arguments", "kind"), LISTS, ids=lambda value: str(value)[:40])
def test_nothing_newer_comes_and_nothing_older_is_missing(
    tmp_path: Path, sandbox: Sandbox, api: str, spider: str, arguments: dict[str, Any], kind: str
) -> None:
    whole = run(tmp_path, sandbox, api, spider, **arguments)
    dates = {name: tuple(filter(None, both)) for name, both in dated(whole.rows, kind).items()}
    latest = sorted(max(both) for both in dates.values())
    first, last = latest[len(latest) // 4], latest[len(latest) // 2]
    until = run(tmp_path, sandbox, api, spider, until=last, **arguments)
    both = run(tmp_path, sandbox, api, spider, since=first, until=last, **arguments)

    assert (until.code, both.code) == (0, 0)
    assert dated(until.rows, kind).keys() == {name for name, of in dates.items() if max(of) <= last}
    assert dated(both.rows, kind).keys() == {name for name, of in dates.items() if first <= max(of) <= last}
    for found, said in ((until, f"until {last}"), (both, f"since {first} until {last}")):
        (listing,) = [one for one in found.records("listing") if one["announced"] is not None or one["fetched"]]
        assert (listing["ended"], listing["error"], listing["complete"]) == ("limit", said, False)
    assert both.last["arguments"]["since"] == first
    assert both.last["arguments"]["until"] == last


def test_a_list_without_newer_rows_is_whole(tmp_path: Path, sandbox: Sandbox) -> None:
    _, spider, arguments, kind = LISTS[3]
    whole = run(tmp_path, sandbox, "v2", spider, **arguments)
    newest = max(max(both) for both in dated(whole.rows, kind).values())
    found = run(tmp_path, sandbox, "v2", spider, until=newest, **arguments)

    assert found.listing("track_comments")["complete"]
    assert dated(found.rows, kind) == dated(whole.rows, kind)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"until": "last"}, "until=last: neither a date"),
        ({"until": "2999-01-01"}, "still to come, so everything is older"),
        ({"since": "2026-02-01", "until": "2026-02-01"}, "nothing is between them"),
        ({"include": "followers", "until": "2026-01-01"}, "until has no effect on the lists that are asked for"),
    ],
)
def test_refused(tmp_path: Path, sandbox: Sandbox, arguments: dict[str, Any], told: str) -> None:
    found = run(tmp_path, sandbox, "v2", "user", **{"user": "forss", "include": "likes", **arguments})

    assert found.code == 2
    assert told in found.log


def test_rows_without_a_date_stay() -> None:
    rows = [{"created_at": "2026-03-01T00:00:00Z"}, {}, {"created_at": "2026-01-01T00:00:00Z"}]
    assert since.divide(rows, "", "2026-02-01T00:00:00Z") == (rows[1:], rows[:1], False)
    assert since.divide(rows, "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z") == (rows[1:2], [rows[0], rows[2]], True)
