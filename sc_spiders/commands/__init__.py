"""`scrapy` subcommands of this project.

Scrapy imports this package before all our others. If Ctrl-C came while it loads these, the user would see a traceback
of imports. So until a crawl is over, a hook prints one line instead.
"""

from __future__ import annotations

import sys
from types import TracebackType

_before = sys.excepthook


def _show(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("Stopped before it had begun.", file=sys.stderr)
    else:
        _before(kind, error, at)


def put_back_hook() -> None:
    """Restore the hook for exceptions that was there before this package was imported."""
    if sys.excepthook is _show:
        sys.excepthook = _before


sys.excepthook = _show
