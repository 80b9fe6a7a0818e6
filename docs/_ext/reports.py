"""The reports of the gallery.

The build of the docs makes them: it crawls the sandbox with every spider. That takes about half a minute, so they are
kept in `_build/gallery` until the code changes that they depend on most.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.process import fork
from sc_spiders.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "_build" / "gallery"
USERS = 3000  # of the sandbox, as by default
_IDS = "".join(f"soundcloud:{kind}\n" for kind in ("users:183", "tracks:293", "tracks:999999999999", "playlists:1"))
_PLAN = '{"do": "like", "target": "https://soundcloud.com/forss/flickermood"}\n'
# What some crawls read.
FILES = {"ids.txt": _IDS, "plan.jsonl": _PLAN}


@dataclass(frozen=True)
class Report:
    """The report of a crawl. `shows`: what it begins with. `signed_in`: with the token of the sandbox's user."""

    spider: str
    shows: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    signed_in: bool = False

    @property
    def command(self) -> str:
        return " ".join(["scrapy crawl", self.spider, *(f"-a {name}={word}" for name, word in self.arguments.items())])


REPORTS = (
    Report("user_graph", "Who follows whom, two steps around one account.", {"user": "forss", "depth": "2"}),
    Report(
        "track_comments",
        "When in a track people comment, and what they say.",
        {"track": "forss/flickermood", "threaded": "1", "reactions": "1"},
        signed_in=True,
    ),
    Report("charts", "The charts of three genres side by side.", {"kind": "top", "genre": "techno,ambient,house"}),
    Report("search", "What a word finds.", {"q": "night", "type": "tracks", "limit": "200"}),
    Report("discover", "The shelves of the discover page, with all tracks of their playlists.", {"hydrate": "1"}),
    Report(
        "playlist",
        "A playlist as a strip of its tracks, and who likes it.",
        {"playlist": "forss/sets/soulhack", "include": "profile,tracks,likers,reposters"},
    ),
    Report(
        "user",
        "Everything that one account shows in public.",
        {"user": "forss", "include": "profile,tracks,playlists,likes,reposts,comments,followers,followings,related"},
    ),
    Report(
        "track",
        "A track, those who like and repost it, and what it is related to.",
        {"track": "forss/flickermood", "include": "profile,related,likers,reposters,comments,playlists"},
    ),
    Report("tag", "The tracks of a tag.", {"tag": "ambient"}),
    Report("featured", "The tracks that SoundCloud features.", {"genre": "all-music"}),
    Report(
        "me",
        "What the signed-in user has: what was heard, the own stream, likes, followings.",
        {"include": "profile,history,stream,likes,followings,playlists,tracks"},
        signed_in=True,
    ),
    Report("hydrate", "Records of what a file names; one of the names is gone.", {"file": "ids.txt"}),
    Report("recheck", "What of an earlier output is still there.", {"output": "charts.jsonl"}),
    Report("resolve", "The object behind an address.", {"url": "https://soundcloud.com/forss"}),
    Report("resource", "What any path of the API gives.", {"path": "/users/183"}),
    Report("apply", "A plan that changes an account: the dry run.", {"plan": "plan.jsonl"}, signed_in=True),
)


def make(folder: Path, users: int = USERS) -> None:
    """Write all reports and the records that they are of into that folder. `users`: of the sandbox."""
    from sc_spiders import read
    from sc_spiders.report import write

    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    for report in REPORTS:
        output = folder / f"{report.spider}.jsonl"
        _crawl(report, output, users)
        with read(output) as data:
            write(data, output.with_suffix(".html"))


def _crawl(report: Report, output: Path, users: int) -> None:
    """Run the command that the gallery shows. In the folder, since reports name the files that crawls were given."""
    tokens = str(output.with_name("tokens.json"))
    settings = {"SC_SANDBOX": "1", "SC_SANDBOX_USERS": str(users), "SC_TOKEN_FILE": tokens}
    if report.signed_in:
        settings["SC_OAUTH_TOKEN"] = Sandbox.oauth_token
    own = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
    environment = {**own, "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings", **settings}
    words = [*report.command.split()[1:], "-O", output.name]
    log = output.with_suffix(".log")
    log.touch()
    process = fork(words, output.parent, environment, [os.devnull, os.devnull, str(log)])
    process.join(300)
    if process.exitcode != 0:
        process.kill()
        raise RuntimeError(f"{report.command}\n{log.read_text(encoding='utf-8')}")
    log.unlink()


def _state() -> str:
    """A digest of what the reports depend on most."""
    digest = hashlib.sha256()
    files = (file for name in ("report", "sandbox", "spiders") for file in (ROOT / "sc_spiders" / name).rglob("*.*"))
    for file in (Path(__file__), *sorted(file for file in files if file.suffix != ".pyc")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def kept(users: int = USERS) -> Path:
    """A folder with all reports, made if there is none of this state of the code. Builds at the same time make one.

    `users`: of the sandbox.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = KEPT / f"of-{users}-users"
        state = folder / "state"
        if not (state.is_file() and state.read_text() == _state()):
            shutil.rmtree(folder, ignore_errors=True)
            with TemporaryDirectory(dir=KEPT) as work:
                make(Path(work), users)
                state = Path(work, "state")
                state.write_text(_state())
                shutil.copytree(work, folder)
    return folder
