"""Options of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a sandbox.

    users, seed, date: size and seed of its world, and the day on which it is shown: see `World`.
    latency: milliseconds before each answer.
    expire_after: requests until a client id expires (0: never).
    hydration: whether the web page's data have the client id.
    script: which of the web page's scripts has it (-1: the last).
    recorded: a folder of recorded answers, served instead of the world.
    faults: see `faults`.
    charts_today: whether /charts answers as in 2026 (only one chart) or as documented.
    urns_only: whether the public API gives URNs but no ids.
    token_life: seconds until an OAuth token expires.
    token_quota: OAuth tokens given in twelve hours.

    Of writes:

    lag: seconds until lists show them. Objects asked for by name show them at once.
    unkept: the share of writes that are answered and not kept.
    ceilings: the most writes of a sort in a day, such as `like=275,follow=50`. The next one is taken for spam.
    unverified: whether all writes are refused, as for a user with an unconfirmed e-mail address.
    repost_again: the status of a second repost, 409 or 200.
    delete_again: the status of taking away a like, repost or following that is not there, 404 or 200.
    permalink_again: what becomes of a permalink that is taken: `suffix` or `refuse`.
    most_followings: the most users that one can follow.
    ignored: fields of tracks and playlists that are taken and not written, such as `release,sharing`.
    upload_rate: bytes of an upload that are read in a second (0: any).
    upload_stall: seconds for which reading stops after the first megabyte of an upload.
    upload_quota: seconds of audio that a user may upload.
    processing: seconds until an upload has a length.
    description_lag: seconds until the description of a new private track can be read.
    """

    users: int = 3000
    seed: int = 1
    date: str | None = None
    latency: float = 0
    expire_after: int = 0
    hydration: bool = True
    script: int = -1
    recorded: Path | None = None
    faults: str = ""
    charts_today: bool = False
    urns_only: bool = False
    token_life: float = 3600
    token_quota: int = 50
    lag: float = 0
    unkept: float = 0
    ceilings: str = "like=275"
    unverified: bool = False
    repost_again: int = 409
    delete_again: int = 404
    permalink_again: str = "suffix"
    most_followings: int = 2000
    ignored: str = ""
    upload_rate: float = 0
    upload_stall: float = 0
    upload_quota: int = 10800
    processing: float = 1
    description_lag: float = 0

    def __post_init__(self) -> None:
        """Raise ValueError for a value that has no meaning."""
        choices: dict[str, tuple[object, ...]] = {
            "repost_again": (409, 200),
            "delete_again": (404, 200),
            "permalink_again": ("suffix", "refuse"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(map(str, known))}")
        if not 0 <= self.unkept <= 1:
            raise ValueError(f"unkept: {self.unkept} is no share between 0 and 1")
        ceilings(self.ceilings)


ACTIONS = ("like", "follow", "repost", "comment", "upload", "playlist")
"""Sorts of writes that can have a ceiling."""


def ceilings(text: str) -> dict[str, int]:
    """Parse `like=275,follow=50`. Raise ValueError with one line that says what is wrong."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        action, _, number = part.partition("=")
        if action not in ACTIONS or not number.isdecimal():
            raise ValueError(f"ceilings: {part!r} is no ACTION=NUMBER; actions are {', '.join(ACTIONS)}")
        found[action] = int(number)
    return found
