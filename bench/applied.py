"""Kills `apply` again and again while it changes an account of a faulty API, and counts what was made twice or lost.

    python -m bench.applied                    200 runs: four hours
    python -m bench.applied --runs 5           some minutes

It goes on where it was stopped: the runs in bench/applied.json are not made again. To begin anew, delete that file.
Several may run side by side, each with runs of its own: `--first 101 --runs 150`.

Each run has 45 actions: 15 playlists and 15 uploads, whose titles repeat, and 15 likes. The sandbox fails in 6 % of the
writes before the work is done, and in 6 % after it; lists show a write after `--lag` seconds. The process is killed by
`kill -9` at random moments, at most four seconds after its first request, until it ends by itself. Exits with 1 if
anything was doubled, lost or left unfinished.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.process import Process
from sc_spiders.sandbox import Sandbox

_RESULT = Path(__file__).with_name("applied.json")
_FAULTS = (
    "502@/public/{0}=0.03,reset@/public/{0}=0.03,502after@/public/{0}=0.02,reset-after@/public/{0}=0.02,"
    "cut-after@/public/{0}=0.02"
)
_EACH = 15  # actions of each kind
_MOST = 200  # starts of one run
_BAD = ("doubled", "lost", "unfinished", "wrong")
_COUNTS = ("starts", "kills", "wanted", *_BAD)
_PATHS = ("playlists", "tracks", "likes/*", "playlists/*", "tracks/*")

Row = dict[str, Any]


def _plan(folder: Path, sandbox: Sandbox) -> Path:
    ids = sandbox.world.track_ids
    lines: list[Row] = []
    for number in range(_EACH):
        tracks = [f"soundcloud:tracks:{ids.id(number)}"]
        fields = {"title": f"Title {number % 5}", "description": f"number {number}", "sharing": "public"}
        file = folder / f"{number}.mp3"
        file.write_bytes(b"ID3" + bytes([number]) * 5000)
        lines.append({"do": "playlist", "key": f"p{number}", "playlist": {**fields, "tracks": tracks}})
        lines.append({"do": "upload", "key": f"t{number}", "file": file.name, "track": fields})
        lines.append({"do": "like", "target": tracks[0]})
    path = folder / "plan.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def _one(seed: int, lag: float, settle: float) -> Counter[str]:
    """One run: what was made, doubled, lost and left unfinished, and how often it was killed."""
    dice = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="applied-"))
    faults = f"seed={seed},cap=2,wait=0," + ",".join(_FAULTS.format(path) for path in _PATHS)
    try:
        with Sandbox(users=60, seed=seed, lag=lag, faults=faults, ceilings="") as sandbox:
            environment = {
                **sandbox.urls,
                "SC_OAUTH_TOKEN": sandbox.newcomer_token,
                "SC_TOKEN_FILE": str(folder / "state" / "tokens.json"),
                "SC_SETTLE": str(settle),
                "SC_WRITE_DELAY": "0",
                "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
            }
            dry = Process(["crawl", "apply", "-a", f"plan={_plan(folder, sandbox)}"], folder, environment)
            assert dry.wait() == 0, dry.printed
            (command,) = re.findall(r"scrapy (crawl apply .*)", dry.printed)
            found = _killed(command.split(), folder, environment, sandbox, dice)
            return found + _judged(sandbox.account(3000000001))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _killed(
    words: list[str], folder: Path, environment: dict[str, str], sandbox: Sandbox, dice: random.Random
) -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(_MOST):
        asked = len(sandbox.requests)
        process = Process(words, folder, environment)
        while process.code is None and len(sandbox.requests) == asked:  # to start takes long on a busy machine
            time.sleep(0.05)
        until = time.monotonic() + dice.uniform(0, 4)
        while process.code is None and time.monotonic() < until:
            time.sleep(0.02)
        found["starts"] += 1
        if process.code is None:
            process.kill()
            found["kills"] += 1
        elif process.code == 0:
            return found
        elif process.code not in (1, 3):
            print(process.printed, file=sys.stderr)
            found["wrong"] += 1
            return found
    found["unfinished"] += 1
    return found


def _judged(account: Row) -> Counter[str]:
    """What is wrong with the account."""
    found: Counter[str] = Counter(wanted=2 * _EACH)
    for kind in ("playlists", "tracks"):
        texts = Counter(row["description"] for row in account[kind])
        found["doubled"] += sum(count - 1 for count in texts.values())
        found["doubled"] += sum("[sc_spiders" in text for text in texts)
        found["lost"] += sum(f"number {number}" not in texts for number in range(_EACH))
        found["unfinished"] += sum(row["sharing"] != "public" for row in account[kind])
    found["lost"] += _EACH - len(account["likes"])
    return found


def main() -> None:
    """Run what is not in the result yet, store it after each run, and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=1, help="the run to begin with")
    parser.add_argument("--runs", type=int, default=200, help="the run to end with")
    parser.add_argument("--lag", type=float, default=2.0, help="seconds")
    parser.add_argument("--settle", type=float, default=4.0, help="seconds")
    options = parser.parse_args()
    runs = _stored(options.lag, options.settle)
    for seed in range(options.first, options.runs + 1):
        if str(seed) in runs:
            continue
        found = _one(seed, options.lag, options.settle)
        run = {name: found[name] for name in _COUNTS}
        print(f"{seed}: " + ", ".join(f"{found[name]} {name}" for name in _COUNTS), flush=True)
        runs = _store(options.lag, options.settle, {str(seed): run})
    sums = {name: sum(run[name] for run in runs.values()) for name in _COUNTS}
    print(f"{len(runs)} runs: " + ", ".join(f"{count} {name}" for name, count in sums.items()))
    sys.exit(any(sums[name] for name in _BAD))


def _stored(lag: float, settle: float) -> dict[str, Row]:
    """The runs with these times that were made before, by their seeds."""
    with suppress(OSError):
        stored = json.loads(_RESULT.read_text())
        if (stored["lag"], stored["settle"]) == (lag, settle):
            return dict(stored["runs"])
    return {}


def _store(lag: float, settle: float, run: dict[str, Row]) -> dict[str, Row]:
    """Add a run to those that are stored, perhaps by others meanwhile. Gives them all."""
    with Path(__file__).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        runs = _stored(lag, settle) | run
        ordered = dict(sorted(runs.items(), key=lambda one: int(one[0])))
        rows = ",\n".join(f'  "{seed}": {json.dumps(found)}' for seed, found in ordered.items())
        _RESULT.write_text(f'{{\n "lag": {lag},\n "settle": {settle},\n "runs": {{\n{rows}\n }}\n}}\n')
    return ordered


if __name__ == "__main__":
    main()
