"""One action: a line of a plan, what was there before, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from sc_spiders.api.writes import WRITES, Write

Row = dict[str, Any]

RELATIONS: dict[str, tuple[str, bool]] = {
    "like": ("liked", True),
    "unlike": ("liked", False),
    "follow": ("followed", True),
    "unfollow": ("followed", False),
    "repost": ("reposted", True),
    "unrepost": ("reposted", False),
}
"""Words that change a relation of the account to a target: the relation's name, and what it becomes."""

BODIES = {"playlist": "playlist", "track": "track", "upload": "track", "comment": "comment"}
"""Words whose lines have an object of fields: its name."""

DELETES = {"delete_track": "track", "delete_playlist": "playlist"}

DOES = (*RELATIONS, *BODIES, *DELETES)
"""All words of a plan."""

TAKES_BACK = {"like": "unlike", "unlike": "like", "follow": "unfollow", "unfollow": "follow"} | {
    "repost": "unrepost",
    "unrepost": "repost",
}

# A later run takes these up again.
OPEN = frozenset({"planned", "accepted", "in_doubt", "waiting"})
# These make the exit code 1.
SHORT = frozenset({"refused", "accepted", "in_doubt", "stale"})

MOST_REFUSALS = 3
"""A file that the API cannot process is sent so often, once a run: it says so of its own faults, too (api#326)."""

UNAUTHORIZED = "http_401"
"""The word for what was refused to this account or app. A person may change that, by confirming an e-mail, say."""

# How far the sending is. UNSENT: nothing is under way. MAKING: the object may have been made. MADE: it was made and has
# a URN. SETTING: the last write may have been done. SENT: it was answered with 2xx and is to be read back.
UNSENT, MAKING, MADE, SETTING, SENT = "", "making", "made", "setting", "sent"


@dataclass(slots=True)
class Action:
    """`number`: its place in the plan, from 1. `target`: a URN, or an address or `@key` while no URN is known.

    `kind`: that of the target. `stage`: how far the sending is. `ended_at`: when the last sending ended, 0 while it is
    under way. `looks`: when its doubtful creation was looked for. `sent_again`: it was sent once more after it had not
    been kept. `doubts`: how often its making was neither answered nor found, and was sent again. `refusals`: how often
    its file was refused. `edit`: tracks to add to a playlist, and to remove.
    `undoes`: when that was sent which it takes back, ISO 8601; None if it undoes nothing.
    The other fields are those of the `action` record; moments are seconds since 1970 here, 0 for none.
    """

    number: int
    do: str
    kind: str = ""
    target: str | None = None
    key: str | None = None
    file: str | None = None
    artwork: str | None = None
    not_before: str | None = None
    edit: Row | None = None
    before: Row = field(default_factory=dict)
    after: Row = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    status: str = "planned"
    http_status: int | None = None
    error: str | None = None
    message: str | None = None
    attempts: int = 0
    bytes: int | None = None
    sha256: str | None = None
    marker: str | None = None
    undo: Row | None = None
    irreversible: str | None = None
    planned_at: float = 0.0
    sent_at: float = 0.0
    finished_at: float = 0.0
    stage: str = UNSENT
    ended_at: float = 0.0
    looks: list[float] = field(default_factory=list)
    sent_again: bool = False
    doubts: int = 0
    refusals: int = 0
    undoes: str | None = None

    @property
    def name(self) -> str:
        """Its name in messages."""
        what = self.after.get("title") or self.key or self.target or ""
        if self.target and what != self.target:
            what = f"{what} ({self.target})"
        return f"{self.do} {what}".strip()

    @property
    def urn(self) -> str | None:
        """Its target, if that is no address that leads nowhere."""
        if self.target and self.target.startswith("soundcloud:"):
            return self.target
        return None

    @property
    def makes(self) -> bool:
        """Whether it makes something new."""
        return self.do in ("upload", "comment") or (self.do == "playlist" and self.before == {})

    @property
    def write(self) -> Write:
        """The write that carries it out. If it takes two writes, the second."""
        if self.do in RELATIONS and self.kind != "user":
            return WRITES[f"{self.do}_{self.kind}"]
        return WRITES[_LAST.get(self.do, self.do)]

    @property
    def ceiling(self) -> str:
        """Its class of `CEILINGS`."""
        if self.do == "upload":
            return "upload"
        return self.write.ceiling

    @property
    def is_open(self) -> bool:
        """Whether a later run takes it up again."""
        if self.status == "refused":
            return self.error == UNAUTHORIZED or 0 < self.refusals < MOST_REFUSALS
        return self.status in OPEN

    @property
    def is_under_way(self) -> bool:
        """Whether it may have been done, and nobody knows."""
        return self.stage in (MAKING, SETTING)

    def refuse(self, error: str, message: str | None = None) -> None:
        self.status, self.error, self.message = "refused", error, message

    def record(self, account: str | None, now: str) -> Row:
        """The `action` record."""
        row = {name: getattr(self, name) for name in _RECORDED}
        if self.urn != self.target:
            row["message"] = self.message or f"its target: {self.target}"
        for name in ("planned_at", "sent_at", "finished_at"):
            row[name] = moment(row[name])
        return {"kind": "action", "fetched_at": now, "api": "public", "account": account, **row, "target": self.urn}

    def dumps(self) -> Row:
        return {name: getattr(self, name) for name in _STORED}

    @classmethod
    def loads(cls, data: Row) -> Action:
        return cls(**data)


_LAST = {"playlist": "set_playlist", "track": "set_track", "upload": "set_track"}
_NOT_RECORDED = frozenset(
    {"number", "kind", "edit", "stage", "ended_at", "looks", "sent_again", "doubts", "refusals", "undoes"}
)
_STORED = tuple(one.name for one in fields(Action))
_RECORDED = tuple(name for name in _STORED if name not in _NOT_RECORDED)


def moment(seconds: float) -> str | None:
    """ISO 8601, UTC; None for 0."""
    if not seconds:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def kind_of(urn: str) -> str:
    """`track` of `soundcloud:tracks:1`."""
    return urn.split(":")[1].removesuffix("s")
