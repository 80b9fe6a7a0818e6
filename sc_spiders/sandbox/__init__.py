"""A small SoundCloud to crawl: both APIs, the web page and the token endpoint, on one loopback port.

Its world is made from a seed and is the same every time; it knows the truth about it. It shares no code with
the crawler: it is the other side of the wire.
"""

from sc_spiders.sandbox.server import Sandbox
from sc_spiders.sandbox.world import World

__all__ = ["Sandbox", "World"]
