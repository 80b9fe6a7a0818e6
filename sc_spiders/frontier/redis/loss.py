"""Messages about a crawl of which Redis has lost a part."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 3  # how many lost keys a message names
_WAITING = "listings that wait"
_WHAT = {
    "meta": "its settings",
    "parts": "the list of its parts",
    "totals": "its counts",
    "levels": "how many listings are open",
    "templates": "what waiting listings have in common",
    "state": "how far its listings are",
    "ids": "the ids that a listing has had",
    "walked": "which users are walked",
    "parked": "listings to be tried again",
    "workers": "the leases of its workers",
    "listings": _WAITING,
    "pages": _WAITING,
    "lists": _WAITING,
    "tried": _WAITING,
    "group": "the consumer group of listings that wait",
}


def what_is_lost(parts: Sequence[str]) -> str:
    """Describe lost parts and name their keys. `parts`: the names, as the scripts return them."""
    named = sorted(parts)[:_NAMED]
    words = dict.fromkeys(_WHAT.get(part.partition(":")[0], "a key") for part in named)
    keys = ", ".join(named)
    if len(parts) > len(named):
        keys += f" and {len(parts) - len(named)} more"
    return f"{', '.join(words)} ({keys})"


def message(crawl: str, where: str, parts: Sequence[str]) -> str:
    """The message: what that crawl has lost, and what to do. `where` names the Redis."""
    return (
        f"Redis has lost a part of the crawl {crawl!r} at {where}: {what_is_lost(parts)}. The crawl cannot go on; its "
        "files stay as they are. Find out what removed it (docs: Many workers, Redis), remove the rest with "
        f"`sc-spiders status {crawl} --forget`, and begin again"
    )
