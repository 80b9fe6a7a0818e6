"""A small SoundCloud to crawl: both APIs, the web page and the token endpoint, on one loopback port.

Its world is generated from a seed, and the same every time. It also tells the truth that a crawl must find. It
shares no code with the crawler, so that a mistake of one cannot hide in the other.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sc_spiders.sandbox.server import Sandbox
    from sc_spiders.sandbox.world import World

__all__ = ["Sandbox", "World"]

# Where they are. The server needs a package that may be missing; so `python -m sc_spiders.sandbox` can say which.
_PUBLIC = {"Sandbox": "sc_spiders.sandbox.server", "World": "sc_spiders.sandbox.world"}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
