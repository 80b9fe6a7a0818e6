"""Runs Scrapyd as the first process of a container: stopping tells the crawls too, and waits for them.

Scrapyd alone ends at once and leaves its crawls behind, and the container with them in it. Here each gets the signal
once, as under systemd, and has the time until `stop_grace_period` to write down where it is.
"""

import ctypes
import os
import signal
import sys

_PR_SET_CHILD_SUBREAPER = 36  # of prctl(2): crawls that outlive Scrapyd are this process's then, also where it is not 1


def stop(*_: object) -> None:
    """Tell all that were started here, once: a second signal would cut them short."""
    if is_stopping():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def is_stopping() -> bool:
    return signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def main(command: list[str]) -> int:
    """The exit code of the command, 0 where it was stopped, once everything that it started has ended."""
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
        if ended == child and not is_stopping():  # it failed: whoever starts it again starts with nothing left over
            code = os.waitstatus_to_exitcode(status)
            code = code if code >= 0 else 128 - code
            stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
