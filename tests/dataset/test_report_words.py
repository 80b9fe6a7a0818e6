"""What a report says in words: its title, its verdict, names, the music, the people, the comments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from lxml import html  # type: ignore[import-untyped]

from sc_spiders.dataset import Dataset
from sc_spiders.report.music import tags_of
from sc_spiders.report.page import render
from sc_spiders.report.titles import title

from .make import Row, comment_on, crawl, edge, follows, listing, node, track, user, write
from .run import Runner

FORSS = user(183, username="Forss", permalink="forss", permalink_url="https://soundcloud.com/forss")


def page(tmp_path: Path, rows: Iterable[Row]) -> html.HtmlElement:
    with Dataset([write(tmp_path / "in.jsonl", rows)]) as data:
        return html.fromstring(render(data))


def words(root: html.HtmlElement, path: str) -> str:
    return " ".join(str(root.xpath(f"string({path})")).split())


def table(root: html.HtmlElement, caption: str) -> list[list[str]]:
    """The cells of a table, without columns of bars."""
    rows = root.xpath(f"//table[caption[starts-with(., '{caption}')]]/tbody/tr")
    return [[cell.text_content().strip() for cell in row if not cell.xpath(".//*[name()='svg']")] for row in rows]


TITLES: list[tuple[str, dict[str, Any], str]] = [
    ("user_graph", {"user": "forss"}, "The network around Forss, one step deep"),
    ("resource", {"path": "/users/183/tracks"}, "What the API gives for /users/183/tracks"),
    ("user_graph", {"user": "forss", "depth": "2"}, "The network around Forss, two steps deep"),
    ("user_graph", {"user": "forss", "depth": "7"}, "The network around Forss, 7 steps deep"),
    ("user_graph", {"user": "forss", "strategy": "random_walk"}, "The network around Forss, by random walk"),
    ("user", {"user": "forss"}, "Forss"),
    ("user", {"user": "forss", "include": "profile,likes,web_profiles"}, "Forss: likes and web profiles"),
    ("user", {"user": "a,b,c,d", "include": "tracks"}, "a, b and 2 more: tracks"),
    ("search", {"q": "deep house", "type": "tracks"}, "Search for “deep house” in tracks"),
    ("search", {"q": "x"}, "Search for “x”"),
    ("charts", {"genre": "deep-house,techno"}, "Trending charts: deep house and techno"),
    ("discover", {}, "The discover page"),
    ("featured", {}, "Featured tracks: all music"),
    ("tag", {"tag": "ambient"}, "Tracks with the tag ambient"),
    ("me", {"include": "history"}, "My account: history"),
    ("my_own_spider", {"user": "forss"}, "my_own_spider: Forss"),
    ("my_own_spider", {}, "my_own_spider"),
]


@pytest.mark.parametrize(("spider", "arguments", "told"), TITLES, ids=lambda value: str(value)[:40])
def test_a_crawl_is_called_in_a_persons_words(spider: str, arguments: dict[str, Any], told: str) -> None:
    assert title(crawl(spider, arguments), ["Forss"] if arguments.get("user") == "forss" else []) == told


@pytest.mark.parametrize(("spider", "told"), [("user", "Forss"), ("my_own_spider", "my_own_spider: Forss")])
def test_a_page_has_that_title_with_the_name_of_its_seed(tmp_path: Path, spider: str, told: str) -> None:
    root = page(tmp_path, [FORSS, crawl(spider, {"user": "forss"})])
    assert words(root, "//h1") == f"{told} 2 January 2026"
    assert words(root, "//title") == f"{told}, 2 January 2026"


def test_a_seed_that_no_record_names_is_called_as_it_was_asked_for() -> None:
    assert title(crawl("track_comments", {"track": "forss/flickermood"}), []) == "Comments on forss/flickermood"


def test_tracks_and_playlists_are_named_with_their_owner(tmp_path: Path) -> None:
    rows = [track(293, title="Flickermood", user_username="Forss"), crawl("track_comments", {"track": "293"})]
    assert words(page(tmp_path, rows), "//h1/bdi") == "Comments on Flickermood by Forss"


def test_a_page_of_two_crawls_says_so_and_names_them(tmp_path: Path) -> None:
    first = crawl("user_graph", {"user": "forss"})
    second = crawl(
        "user_graph", {"user": "forss"}, started_at="2026-02-03T00:00:00Z", finished_at="2026-02-03T01:00:00Z"
    )
    root = page(tmp_path, [FORSS, first, second])
    assert words(root, "//h1") == (
        "Two crawls of the same: The network around Forss, one step deep 2 January 2026 to 3 February 2026"
    )
    told = words(root, "//div[@class='crawls']")
    assert told.startswith("The page shows 2 crawls as one data set")
    assert told.endswith("one step deep, 3 February 2026")

    other = page(tmp_path, [FORSS, first, crawl("tag", {"tag": "dub"}, started_at="2026-02-03T00:00:00Z")])
    assert words(other, "//h1/bdi") == "Two crawls: The network around Forss, one step deep; Tracks with the tag dub"


def test_a_page_of_two_inputs_has_a_name_of_its_own_and_replaces_nothing(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [FORSS, crawl("user", {"user": "forss"})])
    write(tmp_path / "b.jsonl", [FORSS, crawl("user", {"user": "forss"}, started_at="2026-02-03T00:00:00Z")])
    for command, name in (
        (("a.jsonl",), "a.html"),
        (("a.jsonl", "b.jsonl"), "a+b.html"),
        (("a.jsonl", "b.jsonl"), "a+b-2.html"),
        (("a.jsonl", "a.jsonl"), "a.html"),
        (("a.jsonl", "b.jsonl", "a.html"), "a+b-3.html"),  # an earlier report among the inputs is left out
    ):
        assert f"{name}: open it in a browser" in scrapy("report", *command).out
    assert {file.name for file in tmp_path.glob("*.html")} == {"a.html", "a+b.html", "a+b-2.html", "a+b-3.html"}


def test_the_verdict_opens_to_the_lists(tmp_path: Path) -> None:
    rows = [listing("user_likes", "soundcloud:users:183", announced=12, fetched=10), crawl("user", {"user": "forss"})]
    root = page(tmp_path, [FORSS, *rows])
    (verdict,) = root.xpath("//header//details[@id='completeness']")
    assert words(verdict, "summary") == "Complete. The list was walked to the end, nothing missing."
    # One endpoint is a sentence, and no table of one row.
    assert "user_likes: 1 walked, 1 complete, 10 fetched of 12 announced." in words(verdict, ".")
    assert not verdict.xpath(".//table")


def test_one_relation_is_no_table(tmp_path: Path) -> None:
    root = page(tmp_path, [follows(1, 2), follows(2, 3)])
    assert not root.xpath("//section[@id='came']//table")
    root = page(tmp_path, [follows(1, 2), edge("likes", "soundcloud:users:1", "soundcloud:tracks:1")])
    assert len(root.xpath("//section[@id='came']//tbody/tr")) == 2


def test_values_of_arguments_break_at_commas(tmp_path: Path) -> None:
    root = page(tmp_path, [crawl("user_graph", {"user": "a,b", "relations": "followers,likes,reposts"})])
    (value,) = root.xpath("//section[@id='asked']//dt[.='relations']/following-sibling::dd")
    assert value.text_content() == "followers,likes,reposts"
    assert len(value.xpath(".//wbr")) == 2


def test_permalinks_tell_equal_names_apart(tmp_path: Path) -> None:
    names = {1: "Ada", 2: "ADA", 3: "Bo"}
    rows = [user(n, username=name, permalink=f"{name.lower()}-{n}") for n, name in names.items()]
    rows += [follows(a, b) for a in names for b in names if a != b]
    found = [row[0] for row in table(page(tmp_path, rows), "Accounts with most followers")]
    assert sorted(found) == ["ADA ada-2", "Ada ada-1", "Bo"]


def test_a_community_is_called_by_what_its_members_share(tmp_path: Path) -> None:
    rows: list[Row] = []
    for start, city, genre in ((0, "Berlin", "Techno"), (20, "Osaka", "Ambient")):
        members = range(start + 1, start + 11)
        rows += [user(n, city=city if n % 3 else None, username=f"Person {n}") for n in members]
        rows += [follows(a, b) for a in members for b in members if a != b]
        rows += [track(n, genre=genre, tag_list="live", user_urn=f"soundcloud:users:{n}") for n in members]
    rows += [follows(1, 21), *(follows(n, 2) for n in range(22, 24)), *(follows(n, 22) for n in range(3, 5))]
    names = {row[1] for row in table(page(tmp_path, rows), "Communities")}
    # The tag `live` is everywhere, so it is in no name.
    assert names == {"techno · Berlin · around Person 2", "ambient · Osaka · around Person 22"}


def music() -> list[Row]:
    rows = []
    for n in range(1, 41):
        rows.append(
            track(
                n,
                genre="techno" if n % 4 == 0 else "Techno " if n % 4 < 3 else "Folk",
                tag_list='live "deep house" Live' if n % 2 else "",
                license="cc-by" if n % 5 == 0 else "all-rights-reserved",
                label_name="Salt" if n % 2 else "Paper",
                release_date=f"{2000 + n % 3}-05-01T00:00:00Z",
                created_at=f"20{10 + n % 6}-03-0{1 + n % 7}T08:00:00Z",
                duration=30_000,
                full_duration=250_000,
                playback_count=1000,
                likes_count=25,
            )
        )
    return rows


def test_the_music_is_counted(tmp_path: Path) -> None:
    root = page(tmp_path, music())
    assert table(root, "Genres") == [["Techno", "30", "75.0 %"], ["Folk", "10", "25.0 %"]]
    assert table(root, "Tags") == [["deep house", "20", "50.0 %"], ["live", "20", "50.0 %"]]
    assert table(root, "Licences") == [["all rights reserved", "32", "80.0 %"], ["CC BY", "8", "20.0 %"]]
    assert table(root, "Labels") == [["Paper", "20", "50.0 %"], ["Salt", "20", "50.0 %"]]
    labels = root.xpath("//figure/@aria-label")
    assert "Years of release of 40 tracks that name one; most, 14, in 2001." in labels
    # The whole track counts, and not the part that everybody may hear.
    assert "Lengths of 40 tracks; most, 40, last 4 to 5 minutes." in labels
    assert "Likes per 100 plays of 40 tracks; the median is 2.5." in labels
    assert any(label.startswith("Uploads: tracks a month, from 2010-03 to 2015-03.") for label in labels)


def test_few_tracks_get_no_pictures(tmp_path: Path) -> None:
    root = page(tmp_path, [*music()[:5], crawl("resolve", {"url": "https://soundcloud.com/forss"})])
    assert not root.xpath("//figure")
    assert [str(one) for one in root.xpath("//main/section/@id")] == ["records", "genres", "came", "asked"]


@pytest.mark.parametrize(
    ("tag_list", "tags"),
    [
        ('live "deep house" Live', ["live", "deep house", "live"]),
        ('"drum & bass"', ["drum & bass"]),
        ('a "b', ["a", "b"]),
        ("", []),
        ('""', []),
    ],
)
def test_tags_of_several_words_are_in_quotes(tag_list: str, tags: list[str]) -> None:
    assert tags_of(tag_list) == tags


def test_the_people_are_counted(tmp_path: Path) -> None:
    rows = [
        user(
            n,
            city="berlin" if n == 1 else "Berlin" if n < 7 else "Lagos" if n < 11 else "",
            country_code="DE" if n < 7 else "NG" if n < 11 else None,
            creator_subscription_product_id="creator-pro-unlimited" if n < 4 else "free",
            verified=n == 1,
            created_at=f"20{10 + n % 2}-01-01T00:00:00Z",
        )
        for n in range(1, 21)
    ]
    root = page(tmp_path, rows)
    assert table(root, "Accounts by country") == [["DE", "6", "60.0 %"], ["NG", "4", "40.0 %"]]
    assert table(root, "Accounts by city") == [["Berlin DE", "6", "60.0 %"], ["Lagos NG", "4", "40.0 %"]]
    assert table(root, "Accounts by plan") == [["free", "17", "85.0 %"], ["creator pro unlimited", "3", "15.0 %"]]
    assert "10 of 20 accounts name a country" in words(root, "//section[@id='countries']")
    assert "1 account is verified." in words(root, "//section[@id='plans']")
    assert "Accounts by the year in which they were made, 2010 to 2011; most, 10, in 2010." in root.xpath(
        "//figure/@aria-label"
    )


def test_comments_are_quoted_and_their_words_counted(tmp_path: Path) -> None:
    said = {1: "the first one 🔥", 9: "that drop 🔥🔥", 12: "drop drop drop http://evil.example/drop @drop-9"}
    rows = [
        comment_on(
            1,
            n,
            60_000 if 2 < n < 10 else 200_000 + n,
            body=said.get(n, "so calm 🔥"),
            created_at=f"2020-01-{n:02}T00:00:00Z",
            user_username=f"Person {n}",
            likes_count=7 if n == 9 else 0,
        )
        for n in range(1, 13)
    ]
    root = page(tmp_path, [*rows, track(1, title="Tune", duration=240_000, user_username="Mari")])
    section = "//section[@id='comments']"
    quotes = [" ".join(one.text_content().split()) for one in root.xpath(f"{section}//div[@class='quote']")]
    assert quotes == [
        "The firstthe first one 🔥Person 1, at 3:20, 2020-01-01",
        "The lastdrop drop drop http://evil.example/drop @drop-9Person 12, at 3:20, 2020-01-12",
        "At 1:00, where most arethat drop 🔥🔥Person 9, at 1:00, 2020-01-09, 7 likes",
        "With most likesthat drop 🔥🔥Person 9, at 1:00, 2020-01-09, 7 likes",
    ]
    assert table(root, "Words") == []  # two words that are said more than once are no table
    ticks = root.xpath(f"({section}//*[name()='svg'])[1]//*[name()='text'][@text-anchor='middle']/text()")
    assert [one for one in ticks if ":" in one][:3] == ["0:00", "0:30", "1:00"]
    assert "4:00" in ticks  # the whole length of the track


def test_several_words_are_a_table(tmp_path: Path) -> None:
    bodies = ["deep bass, deep!", "bass and calm", "calm bass", "so deep", "Bass", "calm", "x", "y"]
    rows = [comment_on(1, n, 1000, body=body) for n, body in enumerate(bodies, 1)]
    found = table(page(tmp_path, rows), "Words")
    assert found == [["bass", "4", "50.0 %"], ["calm", "3", "37.5 %"], ["deep", "2", "25.0 %"]]


def test_a_star_is_not_the_first_picture(tmp_path: Path) -> None:
    rows = [follows(n, 1) for n in range(2, 30)] + music()
    sections = [str(one) for one in page(tmp_path, rows).xpath("//main/section/@id")]
    assert sections.index("in-time") < sections.index("network")


def test_what_several_charts_share_is_a_grid(tmp_path: Path) -> None:
    rows = [track(n, title=f"Tune {n}") for n in range(1, 6)]
    for genre, order in (("techno", (1, 2, 3)), ("house", (3, 1, 4)), ("dub", (5, 1))):
        rows += [
            edge("ranks", f"charts:top:{genre}", f"soundcloud:tracks:{n}", position=at) for at, n in enumerate(order)
        ]
    root = page(tmp_path, rows)
    cells = root.xpath("//section[@id='ranks']//*[name()='g']/*[name()='title']/text()")
    assert sorted(cells) == [
        "Tune 1: rank 1 in techno",
        "Tune 1: rank 2 in dub",
        "Tune 1: rank 2 in house",
        "Tune 3: rank 1 in house",
        "Tune 3: rank 3 in techno",
    ]


def test_a_playlist_is_a_strip_of_its_tracks(tmp_path: Path) -> None:
    urn = "soundcloud:playlists:1"
    rows = [track(n, title=f"Tune {n}", duration=n * 60_000, genre="Dub", user_username="Mari") for n in (1, 2)]
    rows += [edge("contains", urn, f"soundcloud:tracks:{n}", position=n) for n in (1, 2)]
    root = page(tmp_path, [*rows, node("playlist", 1, title="Two")])
    blocks = root.xpath("//section[@id='shelf']//*[name()='rect']")
    assert [one.xpath("string(*)") for one in blocks] == ["Tune 1 – Mari, 1:00", "Tune 2 – Mari, 2:00"]  # noqa: RUF001
    first, second = (float(one.get("width")) for one in blocks)
    assert second == pytest.approx(2 * first, rel=0.02)
    assert "2 tracks, 3:00" in words(root, "//section[@id='shelf']")
