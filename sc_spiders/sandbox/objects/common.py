"""Parts that several kinds of objects have."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sc_spiders.sandbox.dates import iso

if TYPE_CHECKING:
    from sc_spiders.sandbox.objects.links import Links

Json = dict[str, Any]

WEB = "https://soundcloud.com"

CACHED = 4096
"""Size of the cache of objects of one kind. Most are needed again and again, as users of other objects."""


def when(condition: bool, make: Callable[..., Any], *args: Any) -> Any:
    """Return `make(*args)` if the condition holds, else None. `make` is called only then: it may draw numbers."""
    if condition:
        return make(*args)
    return None


def uri(urn: str) -> str:
    """Return an object's address in the public API, which v2 gives percent-encoded."""
    return f"https://api.soundcloud.com/{urn.split(':')[1]}/{quote(urn, safe='')}"


def picture(dice: Random, kind: str) -> str:
    """Return the address of a picture: `avatars` or `artworks`."""
    return f"https://i1.sndcdn.com/{kind}-{dice.getrandbits(48):012x}-large.jpg"


def modified(world: Links, dice: Random, born: int) -> str:
    """Return a date between an object's birth and now."""
    links = world.links
    return iso(min(born + int((links.end - born) * dice.random()), links.now))


def visuals(dice: Random, urn: str) -> Json:
    """Return the images behind a user's or track's header."""
    number = dice.randint(100_000, 300_000_000)
    picture = f"https://i1.sndcdn.com/visuals-{number:012}-original.jpg"
    visual = {"urn": f"soundcloud:visuals:{number}", "entry_time": 0, "visual_url": picture}
    return {"urn": urn, "enabled": True, "visuals": [visual], "tracking": None}
