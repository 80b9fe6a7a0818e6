"""Whether the crawl of this container moves: it writes its progress every few seconds, also while it waits.

Docker runs it in the container, and shows an exit code other than 0 as `unhealthy`. A crawl that has not begun, has
ended, or writes to one file only (`-o`) has no progress, and is healthy.
"""

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

LATE = 300  # seconds


def main(folder: str = "/data/output") -> int:
    late = [file for file in of_this_container(Path(folder)) if time.time() - file.stat().st_mtime > LATE]
    if late:
        print(f"{late[0]} was last written more than {LATE} s ago: the crawl hangs")
        return 1
    print("no crawl hangs")
    return 0


def of_this_container(folder: Path) -> Iterator[Path]:
    """The progress of crawls. Those that were killed with another container have left theirs."""
    for file in folder.glob("*/*/progress.json"):
        if json.loads(file.read_bytes())["host"] == socket.gethostname():
            yield file


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
