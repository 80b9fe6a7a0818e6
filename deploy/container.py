"""Runs Scrapyd as the first process of a container: stopping tells the crawls too, and waits for them.

Scrapyd alone ends at once and leaves its crawls behind, and the container with them in it. Here each gets the signal
once, as under systemd, and has the time until `stop_grace_period` to write down where it is.
"""

import ctypes
import os
import signal
import sys

_PR_SET_CHILD_SUBREAPER = 36  # of prctl(2): crawls that outlive Scrapyd become children of this process


def stop(*_: object) -> None:
    """Ask all processes of this group to end, only once: after a second signal they would not end cleanly."""
    if is_stopping():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def is_stopping() -> bool:
    return signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def main(command: list[str]) -> int:
    """Run the command until all processes that it started have ended. Returns its exit code; 0 if it was stopped."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    child, code = os.posix_spawnp(command[0], command, os.environ), 0
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            return code
        if ended == child and not is_stopping():  # it failed: end the rest too, so that a restart begins with none
            code = os.waitstatus_to_exitcode(status)
            code = code if code >= 0 else 128 - code
            stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
