"""Whether an action that was never sent may be sent now."""

from __future__ import annotations

import os
from pathlib import Path

from sc_spiders.actions.action import Action, moment
from sc_spiders.actions.book import Book
from sc_spiders.api.writes import CEILINGS

_COUNTED = {
    "like": "likes",
    "follow": "follows",
    "repost": "reposts",
    "comment": "comments",
    "upload": "uploads",
    "playlist": "changes of playlists",
    "track": "changes of tracks",
    "take_back": "unlikes, unfollows and unreposts",
    "delete": "deletions",
}
"""The classes of `CEILINGS`, in words."""

_Why = tuple[str, str, str]
"""A status, a word for it, and words for people."""


def objection(book: Book, action: Action) -> _Why | None:
    """Why it may not be sent now; None if it may."""
    return _rule(book, action) or file_problem(action) or _key(book, action) or _wait(book, action)


def _rule(book: Book, action: Action) -> _Why | None:
    why = book.ledger.objection(action, book.wire.now(), book.run)
    if why is None:
        return None
    return "refused", "rule", why


def file_problem(action: Action) -> _Why | None:
    """Why its files cannot be sent: they must still be as they were planned."""
    sizes = {}
    for path in filter(None, (action.file, action.artwork)):
        try:
            with Path(path).open("rb") as file:
                sizes[path] = os.fstat(file.fileno()).st_size
        except OSError as e:
            return "refused", "file", f"{path} cannot be read: {e.strerror}"
    if action.file and sizes[action.file] != action.bytes:
        told = f"{action.file} has {sizes[action.file]:,} bytes, and had {action.bytes:,} when it was planned"
        return "stale", "file", told
    return None


def _key(book: Book, action: Action) -> _Why | None:
    """What it names by a key must have been made."""
    for word in action.after.get("tracks", ()):
        if not word.startswith("@"):
            continue
        made = book.named(word)
        if made.target is None:
            status = "refused"
            if made.is_open:
                status = "waiting"
            return status, "key", f"{word} was not made yet"
    return None


def _wait(book: Book, action: Action) -> _Why | None:
    now = book.wire.now()
    if action.not_before and action.not_before > (moment(now) or ""):
        return "waiting", "not_before", f"go on after {action.not_before}"
    if book.ledger.has(book.run, action):
        return None
    free = book.ledger.free_at(action.ceiling, now)
    if not free:
        return None
    at = (moment(free) or "")[:19]
    return (
        "waiting",
        "ceiling",
        f"{CEILINGS[action.ceiling]} {_COUNTED[action.ceiling]} were sent in 24 hours: go on after {at}Z",
    )
