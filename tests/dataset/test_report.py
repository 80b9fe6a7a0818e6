"""`scrapy report`: the content of the page. Names of users cannot inject code."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import html  # type: ignore[import-untyped]

from sc_spiders.dataset import Dataset, libraries
from sc_spiders.report.page import render
from tests.support.patience import PATIENCE

from . import worlds
from .make import Row, comment_on, crawl, edge, follows, listing, track, user, write, write_folder
from .run import Runner
from .sample import NASTY, SAMPLE

ROOT = Path(__file__).parents[2]


def page(tmp_path: Path, rows: Iterable[Row]) -> str:
    with Dataset([write(tmp_path / "in.jsonl", rows)]) as data:
        return render(data)


def words(text: str, section: str | None = None) -> str:
    """The visible text of the page."""
    root = html.fromstring(text)
    for hidden in root.xpath("//script | //style | //noscript"):
        hidden.drop_tree()
    part = root.get_element_by_id(section) if section else root
    return " ".join(part.text_content().split())


def sections(text: str) -> list[str]:
    return [str(one) for one in html.fromstring(text).xpath("//main/section/@id")]


def test_a_graph(tmp_path: Path) -> None:
    text = page(tmp_path, worlds.graph(100, 350))
    assert sections(text) == [
        "network", "communities", "accounts", "degrees", "countries", "came", "asked"
    ]  # fmt: skip
    assert "All 100 accounts and all 350 follows." in words(text, "network")
    assert "Complete. The list was walked to the end" in words(text)
    assert html.fromstring(text).xpath("string(//h1)") == "The network around Björn Tape, two steps deep 2 January 2026"
    assert re.search(r"user person-1 depth 2|userperson-1 ?depth2", words(text, "asked"))


def test_comments(tmp_path: Path) -> None:
    text = page(tmp_path, worlds.comments(500))
    assert sections(text) == ["comments", "came", "asked"]
    assert "500 comments by" in words(text, "comments")
    labels = html.fromstring(text).xpath("//section[@id='comments']//svg[@role='img']/@aria-label")
    assert any("comments over the track's time. Most of them" in label for label in labels)
    assert any("comments in three months, from 2014-01 to 03" in label for label in labels)
    assert "People with most comments" in words(text, "comments")


def test_comment_density_is_where_the_comments_are(tmp_path: Path) -> None:
    rows = [comment_on(1, n, 60_000) for n in range(1, 9)] + [comment_on(1, 9, 120_000), comment_on(1, 10, None)]
    text = page(tmp_path, rows)
    assert "10 comments, 9 of them at a time; most from 1:00 to 1:02" in words(text, "comments")


def test_a_track_that_only_its_comments_tell_of_is_called_as_it_was_asked_for(tmp_path: Path) -> None:
    rows = [comment_on(293, n, 60_000 + n) for n in range(1, 9)] + [listing("track_comments", "soundcloud:tracks:293")]
    for asked in ("forss/flickermood", "https://m.soundcloud.com/forss/flickermood?in=x"):
        text = page(tmp_path, [*rows, crawl("track_comments", {"track": asked})])
        (heading,) = html.fromstring(text).xpath("//section[@id='comments']//h3[1]//a")
        assert heading.text_content() == "forss/flickermood"
        assert heading.get("href") == "https://soundcloud.com/forss/flickermood"
        assert "track's length is not in this data set; the axis ends at the last comment" in words(text, "comments")
        assert "scrapy crawl track -a track=293 -O tracks.jsonl" in words(text, "comments")


@pytest.mark.parametrize("asked", ["293", "@tracks.txt", "forss/flickermood,forss/soulhack", "on.soundcloud.com/abc"])
def test_no_name_is_guessed(tmp_path: Path, asked: str) -> None:
    rows = [comment_on(293, n, 60_000 + n) for n in range(1, 9)] + [listing("track_comments", "soundcloud:tracks:293")]
    text = page(tmp_path, [*rows, crawl("track_comments", {"track": asked})])
    assert html.fromstring(text).xpath("string(//section[@id='comments']//h3[1])") == "soundcloud:tracks:293"


def test_a_known_length_ends_the_axis(tmp_path: Path) -> None:
    rows = [comment_on(293, n, 60_000) for n in range(1, 9)]
    text = page(tmp_path, [*rows, track(293, title="Flickermood", duration=240_000)])
    assert "Flickermood" in words(text, "comments")
    assert "4:00" in words(text, "comments")
    assert "is not in this data set" not in words(text, "comments")
    assert "scrapy crawl" not in words(text, "comments")


def test_a_limit_that_was_asked_for_is_told_as_such(tmp_path: Path) -> None:
    text = page(tmp_path, [listing("search_tracks", "search:tracks:x", "limit"), crawl("search", {"q": "x"})])
    assert "As asked. 1 list of 1 ended at the limit that was asked for." in words(text)


def test_one_persons_likes_are_no_network(tmp_path: Path) -> None:
    likes = [edge("likes", "soundcloud:users:1", f"soundcloud:tracks:{n}") for n in range(1, 9)]
    assert "network" not in sections(page(tmp_path, likes))
    shared = [edge("likes", "soundcloud:users:2", f"soundcloud:tracks:{n}") for n in range(5, 12)]
    assert "network" in sections(page(tmp_path, likes + shared))


def test_without_a_crawl_record_the_reason_is_told_at_once(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [listing("likes", "soundcloud:users:1")])
    for command in (("report", "a.jsonl"), ("merge", "a.jsonl", "-o", "b.jsonl"), ("export", "a.jsonl", "sqlite")):
        (line,) = [line for line in scrapy(*command).out.splitlines() if "NOT complete" in line]
        assert line.startswith("NOT complete: 1 of 1 listings are complete; there is no crawl record")
    assert "Not complete. The list was walked to the end with nothing missing; there is no crawl record" in words(
        (tmp_path / "a.html").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize(
    ("reason", "counts", "told"),
    [
        ("finished", {"listing": 0}, "Complete. Everything that was asked for came; there were no lists to walk."),
        (
            "shutdown",
            {"listing": 0},
            "Not complete. There were no lists to walk; the crawl resolve was stopped; the same",
        ),
        ("finished", {}, "It is not known whether the data set is complete: it has no listing records."),
    ],
)
def test_of_what_had_no_lists_it_says_what_it_knows(
    tmp_path: Path, reason: str, counts: dict[str, int], told: str
) -> None:
    run = crawl("resolve", {"url": "https://soundcloud.com/forss"}, reason, counts=counts)
    assert told in words(page(tmp_path, [user(1), run]))


def test_the_title_tells_which_charts(tmp_path: Path) -> None:
    text = page(tmp_path, [crawl("charts", {"kind": "top", "genre": "techno,house"})])
    assert html.fromstring(text).xpath("string(//h1)").startswith("Top charts: techno and house")


def test_ranks(tmp_path: Path) -> None:
    text = page(tmp_path, worlds.ranks())
    assert sections(text) == ["ranks", "plays", "lists", "came", "asked"]
    assert "Charts, top: techno" in words(text, "ranks")
    assert "Search for “slow night” (tracks)" in words(text, "ranks")
    assert "The first 10 of 50." in words(text, "ranks")
    assert "RankTitleByPlays1" in words(text, "ranks")
    (label,) = html.fromstring(text).xpath("//section[@id='ranks']//svg[@role='img']/@aria-label")
    assert "titles that are in more than one of 4 lists" in label
    assert len(rows_of(text)) == 200


def rows_of(text: str) -> list[list[Any]]:
    """The rows of the table of lists: those that are markup, and those that its script adds."""
    (table,) = html.fromstring(text).xpath("//section[@id='lists']//div[@class='table']")
    rows: list[list[Any]] = [[cell.text_content() for cell in row] for row in table.xpath(".//tbody/tr")]
    for block in table.xpath("./script"):
        rows += [[cell[0] if isinstance(cell, list) else cell for cell in row] for row in json.loads(block.text)]
    return rows


def lists_in(text: str) -> dict[str, int]:
    """The lists in the table, and how many rows each has."""
    return Counter(row[0] for row in rows_of(text))


def test_lists_without_an_order_name_what_is_in_them(tmp_path: Path) -> None:
    rows = [track(n, title=f"Tune {n}", user_username="Mari") for n in range(1, 4)] + [user(1), user(2, username="Ada")]
    rows += [edge("features", "featured:all-music", f"soundcloud:tracks:{n}") for n in (1, 2)]
    rows += [edge("related", "soundcloud:tracks:1", "soundcloud:tracks:3")]
    rows += [edge("likes", "soundcloud:users:2", "soundcloud:tracks:1")]
    rows += [edge("posts", "soundcloud:users:1", "soundcloud:tracks:3")]
    subjects = ("featured:all-music", "soundcloud:tracks:1", "soundcloud:users:1")
    text = page(tmp_path, [*rows, *(listing("a_list", subject) for subject in subjects)])
    assert lists_in(text) == {
        "Featured: all-music": 2, "Who likes Tune 1": 1, "Related to Tune 1": 1, "Posted by User 1": 1
    }  # fmt: skip
    told = words(text, "lists")
    assert all(f"Tune {n}Mari" in told for n in (1, 2, 3))
    assert "Ada" in told


def test_of_very_many_lists_those_of_what_was_asked_about_come_first(tmp_path: Path) -> None:
    rows = [edge("likes", f"soundcloud:users:{n}", f"soundcloud:tracks:{m}") for n in range(1, 99) for m in range(3)]
    rows += [edge("likes", "soundcloud:users:50", f"soundcloud:tracks:{n}") for n in range(1000, 1300)]
    rows += [listing("user_likes", f"soundcloud:users:{n}") for n in range(1, 99)]
    text = page(tmp_path, [*rows, crawl("user", {"user": "50"})])
    assert len(lists_in(text)) == 98
    assert rows_of(text)[0][0] == "Liked by soundcloud:users:50"
    assert lists_in(text)["Liked by soundcloud:users:50"] == 303


def test_of_very_long_lists_the_first_rows_are_shown_and_the_others_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sc_spiders.report.lists.Gathered.of_each", 10)
    monkeypatch.setattr("sc_spiders.report.lists.Gathered.rows", 25)
    rows = [edge("likes", f"soundcloud:users:{n}", f"soundcloud:tracks:{m}") for n in range(1, 5) for m in range(12)]
    rows += [listing("user_likes", f"soundcloud:users:{n}") for n in range(1, 5)]
    text = page(tmp_path, rows)
    assert list(lists_in(text).values()) == [10, 10, 5]
    told = words(text, "lists")
    assert "Of 3 lists only the first rows are shown: 11 further rows are in the data set." in told
    assert "And 1 more list, whose rows are not shown" in told
    assert "Liked by soundcloud:users:4: 12" in told


def test_selections_come_first_then_what_they_list(tmp_path: Path) -> None:
    lists = [f"soundcloud:playlists:{n}" for n in range(1, 71)]
    rows = [edge("contains", urn, "soundcloud:tracks:1", position=0) for urn in lists]
    rows += [edge("contains", "soundcloud:selections:x", urn, position=n) for n, urn in enumerate(reversed(lists))]
    text = page(tmp_path, rows)
    assert list(lists_in(text)) == ["soundcloud:selections:x", *reversed(lists)]
    assert sections(text)[0] == "shelf"


def test_playlists_that_a_track_led_to_are_a_list_and_no_contents(tmp_path: Path) -> None:
    rows = [edge("contains", f"soundcloud:playlists:{n}", "soundcloud:tracks:1", position=n) for n in range(1, 9)]
    station = "soundcloud:system-playlists:track-stations:1"
    rows += [edge("contains", station, f"soundcloud:tracks:{n}", position=n) for n in range(2)]
    rows += [listing("playlists_with_track", "soundcloud:tracks:1"), listing("track_station", station)]
    text = page(tmp_path, [*rows, track(1, title="Tune")])
    assert lists_in(text) == {"Station of Tune": 2, "Playlists with Tune": 9}


def test_most_liked_is_what_several_people_like(tmp_path: Path) -> None:
    likes = [edge("likes", "soundcloud:users:1", f"soundcloud:tracks:{n}") for n in range(1, 9)]
    reposts = [edge("reposts", f"soundcloud:users:{n}", "soundcloud:tracks:1") for n in range(1, 3)]
    reposts += [edge("reposts", "soundcloud:users:1", "soundcloud:tracks:2")]
    told = words(page(tmp_path, likes + reposts), "tracks")
    assert told.startswith("Most reposted")
    assert "Most liked" not in told
    assert "soundcloud:tracks:2" not in told


def test_playlists_and_what_is_missing_by_name(tmp_path: Path) -> None:
    text = page(tmp_path, worlds.playlists())
    assert sections(text) == ["shelf", "plays", "lists", "came", "asked"]
    told = words(text, "completeness")
    assert "Not complete. 5 of 8 lists were walked" in told
    assert "nothing missing; the crawl playlist was stopped; the same command resumes it." in told
    for name in ("soundcloud:tracks:901", "soundcloud:tracks:902", "soundcloud:playlists:7", "Blue hours: 12 of 14"):
        assert name in told


def test_everything_missing_is_named_however_much_it_is(tmp_path: Path) -> None:
    rows = [listing("likes", f"soundcloud:users:{n}", "blocked") for n in range(1, 3001)]
    told = words(page(tmp_path, rows), "completeness")
    assert all(f"soundcloud:users:{n}:" in told for n in range(1, 3001))


def refused(kind: str, message: str, **given: Any) -> Row:
    """A line of rejected.jsonl."""
    reasons = [{"field": "duration", "message": message}]
    return {"kind": kind, "reasons": reasons, "object": given, "endpoint": "user_tracks", "subject": None}


@pytest.mark.parametrize("name", ["in.jsonl", "in"])
def test_who_was_rejected_is_named_and_why(tmp_path: Path, name: str) -> None:
    rows = [listing("user_tracks", "soundcloud:users:1", complete=False, rejected=2)]
    if name == "in":
        beside = write_folder(tmp_path / name, rows) / "rejected.jsonl"
    else:
        beside = write(tmp_path / name, rows).with_name("in.rejected.jsonl")
    long = refused("track", "'long' is not of type 'integer'", title="<b>Relevant</b>", urn="soundcloud:tracks:9")
    other = refused("edge", "no", source="a", target="b")
    write(beside, [long, other, long | {"subject": "again"}])
    beside.write_bytes(beside.read_bytes() + b'{"kind": "tra')
    with Dataset([tmp_path / name]) as data:
        told = words(render(data), "completeness")
    assert f"2 objects refused by their schemas, whole in {beside.name}" in told
    assert "track <b>Relevant</b> (soundcloud:tracks:9): duration: 'long' is not of type 'integer'" in told
    assert "edge a → b: duration: no" in told


def test_rejected_objects_without_their_file_are_counted(tmp_path: Path) -> None:
    told = words(page(tmp_path, [listing("likes", "u", complete=False, rejected=3)]), "completeness")
    assert "3 objects rejected; the file that names them is not here." in told


def test_a_broken_file_of_rejected_objects_is_named(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [listing("likes", "u")])
    (tmp_path / "a.rejected.jsonl").write_text("[]\n")
    result = scrapy("report", "a.jsonl")
    assert (result.code, "a.rejected.jsonl, line 1: is no rejected object" in result.err) == (2, True)


def test_of_a_large_graph_the_most_connected_are_drawn_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sc_spiders.report.network.NODES", 300)
    monkeypatch.setattr("sc_spiders.report.network.LINKS", 400)
    rows = [follows(n % 700 + 1, n * n % 697 + 1) for n in range(6000)]
    text = page(tmp_path, rows)
    drawn = network(text)
    said = words(text, "network")
    assert "The 300 most connected of 700 accounts and 400 of" in said
    assert (len(drawn["names"]), len(drawn["source"])) == (300, 400)
    pairs = {(row["source"], row["target"]) for row in rows}
    links = Counter(urn for pair in pairs for urn in pair)
    highest = sorted(links.values(), reverse=True)[:300]
    assert sorted(map(sum, zip(drawn["in"], drawn["out"], strict=True)), reverse=True) == highest


def network(text: str) -> dict[str, Any]:
    block = html.fromstring(text).get_element_by_id("network-data")
    data: dict[str, Any] = json.loads(block.text)
    return data


def test_who_was_asked_about_is_drawn_however_little_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sc_spiders.report.network.NODES", 50)
    rows: list[Row] = [*worlds.graph(200, 900), follows(9001, 199), follows(9002, 9003), user(9003), user(9001)]
    rows += [user(9002, permalink="Little-One", permalink_url="https://soundcloud.com/Little-One")]
    rows += [crawl("user_graph", {"user": "9001, https://m.soundcloud.com/Little-One?x=y,soundcloud:users:9004"})]
    text = page(tmp_path, rows)
    drawn = network(text)
    # Björn is person-1, a seed of the crawl.
    assert {drawn["names"][n] for n in drawn["seeds"]} == {"User 9001", "User 9002", "Björn Tape"}
    links = {(drawn["names"][a], drawn["names"][b]) for a, b in zip(drawn["source"], drawn["target"], strict=True)}
    assert ("User 9002", "User 9003") in links
    assert len(drawn["names"]) == 50
    assert drawn["unknown"] == 203 - 50
    assert "a ring marks the seeds" in words(text, "network")


def test_who_is_not_known_to_have_been_asked_about_is_not_marked(tmp_path: Path) -> None:
    words = enumerate(("@people.txt", "on.soundcloud.com/x", "nobody", ""))
    crawls = [crawl("user_graph", {"user": asked}, started_at=f"2026-01-02T11:00:0{n}Z") for n, asked in words]
    text = page(tmp_path, [follows(1, 2), user(1), user(2), *crawls])
    assert "The page shows 4 crawls" in text
    assert network(text)["seeds"] == []


def test_dense_graphs_fill_their_disc_and_make_no_ring(tmp_path: Path) -> None:
    pairs = [(a, b) for a in range(1, 151) for b in range(1, 151) if a != b and (a * b + a) % 4 == 0]
    drawn = network(page(tmp_path, [follows(a, b) for a, b in pairs]))
    places = [(x * x + y * y) ** 0.5 for x, y in zip(drawn["x"], drawn["y"], strict=True)]
    assert sum(place > 0.93 * max(places) for place in places) < len(places) / 4


def test_the_drawing_is_the_same_each_time_and_shows_the_links_there_are(tmp_path: Path) -> None:
    rows = list(worlds.graph(60, 200))
    first, second = network(page(tmp_path, rows)), network(page(tmp_path, rows))
    assert first == second
    names = {row["urn"]: row["username"] for row in rows if row["kind"] == "user"}
    drawn = {(first["names"][a], first["names"][b]) for a, b in zip(first["source"], first["target"], strict=True)}
    assert drawn == {(names[row["source"]], names[row["target"]]) for row in rows if row["kind"] == "edge"}
    assert all(-10_000 <= place <= 10_000 for place in (*first["x"], *first["y"]))


def test_linked_accounts_stand_closer_than_others(tmp_path: Path) -> None:
    def ring(start: int) -> list[Row]:
        return [follows(start + a, start + b) for a in range(6) for b in range(6) if a != b]

    drawn = network(page(tmp_path, [*ring(1), *ring(11), follows(1, 11)]))
    places = {name: (x, y) for name, x, y in zip(drawn["names"], drawn["x"], drawn["y"], strict=True)}

    def apart(a: int, b: int) -> float:
        (ax, ay), (bx, by) = places[f"soundcloud:users:{a}"], places[f"soundcloud:users:{b}"]
        return float(((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5)

    assert max(apart(2, 3), apart(12, 13)) < apart(2, 12)
    assert len(set(drawn["group"])) == 2


@pytest.mark.parametrize(
    "rows", [[], [user(1)], [follows(1, 1)], [edge("likes", "soundcloud:users:1", "soundcloud:tracks:1")]]
)
def test_very_little_is_a_page_too(tmp_path: Path, rows: list[Row]) -> None:
    assert "A data set" in words(page(tmp_path, rows))


def test_names_are_text_wherever_they_stand(tmp_path: Path) -> None:
    evil = [
        "<script>boom()</script>",
        "<img src=x onerror=boom()>",
        "\"><b onmouseover='boom()'>",
        "</title><svg onload=boom()>",
    ]
    evil += [
        "</script><script>boom()</script>",
        "<!--<script>",
        "javascript:boom()",
        "&lt;i&gt;",
        "{{boom}}",
        "'\"`\u2028\x00",
    ]
    rows: list[Row] = list(SAMPLE)
    for n, name in enumerate(evil, 10):
        link = f'https://soundcloud.com/"onclick="{n}' if n % 2 else "https://evil.example/"
        rows += [user(n, username=name, country_code=name, permalink_url=link), follows(n, 10), follows(10, n)]
        rows += [edge("ranks", f"charts:top:{name}", f"soundcloud:users:{n}", position=0)]
        rows += [edge("contains", f"tag:{name}", f"soundcloud:users:{n}", position=0)]
        rows += [
            listing(name, name, "error", error=name, missing=[name]),
            crawl(name, {name: name, "user": name}, name),
        ]
        rows += [comment_on(n, n, 5, user_username=name, user_permalink=name, body=name)]
    text = page(tmp_path, rows)
    root = html.fromstring(text)
    scripts = root.xpath("//script")
    assert [one.get("type") for one in scripts] == ["application/json", None]
    assert "boom()" not in scripts[-1].text
    tags = {one.tag for one in root.iter() if isinstance(one.tag, str)}
    assert not tags & {"img", "b", "i:i", "iframe", "object", "embed", "base", "form"}
    for one in root.iter():
        assert not any(name.startswith("on") or name == "style" for name in one.attrib)
        for name in ("href", "src", "action", "xlink:href"):
            assert one.get(name, "#").startswith(("#", "https://soundcloud.com/"))
            assert '"' not in one.get(name, "")
    for name in evil[:4]:
        assert name in root.text_content()
    assert {name.replace("\x00", "\ufffd") for name in evil} <= {
        name.replace("\x00", "\ufffd") for name in json.loads(scripts[0].text)["names"]
    }


def test_the_page_loads_nothing_and_lets_nothing_run_but_its_own(tmp_path: Path) -> None:
    text = page(tmp_path, [*SAMPLE, user(77, username=NASTY)])
    root = html.fromstring(text)
    policy = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'; img-src blob:; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not root.xpath("//@src | //link | //*[@srcset] | //@background")
    assert not re.search(r"@import|url\(", root.xpath("//style")[0].text)
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(|innerHTML|eval\(", root.xpath("//script")[-1].text)


def test_structure_for_those_who_do_not_see(tmp_path: Path) -> None:
    root = html.fromstring(page(tmp_path, [*worlds.graph(50, 150), *worlds.comments(100), *worlds.ranks()]))
    assert root.get("lang") == "en"
    assert len(root.xpath("//h1")) == 1
    assert root.xpath("//body/*")[0].get("href") == "#main"
    assert all(table.xpath("./caption") for table in root.xpath("//table"))
    assert all(cell.get("scope") == "col" for cell in root.xpath("//thead//th"))
    assert all(row.xpath("./th[@scope='row']") for row in root.xpath("//tbody/tr"))
    assert all(one.get("aria-label") or one.get("aria-hidden") for one in root.xpath("//svg"))
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {one[1:] for one in root.xpath("//nav//a/@href")} <= set(ids)
    for control in root.xpath("//input | //select"):
        assert root.xpath(f"//label[@for='{control.get('id')}']")
    assert all(one.text_content().strip() or one.get("aria-label") for one in root.xpath("//button"))


def test_the_command(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", worlds.playlists())
    result = scrapy("report", "a.jsonl")
    assert result.code == 0
    assert "a.html: open it in a browser" in result.out
    assert "NOT complete: 5 of 8" in result.out
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "there is no crawl in output/ here"),
        (["nowhere"], "nowhere: no such file or folder"),
        (["a.jsonl", "-o", "a.pdf"], "a.pdf: a report ends in .html"),
        (["a.jsonl", "-o", "a.jsonl/a.html"], "cannot be written"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, scrapy: Runner, args: list[str], message: str) -> None:
    write(tmp_path / "a.jsonl", SAMPLE)
    result = scrapy("report", *args)
    assert (result.code, message in result.err) == (2, True)


@pytest.mark.parametrize("package", ["numpy", "networkit"])
def test_an_absent_library_is_named(
    tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    there = importlib.import_module

    def absent(name: str) -> Any:
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return there(name)

    monkeypatch.setattr(libraries, "import_module", absent)
    write(tmp_path / "a.jsonl", SAMPLE)
    result = scrapy("report", "a.jsonl")
    assert (result.code, f"needs {package}" in result.err) == (2, True)
    write(tmp_path / "a.jsonl", worlds.ranks())
    assert scrapy("report", "a.jsonl").code == 0


def test_it_works_from_inside_a_zipped_egg(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", worlds.graph(20, 40))
    with ZipFile(tmp_path / "project.egg", "w") as egg:
        for package, inside in (("sc_spiders", Path()), ("schemas", Path("sc_spiders"))):
            for file in (ROOT / package).rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    egg.write(file, inside / file.relative_to(ROOT))
    settings = {"SCRAPY_SETTINGS_MODULE": "sc_spiders.settings", "PYTHONPATH": str(tmp_path / "project.egg")}
    command = [sys.executable, "-P", "-m", "scrapy", "report", "a.jsonl"]
    run = subprocess.run(
        command, cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True, timeout=PATIENCE
    )
    assert run.returncode == 0, run.stderr
    assert "a.html: open it in a browser" in run.stdout
