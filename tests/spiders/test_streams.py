"""`track include=streams`: in which formats a track can be heard. No address of audio is in any record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.api import APIS
from sc_spiders.dataset import Dataset
from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.objects.tracks import PRESETS
from tests.dataset.make import record, write
from tests.support.answers import track
from tests.support.crawl import Crawl, crawl

from .test_short import lists
from .truth import TRACK
from .truth import track as track_urn

FIELDS = ("preset", "protocol", "mime_type", "quality", "snipped")


def found_in(folder: Path, sandbox: Sandbox, api: str, /, *, raw: int = 0, **arguments: Any) -> Crawl:
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_RAW": raw}
    return crawl("track", folder, sandbox=sandbox, settings=settings, **arguments)


def with_policy(sandbox: Sandbox, policy: str) -> int:
    """A track of that policy."""
    world = sandbox.world
    ids = (world.track_ids.id(at) for at in range(world.links.tracks))
    return next(id for id in ids if world.has_track(id) and world.track(id)["policy"] == policy)


def asked(found: Crawl) -> Any:
    return found.stats["downloader/request_count"]


def test_in_v2_the_track_itself_names_them(tmp_path: Path, sandbox: Sandbox) -> None:
    plain = found_in(tmp_path, sandbox, "v2", track=TRACK)
    found = found_in(tmp_path, sandbox, "v2", track=TRACK, include="profile,streams")

    assert asked(found) == asked(plain)
    rows = found.records("stream")
    assert [tuple(row[name] for name in FIELDS) for row in rows] == [
        (preset, protocol, mime_type, "sq", False) for preset, protocol, mime_type, _ in PRESETS
    ]
    duration = sandbox.world.track(TRACK)["duration"]
    assert {(row["track_urn"], row["duration"]) for row in rows} == {(track_urn(TRACK), duration)}
    assert found.urns("track") == {track_urn(TRACK)}
    assert found.code == 0


def test_in_the_public_api_they_take_one_request(tmp_path: Path, sandbox: Sandbox) -> None:
    plain = found_in(tmp_path, sandbox, "public", track=TRACK)
    found = found_in(tmp_path, sandbox, "public", track=TRACK, include="profile,streams")

    assert asked(found) == asked(plain) + 1
    assert [tuple(row[name] for name in FIELDS) for row in found.records("stream")] == [
        ("hls_aac_160", "hls", None, None, False),
        ("hls_mp3_128", "hls", None, None, False),
        ("preview_mp3_128", None, None, None, True),
    ]
    assert {row["track_urn"] for row in found.records("stream")} == {track_urn(TRACK)}
    assert found.code == 0


@pytest.mark.parametrize("api", APIS)
def test_no_address_is_in_any_record(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    found = found_in(tmp_path, sandbox, api, track=TRACK, include="streams")

    assert found.records("stream")
    assert not found.records("track")
    assert "http" not in json.dumps(found.records("stream"))


@pytest.mark.parametrize("api", APIS)
def test_raw_has_them_as_the_api_gave_them_without_credentials(tmp_path: Path, api: str) -> None:
    signed = "https://cdn.example/a.mp3?Policy=abc&Signature=SIGNED~~&Key-Pair-Id=KEY"
    coding = {"url": signed, "preset": "mp3_1_0", "format": {"protocol": "hls", "mime_type": "audio/mpeg"}}
    answers = {
        "/tracks/5": track(5, media={"transcodings": [coding]}, track_authorization="AUTHORIZED"),
        "/tracks/soundcloud:tracks:5": track(5),
        "/tracks/soundcloud:tracks:5/streams": {"hls_mp3_128_url": signed},
    }
    found = lists(answers, tmp_path, "track", {"SC_API": api, "SC_RAW": "1"}, track=5, include="profile,streams")

    (row,) = found.records("stream")
    assert row["raw"]["url"].startswith("https://cdn.example/a.mp3")
    everything = b"".join(found.files.values())
    assert not any(secret in everything for secret in (b"SIGNED", b"Key-Pair", b"AUTHORIZED"))


def test_ids_are_still_asked_for_in_batches(tmp_path: Path, sandbox: Sandbox) -> None:
    tracks = [id for id in sandbox.world.tracks(183) if sandbox.world.has_track(id)][:12]
    found = found_in(tmp_path, sandbox, "v2", track=",".join(map(str, tracks)), include="streams")

    assert {row["track_urn"] for row in found.records("stream")} == set(map(track_urn, tracks))
    assert len(found.records("stream")) == len(tracks) * len(PRESETS)
    assert asked(found) == asked(found_in(tmp_path, sandbox, "v2", track=",".join(map(str, tracks))))
    assert found.kinds.keys() == {"stream", "crawl"}


def test_a_track_that_is_named_twice_gives_them_once(tmp_path: Path, sandbox: Sandbox) -> None:
    for api in APIS:
        found = found_in(tmp_path, sandbox, api, track=f"{TRACK},forss/flickermood", include="profile,streams")
        presets = [row["preset"] for row in found.records("stream")]
        assert len(presets) == {"v2": len(PRESETS), "public": 3}[api]


def test_a_track_of_which_only_a_preview_can_be_heard(tmp_path: Path, sandbox: Sandbox) -> None:
    found = found_in(tmp_path, sandbox, "public", track=with_policy(sandbox, "SNIP"), include="streams")

    assert [(row["preset"], row["snipped"]) for row in found.records("stream")] == [("preview_mp3_128", True)]


def test_a_blocked_track_has_a_listing_that_says_so(tmp_path: Path, sandbox: Sandbox) -> None:
    found = found_in(tmp_path, sandbox, "public", track=with_policy(sandbox, "BLOCK"), include="profile,streams")

    assert found.listing("track_streams")["ended"] == "forbidden"
    assert not found.records("stream")
    assert found.urns("track")


@pytest.mark.parametrize("media", [None, {}, {"transcodings": None}, {"transcodings": []}, "x", []])
def test_a_track_without_formats_gives_none(tmp_path: Path, media: Any) -> None:
    found = lists({"/tracks/5": track(5, media=media)}, tmp_path, "track", {}, track=5, include="profile,streams")

    assert found.kinds == {"track": 1, "crawl": 1}


def test_odd_formats_are_rejected_and_the_others_come(tmp_path: Path) -> None:
    good = {"preset": "mp3_1_0", "format": {"protocol": "hls", "mime_type": "audio/mpeg"}, "snipped": False}
    answer = track(5, media={"transcodings": [good, "x", {**good, "preset": ["a"]}]})
    found = lists({"/tracks/5": answer}, tmp_path, "track", {}, track=5, include="streams")

    assert [row["preset"] for row in found.records("stream") if row["preset"]] == ["mp3_1_0"]
    assert {row["kind"] for row in found.records("rejected")} == {"stream"}


def test_an_answer_about_something_else_gives_no_formats(tmp_path: Path) -> None:
    """A track has addresses too: of its picture and its waveform."""
    whole = track(5, artwork_url="https://i.example/a.jpg", waveform_url="https://w.example/a.png")
    answers = dict.fromkeys(("/tracks/soundcloud:tracks:5", "/tracks/soundcloud:tracks:5/streams"), whole)
    settings = {"SC_API": "public", "SC_ATTEMPTS": 1}
    found = lists(answers, tmp_path, "track", settings, track=5, include="profile,streams")

    assert not found.records("stream")
    assert found.listing("track_streams")["error"] == "malformed"
    assert found.code == 1


def test_the_latest_answer_has_all_formats(tmp_path: Path) -> None:
    """One that a later crawl does not have any more is gone, of this track and not of others."""

    def stream(number: int, preset: str, day: int) -> dict[str, Any]:
        return record("stream", track_urn=track_urn(number), preset=preset, fetched_at=f"2026-08-{day:02}T00:00:00Z")

    before = write(tmp_path / "1.jsonl", [stream(1, "http_mp3_128", 1), stream(1, "hls_mp3_128", 1), stream(2, "a", 1)])
    after = write(tmp_path / "2.jsonl", [stream(1, "hls_mp3_128", 20)])
    with Dataset([before, after]) as data:
        left = [(row["track_urn"], row["preset"], row["fetched_at"][8:10]) for row in data.records("stream")]
    assert sorted(left) == [(track_urn(1), "hls_mp3_128", "20"), (track_urn(2), "a", "01")]


def test_a_csv_file_gets_them(tmp_path: Path, sandbox: Sandbox) -> None:
    file = tmp_path / "streams.csv"
    settings = {"FEEDS": {str(file): {"format": "csv"}}, "SC_API": "v2"}
    crawl("track", tmp_path, sandbox=sandbox, settings=settings, track=TRACK, include="streams")

    head, *rows = file.read_text().splitlines()
    assert head.startswith("kind,fetched_at,api,track_urn,preset,protocol")
    assert len(rows) == len(PRESETS)
