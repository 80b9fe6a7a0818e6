"""Parts of a report: the map of cities, what is gone, plans, single records, one account's network, names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html  # type: ignore[import-untyped]

from sc_spiders.report import frame
from sc_spiders.report.atlas import Atlas

from .make import Row, comment_on, crawl, edge, follows, listing, record, track, user
from .test_report_words import page, table, words

quick = pytest.mark.quick


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas()


@quick
@pytest.mark.parametrize(
    ("name", "country", "where"),
    [
        ("Berlin", "DE", (52.5, 13.4)),
        ("東京", "JP", (35.7, 139.7)),
        ("القاهرة", None, (30.1, 31.2)),
        ("são paulo", "BR", (-23.6, -46.6)),
        ("Cologne", "DE", (50.9, 7.0)),
        ("KÖLN", "DE", (50.9, 7.0)),
        ("Brooklyn, NY", "US", (40.6, -74.0)),
        ("London", None, (51.5, -0.1)),
        ("London", "CA", (43.0, -81.2)),
        ("Valencia", None, None),  # of Spain, or of Venezuela
        ("Valencia", "ES", (39.5, -0.4)),
        ("Berlin", "BR", None),
        ("in the studio", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_a_city_is_found_by_each_of_its_names(
    atlas: Atlas, name: str, country: str | None, where: tuple[float, float] | None
) -> None:
    found = atlas.find(name, country)
    assert (found and (round(found[0], 1), round(found[1], 1))) == where


def test_cities_are_circles_on_a_map_and_its_sources_are_named(tmp_path: Path) -> None:
    people = [("Berlin", "DE")] * 9 + [("東京", "JP")] * 4 + [("Lagos", "NG")] * 4 + [("my room", "")]
    root = page(tmp_path, [user(n, city=city, country_code=code) for n, (city, code) in enumerate(people, 1)])
    (figure,) = root.xpath("//figure[starts-with(@aria-label, 'A map')]")
    assert figure.get("aria-label") == "A map of the 3 cities that 17 accounts name; most, 9, Berlin."
    circles = figure.xpath(".//div[@class='wide']//*[name()='circle']")
    assert [circle.xpath("string(*[name()='title'])") for circle in circles] == ["Berlin: 9", "東京: 4", "Lagos: 4"]
    sizes = [float(circle.get("r")) for circle in circles]
    assert sizes[0] / sizes[1] == pytest.approx(1.5, abs=0.02)  # the area is the number
    x = [float(circle.get("cx")) for circle in circles]
    assert x[2] < x[0] < x[1]
    text = words(root, "//section[@id='countries']")
    assert "17 of the 18 accounts that name a city are on the map." in text
    assert "Coasts: Natural Earth. Cities: GeoNames, CC BY 4.0." in text


def test_coasts_stay_on_the_map(tmp_path: Path) -> None:
    """A coast that crosses the 180th meridian would be a line over the whole map."""
    people = [("Berlin", "DE"), ("Tokyo", "JP"), ("Lagos", "NG")] * 4
    root = page(tmp_path, [user(n, city=city, country_code=code) for n, (city, code) in enumerate(people, 1)])
    (path,) = root.xpath("//figure//div[@class='wide']//*[name()='path'][@class='land']/@d")
    steps = re.findall(r"(-?\d+) (-?\d+) ", path)
    assert len(steps) > 2000
    assert max(abs(int(dx)) for dx, _ in steps) < 200
    assert not [step for step in steps if step[1] == "0" and abs(int(step[0])) > 100]


def gone(number: int, how: str = "left_out") -> Row:
    return record("gone", urn=f"soundcloud:tracks:{number}", asked_at="2026-01-02T03:04:05Z", how=how)


def test_what_is_gone_is_named_and_counted_in_the_verdict(tmp_path: Path) -> None:
    root = page(tmp_path, [track(9), gone(1), gone(2, "not_found"), crawl("hydrate", {"file": "/home/me/ids.txt"})])
    assert words(root, "//h1/bdi") == "The records of ids.txt"
    assert "1 track, 2 gone" in words(root, "//header")
    assert "Everything was asked for; 2 objects are gone." in words(root, "//*[@id='completeness']")
    assert table(root, "Objects that are gone") == [
        ["soundcloud:tracks:1", "track", "left out of an answer about several", "2026-01-02"],
        ["soundcloud:tracks:2", "track", "not found", "2026-01-02"],
    ]
    assert "gones" not in root.text_content()


def test_a_recheck_says_that_nothing_is_gone(tmp_path: Path) -> None:
    asked = crawl("recheck", {"output": "user.jsonl"})
    verdict = "//*[@id='completeness']"
    assert words(page(tmp_path, [track(9), asked]), verdict).startswith("Nothing is gone.")
    assert "1 object is gone" in words(page(tmp_path, [track(9), gone(1), asked]), verdict)


def action(do: str, target: str | None, status: str, **fields: Any) -> Row:
    told = {"account": "soundcloud:users:183", "missing": [], "attempts": 0} | fields
    return record("action", do=do, target=target, status=status, **told)


def test_a_plan_is_told_action_by_action(tmp_path: Path) -> None:
    rows = [
        track(7, title="Flickermood"),
        action("like", "soundcloud:tracks:7", "planned", before={"liked": False}, after={"liked": True}),
        action("follow", "soundcloud:users:1", "refused", before={}, after={}, error="gone", message="no longer there"),
        action("playlist", None, "planned", key="best", before={}, after={"title": "A", "tracks": ["x"]}),
        crawl("apply", {"plan": "plan.jsonl"}),
    ]
    root = page(tmp_path, rows)
    assert words(root, "//h1/bdi") == "What a plan would change"
    assert "3 actions: 2 planned, 1 refused." in words(root, "//section[@id='actions']")
    assert table(root, "Actions in their order") == [
        ["like", "Flickermood", "planned", "liked: no", "liked: yes", "\u2013"],
        ["follow", "soundcloud:users:1", "refused", "\u2013", "\u2013", "no longer there"],
        ["playlist", "best", "planned", "\u2013", "title: A; 1 track", "\u2013"],
    ]


def test_what_was_not_done_of_a_plan_is_its_verdict(tmp_path: Path) -> None:
    made = {"title": "Best of 2026", "tracks": ["soundcloud:tracks:7"]}
    rows = [
        action("playlist", "soundcloud:playlists:9", "done", before={}, after=made),
        action("follow", "soundcloud:users:1", "refused", before={}, after={}, error="gone", message="no longer there"),
        listing("my_followings", "soundcloud:users:183"),
        crawl("apply", {"plan": "plan.jsonl", "apply": "034aaabd"}, "incomplete"),
    ]
    root = page(tmp_path, rows)
    assert "Not complete. 1 of 2 actions not done" in words(root, "//*[@id='completeness']")
    assert table(root, "Actions in their order")[0][1] == "Best of 2026 soundcloud:playlists:9"


def test_the_counts_of_a_list_are_called_what_they_are(tmp_path: Path) -> None:
    kinds = ("tracks", "users", "playlists")
    found = [edge("finds", "search:x", f"soundcloud:{kind}:7", position=n) for n, kind in enumerate(kinds)]
    rows = [track(7, playback_count=3), *found, crawl("search", {"q": "x"})]
    assert "Plays, followers or tracks" in words(page(tmp_path, rows), "//section[@id='lists']")
    assert "Plays or followers" in words(page(tmp_path, [*rows[:3], rows[-1]]), "//section[@id='lists']")


def _luminance(colour: str) -> float:
    """The relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


_POINT = re.compile(r"\.point \{[^}]*fill-opacity: ([\d.]+)")


def _mixed(colour: str, ground: str, opacity: float) -> str:
    pairs = [(int(colour[n : n + 2], 16), int(ground[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * one + (1 - opacity) * other):02x}" for one, other in pairs)


def test_bars_lines_and_dots_stand_out_from_the_page_light_and_dark() -> None:
    css = (Path(frame.__file__).parent / "assets" / "report.css").read_text(encoding="utf-8")
    for scheme in re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]:
        colours = dict(re.findall(r"(--[\w-]+): (#\w{6});", scheme))
        for name in ("--accent", "--accent-soft", "--second", "--good", "--short"):
            for ground in ("--paper", "--card"):
                assert _contrast(colours[name], colours[ground]) >= 3, (name, ground)
        seen = _mixed(colours["--accent"], colours["--paper"], float(_POINT.findall(css)[0]))
        assert _contrast(seen, colours["--paper"]) >= 3


def test_a_single_record_is_shown_with_its_facts(tmp_path: Path) -> None:
    one = track(
        7, title="<b>A</b>", duration=83_000, license="cc-by-sa", playback_count=1234, created_at="2020-03-02T00:00:00Z"
    )
    root = page(tmp_path, [one, crawl("resolve", {"url": "https://soundcloud.com/a/b"})])
    facts = {words(fact, "dt"): words(fact, "dd") for fact in root.xpath("//section[@id='records']//dl/div")}
    assert facts["Length"] == "1:23"
    assert facts["Plays"] == "1,234"
    assert facts["Licence"] == "CC BY-SA"
    assert facts["Made"] == "2 March 2020"
    assert words(root, "//section[@id='records']//h3").startswith("<b>A</b>")
    assert not page(tmp_path, [track(n) for n in range(1, 8)]).xpath("//section[@id='records']")


def payload(root: html.HtmlElement) -> dict[str, Any]:
    return dict(json.loads(root.xpath("string(//script[@id='network-data'])")))


def test_the_network_of_one_account_tells_who_follows_back(tmp_path: Path) -> None:
    """All others have one link: communities, degrees and followers here would say nothing."""
    links = [*(follows(n, 1) for n in range(2, 8)), *(follows(1, n) for n in range(6, 12))]
    rows = [*(user(n, followers_count=100 - n) for n in range(1, 12)), *links]
    root = page(tmp_path, [*rows, crawl("user_graph", {"user": "1"})])
    drawn = payload(root)
    colours = dict(zip(drawn["names"], drawn["group"], strict=True))
    assert [colours[f"User {n}"] for n in (1, 2, 7, 9)] == [12, 0, 2, 1]
    assert drawn["communities"] == ["follow User 1", "followed by User 1", "both"]
    assert not root.xpath("//section[@id='degrees']")
    assert not root.xpath("//section[@id='communities']")
    assert [row[:2] for row in table(root, "Accounts with most followers")[:2]] == [["User 1", "99"], ["User 2", "98"]]


def test_who_has_no_record_is_called_as_their_tracks_call_them(tmp_path: Path) -> None:
    known = {"user_urn": "soundcloud:users:183", "user_username": "Forss", "user_permalink": "forss"}
    rows = [track(1, **known), edge("posts", "soundcloud:users:183", "soundcloud:tracks:1")]
    rows += [listing("user_tracks", "soundcloud:users:183"), crawl("user", {"user": "183", "include": "tracks"})]
    root = page(tmp_path, rows)
    assert words(root, "//h1/bdi") == "Forss: tracks"


def test_people_of_one_name_are_told_apart_and_those_with_one_comment_left_out(tmp_path: Path) -> None:
    who = [
        (1, "DJ", "dj-1"),
        (1, "DJ", "dj-1"),
        (2, "DJ", "dj-2"),
        (2, "DJ", "dj-2"),
        (3, "Ada", "ada"),
        (3, "Ada", "ada"),
    ]
    rows = [
        comment_on(1, n, 1000, user_urn=f"soundcloud:users:{number}", user_username=name, user_permalink=permalink)
        for n, (number, name, permalink) in enumerate([*who, (4, "Once", "once")], 1)
    ]
    people = [row[0] for row in table(page(tmp_path, rows), "People with most comments")]
    assert people == ["DJ dj-1", "DJ dj-2", "Ada"]


def test_featured_tracks_are_a_strip(tmp_path: Path) -> None:
    rows: list[Row] = [track(n, title=f"T{n}", duration=60_000 * n) for n in (1, 2)]
    rows += [edge("features", "featured:all-music", f"soundcloud:tracks:{n}") for n in (1, 2)]
    root = page(tmp_path, [*rows, crawl("featured", {"genre": "all-music"})])
    assert root.xpath("string(//main/section[1]/@id)") == "shelf"
    text = words(root, "//section[@id='shelf']//figure")
    assert "Featured: all-music" in text
    assert "2 tracks, 3:00" in text
    assert len(root.xpath("//section[@id='shelf']//*[name()='rect']")) == 2


def test_comments_that_nothing_can_be_told_of_are_no_section(tmp_path: Path) -> None:
    rows = [comment_on(number, number, None) for number in (1, 2, 3)]
    assert not page(tmp_path, rows).xpath("//section[@id='comments']")
