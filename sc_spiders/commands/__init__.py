"""`scrapy` subcommands of this project.

Scrapy imports this package before all our others, and then its modules. They are imported here at once: if Ctrl-C comes
meanwhile, the user sees one line instead of a traceback of imports.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import TracebackType


def expect_stop() -> Callable[[], None]:
    """From now on, Ctrl-C ends the program with one line, not a traceback. The returned function ends that."""
    before = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("Stopped before it had begun.", file=sys.stderr)
        else:
            before(kind, error, at)

    def put_back() -> None:
        if sys.excepthook is show:
            sys.excepthook = before

    sys.excepthook = show
    return put_back


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C within the block end the program with one line. Until it comes, no hook is set."""
    try:
        yield
    except KeyboardInterrupt:
        expect_stop()
        raise


with stoppable():
    for _module in iter_modules(__path__, f"{__name__}."):
        import_module(_module.name)
