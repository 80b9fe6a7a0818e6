"""The words in the display and in the log: names, plurals, whole labels, the command that comes next."""

from __future__ import annotations

import io
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.listings import Listings
from sc_spiders.errors import typed
from sc_spiders.extensions import display, exit_status
from sc_spiders.extensions.display import Display
from sc_spiders.extensions.snapshot import Snapshot
from sc_spiders.frontier.endings import shortfall
from sc_spiders.frontier.troubles import Wait
from sc_spiders.pages.listing import Listing
from sc_spiders.records import KINDS
from sc_spiders.records.words import counted
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

quick = pytest.mark.quick


# Names


def named(kind: str, endpoint: str, object_: dict[str, Any]) -> str:
    listings = Listings(
        api="v2", plan=(CATALOGUE[endpoint],), query=lambda one: {}, params={}, page_size=None, since=""
    )
    (listing,) = listings.expand(kind, object_, 183, 0)
    assert Listing.loads(listing.dumps()).name == listing.name
    return listing.name


@quick
@pytest.mark.parametrize(
    ("kind", "endpoint", "object_", "name"),
    [
        ("user", "followers", {"permalink": "forss"}, "followers of forss"),
        ("user", "followers", {}, "followers of soundcloud:users:183"),
        ("user", "followers", {"permalink": None}, "followers of soundcloud:users:183"),
        ("user", "followers", {"permalink": ["forss"]}, "followers of soundcloud:users:183"),
        ("user", "followers", {"permalink": ""}, "followers of soundcloud:users:183"),
        ("user", "followers", {"permalink": "x" * 10_000}, "followers of soundcloud:users:183"),
        ("user", "followers", {"permalink": "a\n2026 ERROR: b"}, "followers of a\\n2026 ERROR: b"),
        (
            "track",
            "track_comments",
            {"permalink": "flickermood", "user": {"permalink": "forss"}, "permalink_url": "https://x/y/s-AbCdEf"},
            "track_comments of forss/flickermood",
        ),
        (
            "track",
            "track_comments",
            {"permalink": "flickermood", "user": None},
            "track_comments of soundcloud:tracks:183",
        ),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_list_is_called_by_its_subjects_name(kind: str, endpoint: str, object_: dict[str, Any], name: str) -> None:
    assert named(kind, endpoint, object_) == name


def test_so_it_is_in_the_log_and_records_keep_the_urn(crawls: Crawls) -> None:
    with Sandbox(users=60, seed=1, faults="403datadome@/users/*/followers#1+") as sandbox:
        crawl = crawls.run("user_graph", sandbox=sandbox, user="forss", relations="followers")

    assert crawl.code == 1
    assert "\n" not in crawl.listing("followers")["subject"]
    assert crawl.listing("followers")["subject"] == "soundcloud:users:183"
    assert re.search(r"INFO:     followers of forss: blocked", crawl.log)


def test_playlists_of_the_discover_page_have_names(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("discover", sandbox=sandbox, hydrate=1)

    named = re.findall(r"INFO:     (playlist of \S+)", crawl.log)
    assert named
    assert all(re.fullmatch(r"playlist of [^:]+/sets/[^:]+:", name) for name in named)


# Numbers


@quick
@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "listing", "0 listings"),
        (1, "listing", "1 listing"),
        (2000, "listing", "2,000 listings"),
        (2, "activity", "2 activities"),
        (1, "web_profile", "1 web profile"),
        (3, "web_profile", "3 web profiles"),
        (3, "gone", "3 gone"),
    ],
)
def test_numbers_have_the_right_form(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words


@quick
def test_each_kind_has_a_plural() -> None:
    assert not [kind for kind in KINDS if counted(2, kind).endswith(("ys", "ss"))]


@quick
@pytest.mark.parametrize(("gone", "words"), [(1, "11 of 12 tracks: 1 is gone"), (2, "11 of 13 tracks: 2 are gone")])
def test_missing_tracks_are_told_by_their_number(gone: int, words: str) -> None:
    missing = [f"soundcloud:tracks:{number}" for number in range(gone)]
    listing = Listing("playlist", "soundcloud:playlists:1", "/", seed="forss/sets/x", fetched=11, missing=missing)
    how, told = shortfall(listing.end("end"))
    assert (how, told) == ("with tracks missing", f"playlist of forss/sets/x: {words}")


# The display

LONG = f"followers of {'long-' * 30}"
WAITS = (Wait("followers of forss", "http_503", 3, 4.2), Wait(LONG, "timeout", 2, 60), Wait("likes of a", "cut", 2, 0))


def busy(**other: Any) -> Snapshot:
    """A crawl with much to show."""
    said: dict[str, Any] = {
        "spider": "user_graph", "subject": "forss", "api": "v2", "elapsed": 3661, "pages": 123_456, "rate": 2.0,
        "records": {"edge": 12_345_678, "user": 1_234_567, "track": 234_567, "playlist": 34_567, "comment": 1},
        "complete": 12_345, "short": {"blocked": 12, "error": 3, "forbidden": 1234}, "queue": 1_234_567,
        "walking": (f"{LONG} (1,234,567 of 12,345,678)", "likes of forss"), "waiting": 5, "soonest": 5, "waits": WAITS,
        "held": 30, "unanswered": False, "faults": {"http_503": 12, "http_429": 1}, "blocked": ("followers", "likes"),
        "share": 0.5, "left": 100, "growing": True, "closing": False,
    }  # fmt: skip
    return Snapshot(**said | other)


def terminal(monkeypatch: pytest.MonkeyPatch, width: int, height: int = 24) -> tuple[Display, io.StringIO]:
    """A display, and what it writes."""
    text = io.StringIO()
    console = Console(file=text, width=width, height=height, force_terminal=True)
    monkeypatch.setattr(display, "get_scrapy_root_handler", lambda: logging.NullHandler())
    monkeypatch.setattr(display, "_Console", lambda **given: console)
    return Display(), text


def drawn(monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot, width: int, height: int = 24) -> list[str]:
    """The lines of the display."""
    shown, text = terminal(monkeypatch, width, height)
    shown.show(snapshot)
    drawing = text.getvalue()
    shown.end()
    return [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", line).rstrip() for line in drawing.splitlines()]


@quick
@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("closing", [False, True])
def test_labels_are_whole_and_nothing_is_wrapped(monkeypatch: pytest.MonkeyPatch, width: int, closing: bool) -> None:
    lines = drawn(monkeypatch, busy(closing=closing), width)

    assert max(map(cell_len, lines)) <= width
    labels = [line[:8].strip() for line in lines[-11:]]
    assert labels == ["records", "listings", "walking", "", "faults", "waiting", "", "", "", "", "blocked"]
    assert lines[-11].endswith("…") == (width < 100)
    if width >= 80:
        assert ("Ctrl-C again stops at once" if closing else "50% of what was found so far (estimate)") in "\n".join(
            lines
        )


@quick
def test_at_80_by_24_it_says_who_waits_for_what_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(monkeypatch, busy(), 80)

    assert "waiting  everything waits for the API: 0:00:30 left" in lines
    assert "         in 0:00:04, attempt 3 after http_503: followers of forss" in lines
    assert "         now, attempt 2 after cut: likes of a" in lines
    assert "         2 more" in lines
    assert "faults   12 http_503, 1 http_429" in lines
    assert "waiting  nothing is answered; the next request in 0:00:30" in drawn(monkeypatch, busy(unanswered=True), 80)


@quick
def test_a_lower_terminal_names_fewer_and_is_never_overfull(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(monkeypatch, busy(), 80, height=12)

    assert len(lines) <= 12
    assert "         4 more" in lines
    assert not any("likes of forss" in line for line in lines)


@quick
@pytest.mark.parametrize("subject", ["夜明け 東京 " * 9, "القاهرة " * 12, "x" * 200, "✨👩‍🎤 " * 20])
@pytest.mark.parametrize("width", [60, 80])
def test_wide_and_long_names_leave_the_time_and_rate_whole(
    monkeypatch: pytest.MonkeyPatch, subject: str, width: int
) -> None:
    lines = drawn(monkeypatch, busy(subject=subject, walking=(subject,)), width)

    assert lines[0].endswith("…  1:01:01  2.0 pages/s")
    assert max(map(cell_len, lines)) <= width


@quick
def test_what_stays_the_same_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "get_scrapy_root_handler", lambda: logging.NullHandler())
    text = io.StringIO()
    monkeypatch.setattr(
        display, "_Console", lambda **given: Console(file=text, width=80, height=24, force_terminal=True)
    )
    shown = Display()
    shown.show(busy())
    drawing = text.tell()
    shown.show(busy(elapsed=3661.2))
    assert text.tell() == drawing
    shown.show(busy(elapsed=3662.2))
    assert text.tell() > drawing
    shown.end()


# The command that comes next


def last(log: str) -> str:
    return log.splitlines()[-1].split("INFO: ")[-1].strip()


def test_after_a_finished_crawl_comes_a_report(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user", sandbox=sandbox, user="forss")
    assert crawl.code == 0
    assert "  records: 1 user\n" in crawl.log
    command = last(crawl.log).removeprefix("next: ")
    assert command == f"scrapy report {crawl.folder.relative_to(crawls.folder)}"
    assert crawls.command(*command.split()[1:]).code == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-o", "my data.jsonl"), "next: scrapy report 'my data.jsonl'"),
        (("-o", "user.csv"), "next: scrapy report user.csv"),
        (("-o", "x.csv"), "files: "),
        (("-o", "x.csv", "-s", "SC_KINDS=crawl"), "files: "),
        (("-o", "-:jsonl"), "records: 1 user"),
    ],
    ids=str,
)
def test_only_what_a_report_can_read(crawls: Crawls, sandbox: Sandbox, options: tuple[str, ...], says: str) -> None:
    crawl = crawls.run("user", *options, sandbox=sandbox, user="forss")
    assert crawl.code == 0
    log = "\n".join(line for line in crawl.log.splitlines() if " INFO: " in line)
    assert last(log).startswith(says)


def test_without_what_makes_reports_it_says_what_to_install(crawls: Crawls, sandbox: Sandbox) -> None:
    process = crawls.command("crawl", "user", "-a", "user=forss", sandbox=sandbox, inside=_without_duckdb)
    assert last(process.err).endswith("(needs `pip install 'sc-spiders[report]'`)")


def _without_duckdb() -> None:
    sys.modules["duckdb"] = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("spider", "given", "says"),
    [
        ("user", {"user": "nobody-there"}, "nothing was found: see how the names above are spelled"),
        ("search", {"q": "qqqqq-qqqqq"}, "nothing was found: ask for something else"),
    ],
)
def test_after_nothing_comes_no_report(
    crawls: Crawls, sandbox: Sandbox, spider: str, given: dict[str, Any], says: str
) -> None:
    crawl = crawls.run(spider, sandbox=sandbox, **given)
    assert last(crawl.log).startswith(f"next: {says}")
    assert crawl.kinds.keys() == {"listing", "crawl"}


def test_after_a_stop_without_a_record_comes_the_same_command(crawls: Crawls) -> None:
    crawl = crawls.run("user", "-o", "x.jsonl", user="forss", warned=True)  # nothing listens
    assert crawl.code == 3
    assert last(crawl.log) == "next: the same command"


def test_after_a_refusal_comes_its_reason(crawls: Crawls) -> None:
    with Sandbox(users=20, faults="403json@/users/*#1+,403json@/resolve#1+") as refusing:
        crawl = crawls.run("user", sandbox=refusing, user="183")
    assert last(crawl.log) == "next: nothing was given out: the lines above have SoundCloud's reason"


@pytest.mark.parametrize("options", [(), ("-s", "JOBDIR=job")], ids=str)
def test_after_a_stop_comes_the_same_command(crawls: Crawls, sandbox: Sandbox, options: tuple[str, ...]) -> None:
    crawl = crawls.run("user_graph", "-s", "CLOSESPIDER_PAGECOUNT=2", *options, sandbox=sandbox, user="forss")
    assert crawl.code == 3
    assert last(crawl.log) == "next: the same command"


@quick
@pytest.mark.parametrize(
    ("begun", "name"),
    [
        ("/usr/bin/scrapy", "scrapy"),
        ("/x/scrapy/__main__.py", "scrapy"),
        ("/usr/bin/sc-spiders", "sc-spiders"),
        (r"sc-spiders.exe", "sc-spiders"),
        ("/x/sc_spiders/__main__.py", "sc-spiders"),
    ],
)
def test_it_is_the_program_that_was_used(monkeypatch: pytest.MonkeyPatch, begun: str, name: str) -> None:
    monkeypatch.setattr("sys.argv", [begun])
    assert typed.name() == name


@quick
def test_the_command_that_comes_next_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tmp_path / ".venv" / "bin" / "scrapy"
    begun.parent.mkdir(parents=True)
    begun.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [".venv/bin/scrapy"])

    monkeypatch.setenv("PATH", "/nowhere")  # as after `make crawl`
    assert typed.command() == ".venv/bin/scrapy"
    monkeypatch.setenv("PATH", str(begun.parent))
    assert typed.command() == "scrapy"


@quick
def test_a_folder_that_is_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    assert exit_status._near(Path("/a/b")) == Path("/a/b")
