"""`python -m sc_spiders.sandbox`: serve the sandbox until a signal ends it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="sc_spiders.sandbox", description="Serve a small SoundCloud on a loopback port.")
    add = parser.add_argument
    add("--port", type=int, default=0, help="0, the default: any free port")
    add("--users", type=int, default=3000, help="size of the world (default 3000)")
    add("--seed", type=int, default=1, help="number that the world is generated from (default 1)")
    add("--date", metavar="DAY", help="show the world as it is on a day, such as 2026-03-01, and changes by then")
    add("--latency", type=float, default=0, metavar="MS", help="milliseconds before each answer")
    add(
        "--expire-after",
        type=int,
        default=0,
        metavar="N",
        help="requests until a client id expires (0: never)",
    )
    add("--no-hydration", dest="hydration", action="store_false", help="client id only in a script")
    add(
        "--script",
        type=int,
        default=-1,
        metavar="N",
        help="which script has the client id (default: the last)",
    )
    add("--recorded", type=Path, metavar="DIR", help="serve the recorded answers of this folder instead")
    add("--charts-today", action="store_true", help="/charts answers as in 2026: only one chart")
    add("--urns-only", action="store_true", help="the public API gives URNs but no ids")
    add("--token-life", type=float, default=3600, metavar="S", help="seconds until an OAuth token expires")
    add("--token-quota", type=int, default=50, metavar="N", help="OAuth tokens given in twelve hours")
    add("--faults", default="", metavar="SPEC", help="faults to send: see sc_spiders/sandbox/faults.py")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Return the exit code."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    try:
        from sc_spiders.sandbox.server import Sandbox
    except ImportError as error:
        parser.error(f"the sandbox needs {error.name} ({error}); run: pip install 'sc-spiders[sandbox]'")
    for name in ("port", "latency", "expire_after", "token_life", "token_quota"):
        if options[name] < 0:
            parser.error(f"--{name.replace('_', '-')} must not be negative")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        sandbox = Sandbox(**options).start()
    except (ValueError, OSError, OverflowError) as error:
        parser.error(str(error))
    print(f"{sandbox.url}/", flush=True)
    while not ended.wait(3600):
        pass
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
