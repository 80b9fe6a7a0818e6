"""`scrapy` subcommands of this project.

Scrapy imports them first of all that is ours. A Ctrl-C before a command has begun is none of its faults: Python would
show where in its imports it struck.
"""

from __future__ import annotations

import sys
from types import TracebackType


def _show(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("Stopped before it had begun.", file=sys.stderr)
    else:
        _before(kind, error, at)


_before, sys.excepthook = sys.excepthook, _show
