"""Measures the cost of a long list of seeds: `python -m bench.seeds --seeds 1000000`.

Crawls users by name from a file, with a server that answers 404, and stops the crawl by SIGTERM. Prints the
seconds until the first request, the seconds from SIGTERM to the end, and the peak memory.
`--redis URL`: keeps the queue in that Redis. `--jobdir`: uses a job directory.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

ROOT = Path(__file__).parents[1]


class _Nobody(BaseHTTPRequestHandler):
    """Answers 404 to every request, and records the time of the first."""

    protocol_version = "HTTP/1.1"
    asked = Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        """Logs nothing."""


def crawl(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Runs one crawl. Returns seconds and MiB by name."""
    names = folder / "names.txt"
    with names.open("w") as file:
        file.writelines(f"some-body-{number}\n" for number in range(options.seeds))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nobody)
    Thread(target=server.serve_forever, daemon=True).start()
    began = time.monotonic()
    process = _start(folder, f"http://127.0.0.1:{server.server_port}", options)
    if not _Nobody.asked.wait(600):
        raise SystemExit((folder / "log").read_text())
    first = time.monotonic() - began
    time.sleep(options.seconds)
    stopped = time.monotonic()
    os.kill(process, signal.SIGTERM)
    _, status, usage = os.wait4(process, 0)
    server.shutdown()
    return {
        "seconds to the first request": first,
        "seconds from SIGTERM to the end": time.monotonic() - stopped,
        "MiB of memory at most": usage.ru_maxrss / 1024,
        "exit code": os.waitstatus_to_exitcode(status),
        "bytes of output": sum(file.stat().st_size for file in (folder / "output").rglob("*.jsonl")),
    }


def _start(folder: Path, url: str, options: argparse.Namespace) -> int:
    words = ["user_graph", "-a", "user=@names.txt", *(("-s", "JOBDIR=job") if options.jobdir else ())]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SC_")},
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
        "SC_V2_URL": url,
        "SC_WEB_URL": url,
        "SC_CLIENT_ID": "b" * 32,
        "SC_TOKEN_FILE": str(folder / "tokens.json"),
        **({"SC_REDIS_URL": options.redis} if options.redis else {}),
    }
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT, 0o600)
    here = Path.cwd()
    os.chdir(folder)
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "scrapy", "crawl", *words],
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)],
        )
    finally:
        os.chdir(here)
        os.close(log)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5, help="how long it crawls before it is stopped")
    parser.add_argument("--jobdir", action="store_true")
    parser.add_argument("--redis")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, value in crawl(Path(folder), options).items():
            print(f"{value:12,.1f}  {name}")
        print(*(Path(folder) / "log").read_text().splitlines()[-12:], sep="\n")


if __name__ == "__main__":
    main()
