"""Others write to the sandbox as to SoundCloud: soundcloud-api-ts, soundcloud-mcp and curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawl import ROOT
from tests.support.foreign import ABSENT
from tests.support.patience import PATIENCE

from .writer import Connect, strangers

JAVASCRIPT = Path(__file__).with_name("javascript")
PYTHON = ROOT / ".venv-mcp" / "bin" / "python"
WRITES = Path(__file__).with_name("python") / "writes.py"
NODE, CURL = shutil.which("node"), shutil.which("curl")

needs_client = pytest.mark.skipif(not NODE or not (JAVASCRIPT / "node_modules").is_dir(), reason=ABSENT)
needs_mcp = pytest.mark.skipif(not PYTHON.is_file(), reason=ABSENT)
needs_curl = pytest.mark.skipif(not CURL, reason=ABSENT)


def run(command: list[str]) -> str:
    """The output of a program, which must end well."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_client
def test_soundcloud_api_ts_writes_without_an_error(connect: Connect) -> None:
    writer = connect()
    sandbox, before = writer.sandbox, writer.sandbox.account()
    named = {
        "track": strangers(writer, "tracks")[0],
        "playlist": strangers(writer, "playlists")[0],
        "user": strangers(writer, "users")[0],
        "own": before["tracks"][0]["urn"],
        "owned": before["tracks"][1]["urn"],
    }
    script = str(JAVASCRIPT / "writes.mjs")
    gave = json.loads(run([str(NODE), script, sandbox.url, sandbox.oauth_token, json.dumps(named)]))

    assert [name for name, value in gave.items() if value is False] == []
    assert gave["follow"]["urn"] == named["user"]
    assert gave["comment"]["body"] == "Well done"
    assert [row["urn"] for row in gave["getPlaylist"]["tracks"]] == [named["own"], named["track"]]
    after = sandbox.account()
    for name in ("likes", "reposts", "followings", "playlists"):
        assert after[name] == [row for row in before[name] if row != named["owned"]]
    assert [row["title"] for row in after["tracks"][:2]] == ["Changed", before["tracks"][2]["title"]]
    assert {row["status"] for row in sandbox.requests} == {"200", "201"}
    assert writer.ask("GET", "/me").status_code == 401  # signed out


JSON_TYPE = ("-H", "Content-Type: application/json; charset=utf-8")
FORM_TYPE = ("-H", "Content-Type: multipart/form-data")
EXAMPLES = {
    "upload": ("POST", "/tracks", *FORM_TYPE, "-F", "track[title]=YOUR_TITLE", "-F", "track[asset_data]=@{file}"),
    "metadata": ("PUT", "/tracks/{own}", *JSON_TYPE, "-d", '{{"track": {{"title": "NEW", "genre": "Pop"}}}}'),
    "artwork": ("PUT", "/tracks/{own}", *FORM_TYPE, "-F", "track[title]=NEW", "-F", "track[artwork_data]=@{file}"),
    "playlist": (
        "POST", "/playlists", *JSON_TYPE, "-d",
        '{{"playlist": {{"title": "P", "description": "D", "sharing": "public", "tracks": [{{"urn": "{track}"}}]}}}}',
    ),
    "tracks": ("PUT", "/playlists/{set}", *JSON_TYPE, "-d", '{{"playlist": {{"tracks": [{{"urn": "{track}"}}]}}}}'),
    "follow": ("PUT", "/me/followings/{user}"),
    "like": ("POST", "/likes/tracks/{track}"),
    "comment": (
        "POST", "/tracks/{track}/comments", *JSON_TYPE, "-d", '{{"comment": {{"body": "B", "timestamp": "10"}}}}',
    ),
}  # fmt: skip
"""How the API's guide writes by curl."""


@needs_curl
@pytest.mark.parametrize("name", EXAMPLES)
def test_curl_writes_as_in_the_apis_guide(connect: Connect, tmp_path: Path, name: str) -> None:
    writer = connect()
    file = tmp_path / "drum.wav"
    file.write_bytes(b"RIFF\0\0\0\0WAVE" + b"\0" * 2_000_000)  # so large that curl asks first whether it may send it
    before = writer.sandbox.account()
    method, path, *options = EXAMPLES[name]
    named = {
        "file": str(file),
        "own": before["tracks"][0]["urn"],
        "set": before["playlists"][0]["urn"],
        "track": strangers(writer, "tracks")[0],
        "user": strangers(writer, "users")[0],
    }
    command = [str(CURL), "-sS", "--fail-with-body", "--noproxy", "*", "-H", "accept: application/json; charset=utf-8"]
    command += ["-X", method, "-H", f"Authorization: OAuth {writer.sandbox.oauth_token}"]
    command += [f"{writer.sandbox.url}/public{path}".format(**named), *(option.format(**named) for option in options)]

    answer: Any = json.loads(run(command))
    assert writer.sandbox.account() != before
    assert answer.get("kind") in {"track", "playlist", "user", "comment", None}


@needs_mcp
def test_soundcloud_mcp_reads_and_writes_without_an_error(connect: Connect, tmp_path: Path) -> None:
    """It sends ids as texts among a playlist's tracks, artwork of playlists by PUT, an upload without a type."""
    writer = connect()
    sandbox, before = writer.sandbox, writer.sandbox.account()
    (tmp_path / "a.mp3").write_bytes(b"ID3" + b"\0" * 50_000)
    (tmp_path / "a.png").write_bytes(b"\x89PNG" + b"\0" * 500)
    gave = json.loads(run([str(PYTHON), str(WRITES), sandbox.url, sandbox.oauth_token, str(tmp_path)]))

    assert gave["me"]["id"] == 183
    assert (
        [row["urn"] for row in gave["before"]]
        == [row["urn"] for row in before["tracks"][:5]]
        == [row["urn"] for row in gave["after"]]
    )
    assert (gave["made"]["title"], gave["changed"]["release"], gave["read"]["title"]) == ("Made", "R", "Pictured")
    assert gave["pictured"]["artwork_url"] != gave["made"]["artwork_url"]
    assert gave["playlist"]["title"] == "P"
    assert [row["id"] for row in gave["playlist"]["tracks"]] == [gave["made"]["id"], 293]
    assert sandbox.account()["playlists"][0]["tracks"][-1] == "soundcloud:tracks:293"
    assert {row["status"] for row in sandbox.requests} == {"200", "201"}
