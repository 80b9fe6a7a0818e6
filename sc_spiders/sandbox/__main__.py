"""`python -m sc_spiders.sandbox`: serve the sandbox until a signal ends it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
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
    _add_writes(parser.add_argument_group("writes").add_argument)
    add("--faults", default="", metavar="SPEC", help="faults to send: see sc_spiders/sandbox/faults.py")
    return parser


def _add_writes(add: Callable[..., object]) -> None:
    """Add the options of writes."""
    add("--lag", type=float, default=0, metavar="S", help="seconds until lists show a write")
    add("--unkept", type=float, default=0, metavar="P", help="share of writes that are answered and not kept")
    add("--ceilings", default="like=275", metavar="SPEC", help="most writes of a sort in a day: like=275,follow=50")
    add("--unverified", action="store_true", help="refuse all writes, as without a confirmed e-mail address")
    add("--repost-again", type=int, default=409, metavar="N", help="status of a second repost: 409 or 200")
    add("--delete-again", type=int, default=404, metavar="N", help="status of unliking what is not liked: 404 or 200")
    add("--permalink-again", default="suffix", metavar="HOW", help="a permalink that is taken: suffix or refuse")
    add("--most-followings", type=int, default=2000, metavar="N", help="users that one can follow (default 2000)")
    add("--ignored", default="", metavar="FIELDS", help="fields that are taken and not written: release,sharing")
    add("--upload-rate", type=float, default=0, metavar="N", help="bytes of an upload read in a second (0: any)")
    add("--upload-stall", type=float, default=0, metavar="S", help="seconds without reading after 1 MB of an upload")
    add("--upload-quota", type=int, default=10800, metavar="S", help="seconds of audio that a user may upload")
    add("--processing", type=float, default=1, metavar="S", help="seconds until an upload has a length")
    add("--description-lag", type=float, default=0, metavar="S", help="seconds until a private track's text shows")


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Return the exit code."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    try:
        from sc_spiders.sandbox.server import Sandbox
    except ImportError as error:
        parser.error(f"the sandbox needs {error.name} ({error}); run: pip install 'sc-spiders[sandbox]'")
    for name, value in options.items():
        if isinstance(value, int | float) and value < 0 and name not in ("script", "seed"):
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
