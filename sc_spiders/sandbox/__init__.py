"""A small SoundCloud to crawl: both APIs, the web page and the token endpoint, on one loopback port.

Its world is generated from a seed, and the same every time. It also tells the truth that a crawl must find. It
shares no code with the crawler, so that a mistake of one cannot hide in the other.
"""

from sc_spiders.sandbox.server import Sandbox
from sc_spiders.sandbox.world import World

__all__ = ["Sandbox", "World"]
