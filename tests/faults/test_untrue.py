"""Answers that are JSON, but wrong: nothing is invented from them, and nothing is lost without a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import http, page, user
from tests.support.answers import track as full
from tests.support.crawl import Crawl, Record, crawl
from tests.support.server import Server

Run = Callable[..., Crawl]
Script = Callable[[str, int], bytes | None]

LIST = "/users/1/followings"


def track(number: int, **more: Any) -> Record:
    """A track with too few fields for a whole record."""
    return {"kind": "track", "id": number, "urn": f"soundcloud:tracks:{number}", "title": str(number), **more}


def playlist(number: int, **more: Any) -> Record:
    return {"kind": "playlist", "id": number, "title": str(number), **more}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A crawl of a server that answers these paths, and users with any id."""

    def go(
        spider: str,
        answers: Mapping[str, Any] | Script,
        settings: Mapping[str, Any] | None = None,
        *,
        api: str = "v2",
        **arguments: Any,
    ) -> Crawl:
        def scripted(path: str, turn: int) -> bytes | None:
            if callable(answers):
                return answers(path, turn)
            given = answers.get(path)
            if given is None:
                return http(200, user(int(path.rpartition("/")[2]))) if path.count("/") == 2 else http(404, {})
            return given if isinstance(given, bytes) else http(200, given)

        with Server(scripted) as server:
            urls = {**server.settings, "SC_PUBLIC_URL": server.url, "SC_TOKEN_URL": server.url + "/oauth/token"}
            given = {
                "FAULTS_FIRST_WAIT": 0.002,
                "SC_ATTEMPTS": 2,
                "SC_API": api,
                "SC_OAUTH_TOKEN": "of-one-user",
                **(settings or {}),
            }
            found = crawl(spider, tmp_path, settings={**urls, **given}, **arguments)
            found.stats["asked"] = dict(server.asked)
        return found

    return go


def followings(run: Run, *rows: Any, **more: Any) -> Crawl:
    return run("user_graph", {LIST: page(*rows)}, user=1, relations="followings", **more)


def targets(found: Crawl) -> list[str]:
    return sorted(edge["target"] for edge in found.records("edge"))


def reasons(found: Crawl) -> list[tuple[str, str]]:
    return [(one["kind"], reason["field"]) for one in found.records("rejected") for reason in one["reasons"]]


# -- a list that was walked has a record


@pytest.mark.parametrize("count", [-1, 2**63, True, 10**25, "two", [], {}, 2.5])
def test_a_count_that_is_none_costs_no_listing(run: Run, count: Any) -> None:
    answers = {"/users/2": user(2) | {"followings_count": count}, "/users/2/followings": page(user(9))}
    found = run("user_graph", answers, user=2, relations="followings")

    listing = found.listing("followings")
    assert (listing["announced"], listing["fetched"], listing["complete"]) == (None, 1, True)


@pytest.mark.parametrize(
    "said",
    [
        '"total_results": -1',
        '"total_results": true',
        '"total_results": 99999999999999999999999999',
        f'"query_urn": "{"x" * 20_000}"',
        '"query_urn": "soundcloud:\\ud800"',
        f'"last_updated": "{"x" * 200}"',
        '"last_updated": "\\ud800", "total_results": []',
    ],
)
def test_what_a_search_says_of_itself_costs_no_listing(run: Run, said: str) -> None:
    body = f'{{"collection": [{json.dumps(user(5))}], "next_href": null, {said}}}'
    found = run("search", {"/search/users": http(200, body)}, q="x", type="users")

    listing = found.listing("search_users")
    assert (listing["announced"], listing["query_urn"], listing["last_updated"]) == (None, None, None)
    assert (listing["fetched"], listing["complete"]) == (1, True)


@pytest.mark.parametrize("count", [-1, 2**63, True])
def test_a_track_count_that_is_none_costs_no_listing(run: Run, count: Any) -> None:
    whole = playlist(5, description="", track_count=count, tracks=[full(1)])
    found = run("playlist", {"/playlists/5": whole}, playlist=5)

    assert (found.listing("playlist")["announced"], found.listing("playlist")["ended"]) == (None, "end")


# -- edges with one odd value


@pytest.mark.parametrize("score", ["many", 1e300, True, []])
def test_an_odd_score_costs_no_edge_and_is_counted(run: Run, score: Any) -> None:
    rows = [{"track": track(5), "score": score}, {"track": track(6), "score": 1.5}]
    found = run("charts", {"/charts": page(*rows)})

    assert {edge["target"]: edge["score"] for edge in found.records("edge")} == {
        "soundcloud:tracks:5": None,
        "soundcloud:tracks:6": 1.5,
    }
    listing = found.listing("charts")
    assert (listing["fetched"], listing["rejected"], listing["complete"]) == (2, 1, False)
    assert reasons(found) == [("edge", "score")]


def test_edges_go_without_dates_that_are_none(run: Run) -> None:
    dates = ["2025-01-01 00:00:00", "2025-13-45", 5, 1_699_999_999, 1_699_999_999_000, "2025-01-01T00:00:00Z", ""]
    rows = [{"kind": "like", "created_at": date, "track": track(at)} for at, date in enumerate(dates, 1)]
    found = run("user_graph", {"/users/1/likes": page(*rows)}, user=1, relations="likes")

    assert {edge["target"][-1]: edge["created_at"] for edge in found.records("edge")} == {
        "1": None,
        "2": None,
        "3": None,
        "4": "2023-11-14T22:13:19Z",
        "5": "2023-11-14T22:13:19Z",
        "6": "2025-01-01T00:00:00Z",
        "7": None,
    }
    listing = found.listing("user_likes")
    assert (listing["rejected"], listing["complete"]) == (3, False)


def test_an_edge_that_went_without_is_there_once(run: Run) -> None:
    def rows(caption: str) -> str:
        said = json.dumps({"type": "track-repost", "track": track(6), "created_at": "2025-01-01T00:00:00Z"})
        return f'{said[:-1]}, "caption": "{caption}"}}'

    def script(path: str, turn: int) -> bytes | None:
        if path == "/users/1":
            return http(200, user(1))
        href = '"?page=2"' if turn == 1 else "null"
        caption = "\\ud800" if turn == 1 else "well"
        return http(200, f'{{"collection": [{rows(caption)}], "next_href": {href}}}')

    found = run("user_graph", script, user=1, relations="reposts")

    assert [edge["caption"] for edge in found.records("edge")] == [None]
    assert found.listing("user_reposts")["rejected"] == 1


# -- objects with one odd value


@pytest.mark.parametrize("odd", [{"followers_count": -1}, {"username": ["x"]}, {"created_at": "soon"}], ids=str)
def test_an_odd_value_costs_one_record_and_nothing_behind_it(run: Run, odd: Record) -> None:
    answers = {
        LIST: page(user(5), {**user(7), **odd}),
        "/users/5/followings": page(),
        "/users/7/followings": page(user(8)),
    }
    found = run("user_graph", answers, user=1, relations="followings", depth=2)

    assert targets(found) == [f"soundcloud:users:{number}" for number in (5, 7, 8)]
    assert found.urns("user") == {f"soundcloud:users:{number}" for number in (1, 5, 8)}
    assert [one["rejected"] for one in found.listings("followings") if one["subject"] == "soundcloud:users:1"] == [1]
    assert len(reasons(found)) == 1


@pytest.mark.parametrize(
    "odd",
    [{"id": "7"}, {"id": "7", "urn": None}, {"id": "soundcloud:users:7"}, {"followers_count": "12"}, {"username": 7}],
    ids=str,
)
def test_what_can_be_read_costs_nothing(run: Run, odd: Record) -> None:
    answers = {
        LIST: page(user(5), {**user(7), **odd}),
        "/users/5/followings": page(user(7)),
        "/users/7/followings": page(user(8)),
    }
    found = run("user_graph", answers, user=1, relations="followings", depth=2)

    assert targets(found) == [f"soundcloud:users:{number}" for number in (5, 7, 7, 8)]
    assert {row["id"] for row in found.records("user")} == {1, 5, 7, 8}
    assert not reasons(found)
    assert all(one["complete"] for one in found.listings("followings"))


# -- objects of another kind, or contradictory ones


def test_a_list_of_users_gives_users_only(run: Run) -> None:
    others = [
        {"kind": "track", "id": 6},
        {"kind": "playlist", "id": 7},
        {"kind": None, "id": 8},
        {"kind": ["user"], "id": 9},
        {**user(14), "urn": "soundcloud:users:15"},
        {**user(16), "urn": "soundcloud:tracks:16"},
        {**user(17), "id": -17},
    ]
    bare = {name: value for name, value in user(11).items() if name not in ("kind", "urn")}
    found = followings(run, user(10), bare, *others, depth=2)

    assert targets(found)[:2] == ["soundcloud:users:10", "soundcloud:users:11"]
    assert found.urns("user") == {f"soundcloud:users:{number}" for number in (1, 10, 11)}
    assert found.listings("followings")[0]["rejected"] == len(others)
    asked = {path for path in found.stats["asked"] if path.endswith("followings")}
    assert asked == {LIST, "/users/10/followings", "/users/11/followings"}
    assert len(reasons(found)) == len(others)


@pytest.mark.parametrize("other", [{"kind": "track", "id": 6}, {"kind": "user", "id": 6, "urn": "soundcloud:users:7"}])
def test_a_page_of_nothing_else_and_one_that_is_known_gives_none_either(run: Run, other: Record) -> None:
    """A user who was written is not validated again: users 6 and 7 are known before the list has them."""
    answers = {LIST: page(user(6), user(7)), "/users/2/followings": page({**user(6), **other})}
    found = run("user_graph", answers, {"CONCURRENT_REQUESTS": 1}, user="1,2", relations="followings")

    assert {edge["source"] for edge in found.records("edge")} == {"soundcloud:users:1"}
    assert [one["rejected"] for one in found.listings("followings")] == [0, 1]


def test_what_was_refused_stays_so_on_the_next_page(run: Run) -> None:
    def script(path: str, turn: int) -> bytes | None:
        if path == "/users/1":
            return http(200, user(1))
        return page({**user(5), "username": []}, user(turn + 10), href="?page=2" if turn == 1 else None)

    found = run("user_graph", script, user=1, relations="followings")

    assert targets(found) == ["soundcloud:users:11", "soundcloud:users:12", "soundcloud:users:5"]
    assert found.urns("user") == {f"soundcloud:users:{number}" for number in (1, 11, 12)}
    assert found.listing("followings")["rejected"] == 1


def test_a_search_finds_what_it_can_name(run: Run) -> None:
    others = [
        {"kind": "station", "id": 5, "title": "S"},
        {"kind": "app", "id": 6},
        {"kind": "artist", "id": 8, "urn": "soundcloud:artists:8"},
        {"kind": None, "id": 9},
        {"kind": "comment", "id": 12, "body": "x"},
        {"id": 7, "title": "of no kind"},
    ]
    found = run("search", {"/search": page(*others, track(1), None, user(2))}, q="x", type="all")

    assert {edge["target"]: edge["position"] for edge in found.records("edge")} == {
        "soundcloud:tracks:1": 6,
        "soundcloud:users:2": 8,
    }
    assert found.listing("search")["rejected"] == len(others) + 1
    assert not found.listing("search")["complete"]


def test_a_like_of_what_is_gone_is_no_track_of_its_own(run: Run) -> None:
    rows = [
        {"id": 987654, "created_at": "2025-01-01T00:00:00Z", "track": None, "playlist": None},
        {"id": 987655, "kind": "track-like", "created_at": "2025-01-01T00:00:00Z", "track": None},
        {"kind": "like", "track": "x"},
        {"kind": "like", "track": []},
        {"kind": "like", "playlist": {"kind": "user", "id": 3}},
        {"kind": "like", "playlist": {"id": 4}},
        track(5),
    ]
    found = run("user_graph", {"/users/1/likes": page(*rows)}, user=1, relations="likes")

    assert targets(found) == ["soundcloud:playlists:4", "soundcloud:tracks:5"]
    assert found.urns("track") == {"soundcloud:tracks:5"}
    assert found.listing("user_likes")["rejected"] == 5


def test_an_activity_names_whom_it_can(run: Run) -> None:
    rows = [
        {"type": "track", "created_at": "2025-01-01T00:00:00Z", "user": who, "track": track(at)}
        for at, who in enumerate([user(2), {"id": True}, {"urn": "x" * 20_000}, {"id": -1}, "x"], 1)
    ]
    found = run("me", {"/me": user(1), "/stream": page(*rows)}, include="stream")

    assert [(edge["source"], edge["target"]) for edge in found.records("edge")] == [
        ("soundcloud:users:2", "soundcloud:tracks:1")
    ]


def test_a_playlist_has_tracks_only(run: Run) -> None:
    tracks = [full(1), None, {"kind": "user", "id": 9}, {"id": 2, "kind": "track"}, {**full(3), "title": []}]
    answers = {
        "/playlists/5": playlist(5, description="", track_count=5, tracks=tracks),
        "/tracks?ids=2": [full(2)],
    }
    found = run("playlist", answers, playlist=5)

    assert {edge["target"]: edge["position"] for edge in found.records("edge")} == {
        "soundcloud:tracks:1": 0,
        "soundcloud:tracks:2": 3,
        "soundcloud:tracks:3": 4,
    }
    assert (found.listing("playlist")["rejected"], found.listing("playlist")["complete"]) == (3, False)


# -- anything at all, in the middle of a list


@pytest.mark.parametrize(
    "second",
    [
        [],
        {},
        None,
        0,
        "x",
        {"collection": None},
        {"collection": {"a": 1}},
        {"message": "Internal error", "status": "500"},
        user(3),
    ],
    ids=str,
)
def test_a_resource_that_began_as_a_list_goes_on_as_one(run: Run, second: Any) -> None:
    def script(path: str, turn: int) -> bytes | None:
        return page(user(2), href="?page=2") if turn == 1 else http(200, json.dumps(second))

    found = run("resource", script, path="/things")

    listing = found.listing("resource")
    assert (listing["ended"], listing["error"], listing["fetched"]) == ("error", "malformed", 1)
    assert not found.records("object")
    assert found.code == 1


@pytest.mark.parametrize(
    "words",
    [
        {"message": "Internal error", "status": "500"},
        {"message": "", "status": 503},
        {"message": "no", "code": "401"},
        {"message": "no", "status": "404 - Not Found"},
        {"collection": None, "next_href": None},
    ],
)
def test_an_errors_words_are_no_object(run: Run, words: Record) -> None:
    found = run("resource", {"/things": words}, path="/things")

    assert (found.listing("resource")["error"], found.code) == ("malformed", 1)
    assert not found.records("object")


@pytest.mark.parametrize("thing", [[1, "x"], {"message": "hello", "status": "sent"}, "x", 0], ids=str)
def test_anything_else_is_one(run: Run, thing: Any) -> None:
    found = run("resource", {"/things": http(200, json.dumps(thing))}, path="/things")

    assert found.listing("resource")["complete"]
    assert found.records("object")


# -- lists that do not say whether they go on


@pytest.mark.parametrize(("rows", "ended"), [(4, "end"), (5, "error"), (6, "error")])
def test_a_bare_list_as_long_as_was_asked_for_is_not_taken_for_all(run: Run, rows: int, ended: str) -> None:
    answers = {
        "/users/soundcloud:users:1": user(1) | {"followers_count": 5000},
        "/users/soundcloud:users:1/followers": [user(at) for at in range(100, 100 + rows)],
    }
    found = run("user_graph", answers, {"SC_PAGE_SIZE": 5}, api="public", user=1, relations="followers")

    listing = found.listing("followers")
    assert (listing["ended"], listing["error"]) == (ended, "no_next_page" if ended == "error" else None)
    assert (listing["fetched"], len(found.records("edge"))) == (rows, rows)
    assert found.code == (ended == "error")


def test_a_bare_list_that_is_bounded_by_its_size_ended_there(run: Run) -> None:
    found = run("search", {"/users": [user(1), user(2)]}, api="public", q="x", type="users", limit=2)

    assert (found.listing("search_users")["ended"], found.code) == ("limit", 0)


@pytest.mark.parametrize(
    "items",
    [None, [], {}, "oops", {"collection": None}, {"collection": "x"}, {"collection": [playlist(3)], "next_href": ""}],
    ids=str,
)
def test_a_shelf_that_cannot_be_read_is_missing(run: Run, items: Any) -> None:
    shelf = {"kind": "selection", "id": "soundcloud:selections:a", "urn": "soundcloud:selections:a", "items": items}
    other = shelf | {"id": "soundcloud:selections:b", "urn": "soundcloud:selections:b", "playlists": [playlist(4)]}
    del other["items"]
    found = run("discover", {"/mixed-selections": page(shelf, other)})

    listing = found.listing("discover")
    assert (listing["missing"], listing["complete"]) == (["soundcloud:selections:a"], False)
    assert "soundcloud:playlists:4" in targets(found)


def test_a_shelf_without_a_name_or_with_tracks_costs_itself(run: Run) -> None:
    items = {"collection": [{"kind": "track", "id": 44}, playlist(10)], "next_href": None}
    shelf = {"kind": "selection", "id": "soundcloud:selections:a", "items": items}
    found = run("discover", {"/mixed-selections": page({**shelf, "id": "foo"}, shelf)})

    assert targets(found) == ["soundcloud:playlists:10"]
    assert found.urns("selection") == {"soundcloud:selections:a"}
    assert found.listing("discover")["rejected"] == 2
    assert found.code == 0


# -- seeds


@pytest.mark.parametrize("id", [None, "01", -1, 2**63, True])
@pytest.mark.parametrize("include", ["profile,followings", "followings"])
def test_a_seed_without_an_id_is_not_found(run: Run, id: Any, include: str) -> None:
    found = run("user", {"/users/1": {"kind": "user", "id": id, "username": "x"}}, user=1, include=include)

    listing = found.listing("user")
    assert (listing["ended"], listing["error"], listing["rejected"]) == ("not_found", "rejected", 1)
    assert not found.records("edge")
    assert found.code == 1


@pytest.mark.parametrize("other", [{"kind": "station"}, {"urn": "soundcloud:users:2"}])
def test_nor_is_one_of_another_kind_or_of_two_minds(run: Run, other: Record) -> None:
    found = run("user_graph", {"/users/1": {**user(1), **other}, LIST: page(user(2))}, user=1)

    assert found.listing("user")["ended"] == "not_found"
    assert not found.records("edge")
    assert found.code == 1


def test_a_seed_whose_record_is_refused_is_walked_by_the_name_it_was_asked_by(run: Run) -> None:
    answers = {"/users/1": {**user(1), "username": []}, LIST: page(user(2))}
    found = run("user_graph", answers, user=1, relations="followings")

    assert targets(found) == ["soundcloud:users:2"]
    assert (found.listing("user")["rejected"], found.listing("user")["complete"]) == (1, False)


@pytest.mark.parametrize("api", ["v2", "public"])
def test_another_user_than_the_one_asked_for_is_no_answer(run: Run, api: str) -> None:
    where = "/users/1" if api == "v2" else "/users/soundcloud:users:1"
    found = run("user_graph", {where: user(999)}, api=api, user=1)

    listing = found.listing("user")
    assert (listing["ended"], listing["error"], found.code) == ("error", "malformed", 1)
    assert found.stats["asked"] == {where: 2}


# -- next pages


@pytest.mark.parametrize("href", ['"?cursor=\\ud800"', '"/users/\\ud800?cursor=2"'])
def test_a_next_page_that_cannot_be_sent_costs_no_record(run: Run, href: str) -> None:
    body = f'{{"collection": [{json.dumps(user(2))}], "next_href": {href}}}'
    found = run("user_graph", {LIST: http(200, body)}, user=1, relations="followings")

    listing = found.listing("followings")
    assert (listing["ended"], listing["error"], listing["fetched"]) == ("error", "malformed", 1)
    assert targets(found) == ["soundcloud:users:2"]


@pytest.mark.parametrize(
    "row", [None, {"kind": "user", "username": "ghost"}, {"kind": "track", "id": 5}, user(7), {}], ids=str
)
def test_pages_that_bring_nothing_new_have_a_bound(run: Run, row: Any) -> None:
    def script(path: str, turn: int) -> bytes | None:
        return http(200, user(1)) if path == "/users/1" else page(row, href=f"?page={turn}" if turn < 40 else None)

    found = run("user_graph", script, {"SC_MAX_EMPTY_PAGES": 3}, user=1, relations="followings")

    assert found.listing("followings")["ended"] == "empty_pages"
    assert found.stats["asked"][LIST] <= 4


def test_what_has_no_id_of_its_own_is_something_new(run: Run) -> None:
    def script(path: str, turn: int) -> bytes | None:
        row = {"type": "track-like", "created_at": "2025-01-01T00:00:00Z", "user": user(2)}
        return http(200, user(1)) if path == "/me" else page(row, href=f"?page={turn}" if turn < 9 else None)

    found = run("me", script, {"SC_MAX_EMPTY_PAGES": 3}, include="stream")

    assert (found.listing("my_stream")["ended"], len(found.records("activity"))) == ("end", 9)


def test_ids_without_objects_are_something_new(run: Run) -> None:
    def script(path: str, turn: int) -> bytes | None:
        return page(turn, href=f"?page={turn}" if turn < 9 else None)

    found = run("resource", script, {"SC_MAX_EMPTY_PAGES": 3}, path="/users/1/followings/ids")

    assert (found.listing("resource")["ended"], len(found.records("object"))) == ("end", 9)


def test_a_row_that_is_no_id_is_rejected(run: Run) -> None:
    def script(path: str, turn: int) -> bytes:
        return http(200, user(1)) if path == "/users/1" else page(2, None, "3", -1, 2**63, True, 1.5, user(4), 5)

    found = run("user_graph", script, user=1, relations="followings", nodes="ids")

    assert targets(found) == ["soundcloud:users:2", "soundcloud:users:4", "soundcloud:users:5"]
    assert [one["object"] for one in found.records("rejected")] == [None, "3", -1, 2**63, True, 1.5]
    assert not found.listing("following_ids")["complete"]


# -- more than the request asked for


@pytest.mark.parametrize("rows", [10_000, 10_001])
def test_a_page_has_no_more_rows_than_can_be_asked_for(run: Run, rows: int) -> None:
    found = followings(run, *[0] * rows)

    listing = found.listing("followings")
    assert listing["rejected"] == (rows if rows == 10_000 else 0)
    assert listing["error"] == (None if rows == 10_000 else "malformed")


@pytest.mark.parametrize("rows", [10_000, 10_001])
def test_nor_has_a_playlist(run: Run, rows: int) -> None:
    found = run("playlist", {"/playlists/5": playlist(5, description="", tracks=[0] * rows)}, playlist=5)

    assert found.listing("playlist")["error"] == (None if rows == 10_000 else "malformed")
