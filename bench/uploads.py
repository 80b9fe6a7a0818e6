"""Memory, digests and endurance of uploads by `apply`.

    python -m bench.uploads                    ten minutes
    python -m bench.uploads memory             one of memory, slow, stuck

- memory: 500 MB and 1 MB to a quick server. Peaks of memory (VmHWM of the process), digests, steps of progress.
- slow: 400 MB to a server that reads 10 Mbit/s. It takes longer than 300 s.
- stuck: a server that stops reading for 75 s, after the first megabyte.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import Any

from bench.process import Process
from sc_spiders.downloader.writing import Transfer
from sc_spiders.sandbox import Sandbox

_RESULT = Path(__file__).with_name("uploads.json")
_MEGA = 1_000_000
_MORE = 20  # MiB that 500 MB may need over 1 MB

Row = dict[str, Any]


def _file(folder: Path, megabytes: int) -> str:
    path = folder / f"{megabytes}.mp3"
    block = bytes(range(256)) * 3907  # about a megabyte, and no hole
    with path.open("wb") as file:
        file.write(b"ID3")
        for number in range(megabytes):
            file.write(number.to_bytes(4, "big") + block[: _MEGA - 4])
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _counting(place: Path) -> None:
    """Count the steps of the progress, into a file."""
    move, steps = Transfer.move, 0

    def counted(transfer: Transfer, size: int) -> None:
        nonlocal steps
        steps += 1
        move(transfer, size)
        place.write_text(str(steps))

    Transfer.move = counted  # type: ignore[assignment, method-assign]


def _upload(folder: Path, megabytes: int, **options: Any) -> Row:
    """Upload a file, and tell how it went."""
    folder.mkdir()
    digest = _file(folder, megabytes)
    line = {"do": "upload", "file": f"{megabytes}.mp3", "track": {"title": f"{megabytes} MB"}}
    (folder / "plan.jsonl").write_text(json.dumps(line))
    with Sandbox(users=60, ceilings="", upload_quota=1_000_000, processing=0, **options) as sandbox:
        environment = {
            **sandbox.urls,
            "SC_OAUTH_TOKEN": sandbox.newcomer_token,
            "SC_TOKEN_FILE": str(folder / "state" / "tokens.json"),
            "SC_SETTLE": "0",
            "SC_WRITE_DELAY": "0",
            "SC_ATTEMPTS": "1",
            "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
        }
        dry = Process(["crawl", "apply", "-a", "plan=plan.jsonl"], folder, environment)
        assert dry.wait() == 0, dry.printed
        (command,) = re.findall(r"scrapy (crawl apply .*)", dry.printed)
        begun = time.monotonic()
        process = Process(command.split(), folder, environment, inside=partial(_counting, folder / "steps"))
        peak = _peak(process)
        (action,) = [json.loads(text) for text in _written(folder).splitlines()]
        uploads = [row for row in sandbox.account(3000000001)["tracks"] if row["sha256"]]
        return {
            "megabytes": megabytes,
            "code": process.code,
            "status": action["status"],
            "error": action["error"],
            "seconds": round(time.monotonic() - begun, 1),
            "peak_mib": round(peak / 1024, 1),
            "steps": int((folder / "steps").read_text()),
            "same_digest": bool(uploads) and uploads[0]["sha256"] == action["sha256"] == digest,
            "posts": sum(row["method"] == "POST" for row in sandbox.requests),
        }


def _peak(process: Process) -> int:
    """Wait for its end. Returns the peak of its memory, in KiB."""
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.code is None:
        found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
        if found:
            peak = int(found[1])
        time.sleep(0.02)
    return peak


def _written(folder: Path) -> str:
    return sorted((folder / "output" / "apply").glob("*/action.jsonl"))[-1].read_text()


def _memory(folder: Path) -> Row:
    small, large = _upload(folder / "small", 1), _upload(folder / "large", 500)
    more = round(large["peak_mib"] - small["peak_mib"], 1)
    is_good = small["same_digest"] and large["same_digest"] and more <= _MORE and large["steps"] >= 100
    return {"small": small, "large": large, "more_mib": more, "good": is_good}


def _slow(folder: Path) -> Row:
    found = _upload(folder / "slow", 400, upload_rate=1_250_000)
    return {**found, "good": found["status"] == "done" and found["same_digest"] and found["seconds"] > 300}


def _stuck(folder: Path) -> Row:
    found = _upload(folder / "stuck", 60, upload_stall=75)
    return {**found, "good": (found["code"], found["status"], found["posts"]) == (1, "in_doubt", 1)}


_PARTS = {"memory": _memory, "slow": _slow, "stuck": _stuck}


def main() -> None:
    """Measure the parts that are asked for, print them, and store them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *_PARTS], metavar="PART")
    parts = parser.parse_args().parts or [*_PARTS]
    result: Row = json.loads(_RESULT.read_text()) if _RESULT.exists() else {}
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="uploads-") as folder:
            result[part] = _PARTS[part](Path(folder))
        print(f"{part}: {json.dumps(result[part])}", flush=True)
        _RESULT.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(not all(result[part]["good"] for part in parts))


if __name__ == "__main__":
    main()
