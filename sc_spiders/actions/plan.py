"""Reads a plan: JSON Lines, CSV of flat actions, or the `action.jsonl` of a dry run. Checks what needs no request."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sc_spiders.actions.action import BODIES, DELETES, DOES, RELATIONS, TAKES_BACK, Action, Row
from sc_spiders.actions.body import take_body
from sc_spiders.actions.rows import LINE, RECORDS, rows
from sc_spiders.api.writes import AUDIO, LARGEST_FILE, PICTURES
from sc_spiders.errors import ArgumentError

HAND_WRITTEN = 50
"""The most lines that follow, like or repost in a plan written by hand. Plans from a back-up may have more."""

_ENGAGING = frozenset({"follow", "like", "repost"})
_TARGETS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("like", "unlike", "repost", "unrepost"), ("track", "playlist")),
    **dict.fromkeys(("follow", "unfollow"), ("user",)),
    **dict.fromkeys(("playlist", "delete_playlist"), ("playlist",)),
    **dict.fromkeys(("track", "delete_track", "comment"), ("track",)),
    "upload": (),
}
_WITH_ARTWORK = ("upload", "track", "playlist")
_LONE = re.compile("[\ud800-\udfff]")
_EXAMPLE = '{"do":"like","target":"soundcloud:tracks:1"}'

Target = Callable[[Sequence[str], str], tuple[str, str]]
"""Takes the kinds that fit and a word. Gives the kind ("" if only the API knows it), and a URN or an address.

Raises ArgumentError, also for a share link."""

Records = Callable[[Path], Iterable[tuple[int, Row]]]
"""Reads the records of a file, with the numbers of their rows."""


@dataclass(slots=True)
class Plan:
    """`account`: the one that a dry run has named, "" if none has. `is_dry_run`: it is the output of one.

    `is_restored`: its targets are an account's own data. `left_out`: how much of a back-up no plan can restore, by what
    it is and why; or how much of a run an undo leaves as it is.
    """

    actions: list[Action]
    account: str = ""
    is_dry_run: bool = False
    is_restored: bool = False
    left_out: dict[str, int] = field(default_factory=dict)
    names: dict[str, Action] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """`target` reads a word that names an object. `check` raises ArgumentError for text with a credential.

    `records` reads a CSV file of records. It raises ArgumentError.
    `files`: the folder in which files are; None: that of the plan.
    """

    target: Target
    check: Callable[[str], None]
    records: Records
    files: Path | None = None

    def read(self, path: Path, *, undo: bool = False) -> Plan:
        """Raises ArgumentError, with file and line."""
        found = _found(path, self.records)
        records = [(number, row) for number, row in found if row.get("kind") == "action"]
        base = (self.files or path.parent).resolve()
        if undo and not records:
            raise ArgumentError(f"{path} is no action.jsonl of a finished run, so there is nothing to undo")
        if undo:
            return checked(self._undone(records, path, base), path)
        plan = Plan(self._actions(records or found, path, base, is_record=bool(records)))
        if records:
            plan.account = _account(records, path)
            plan.is_dry_run = all(row.get("status") in _OF_DRY_RUNS for _, row in records)
        return checked(plan, path)

    def _actions(self, found: list[tuple[int, Row]], path: Path, base: Path, *, is_record: bool) -> list[Action]:
        actions = []
        for at, (number, row) in enumerate(found, 1):
            with _placed(path, number):
                actions.append(self._action(at, row, base, is_record=is_record))
        return actions

    def _undone(self, records: list[tuple[int, Row]], path: Path, base: Path) -> Plan:
        """The inverse of what was done, in reverse order."""
        actions: list[Action] = []
        left_out: Counter[str] = Counter()
        for number, row in reversed(records):
            left_out.update(_not_undone(row))
            if row.get("status") not in _TAKEN or not row.get("undo"):
                continue
            with _placed(path, number):
                action = self._action(len(actions) + 1, row["undo"], base, is_record=False)
                action.undoes = row.get("sent_at")
                actions.append(action)
        if not actions:
            raise ArgumentError(f"{path} has nothing that was done and can be undone")
        return Plan(actions, _account(records, path), is_restored=True, left_out=dict(left_out))

    def _action(self, number: int, row: Row, base: Path, *, is_record: bool) -> Action:
        do = row.get("do")
        if do not in DOES:
            raise ArgumentError(f"do is {do!r}; it takes {', '.join(DOES)}")
        self._check_texts(row)
        action = Action(number, do)
        if is_record:
            _take_record(action, row)
            _take_planned_body(action, row)
        else:
            _take_line(action, row)
        self._take_target(action, row.get("target"))
        self._take_files(action, row, base, is_record=is_record)
        return action

    def _check_texts(self, value: Any) -> None:
        if isinstance(value, str):
            self.check(value)
            if not value.isascii() and _LONE.search(value):
                raise ArgumentError("holds half of a character (a lone surrogate), which no API takes")
        elif isinstance(value, dict):
            for one in value.values():
                self._check_texts(one)
        elif isinstance(value, list):
            for one in value:
                self._check_texts(one)

    def _take_target(self, action: Action, word: Any) -> None:
        kinds = _TARGETS[action.do]
        if not kinds:
            _take_uploaded(action, word)
            return
        is_new = word is None and action.do == "playlist"
        leads_nowhere = word is None and action.status == "refused"
        if is_new or leads_nowhere:
            action.kind = kinds[0]
            return
        if not isinstance(word, str) or not word:
            raise ArgumentError(f"{action.do} needs a target: a URN or an address of a {' or '.join(kinds)}")
        action.kind, action.target = self.target(kinds, word)

    def _take_files(self, action: Action, row: Row, base: Path, *, is_record: bool) -> None:
        file, artwork = _text(row, "file"), _text(row, "artwork")
        _check_files(action, file, artwork)
        if is_record:  # what was uploaded may be gone; what was not is looked at before it is sent
            action.file, action.artwork = file, artwork
            action.bytes = row.get("bytes") if file else None
            return
        if file:
            path = _file(file, base, AUDIO)
            action.file, action.bytes = str(path), path.stat().st_size
        if artwork:
            action.artwork = str(_file(artwork, base, PICTURES))


def _take_line(action: Action, row: Row) -> None:
    """Take what a person has written."""
    body = BODIES.get(action.do)
    if unknown := row.keys() - LINE - {body}:
        raise ArgumentError(f"{action.do} takes no {min(unknown)!r}")
    action.key = _text(row, "key")
    action.not_before = _not_before(row)
    is_picture_alone = action.do == "track" and body not in row and row.get("artwork")
    if body and not is_picture_alone:
        take_body(action, row, body)


def _take_planned_body(action: Action, row: Row) -> None:
    """Take the fields of a dry run's record like those of a line: somebody may have edited them."""
    body = BODIES.get(action.do)
    if body and row.get("after") and action.status == "planned":
        take_body(action, {"target": row.get("target"), body: row["after"]}, body)


def _take_uploaded(action: Action, word: Any) -> None:
    if word is not None and action.status == "planned":
        raise ArgumentError(f"{action.do} takes no target")
    action.kind, action.target = "track", word


def _check_files(action: Action, file: str | None, artwork: str | None) -> None:
    if file and action.do != "upload":
        raise ArgumentError("only upload takes file")
    if artwork and action.do not in _WITH_ARTWORK:
        raise ArgumentError(f"only {', '.join(_WITH_ARTWORK)} take artwork")
    if action.do == "upload" and file is None:
        raise ArgumentError("upload needs a file")


_OF_DRY_RUNS = frozenset({"planned", "already", "refused", "stale"})
_TAKEN = frozenset({"done", "accepted"})
_UNSETTLED = frozenset({"in_doubt", "waiting"})


def _not_undone(row: Row) -> Iterator[str]:
    """What an undo leaves as it is, of what an action has done or may have done."""
    do, status, why = row.get("do"), row.get("status"), row.get("irreversible")
    if status in _UNSETTLED and row.get("sent_at"):
        yield f"{do}: sent, and not settled; first let its run go on"
    elif status in _TAKEN and (why or not row.get("undo")):
        yield f"{do}{' in part' if row.get('undo') else ''}: {why or 'its record tells no way back'}"


def _take_record(action: Action, row: Row) -> None:
    """Take what a dry run has stored."""
    for name, kind in (("before", dict), ("after", dict), ("missing", list)):
        if not isinstance(row.get(name) or kind(), kind):
            raise ArgumentError(f"{name} is {row[name]!r:.60}, which no dry run writes")
    action.key, action.not_before = _text(row, "key"), _not_before(row)
    action.before, action.after = dict(row.get("before") or {}), dict(row.get("after") or {})
    action.missing = row.get("missing") or []
    action.error, action.message = row.get("error"), row.get("message")
    if row.get("status") not in _OF_DRY_RUNS:  # of a run that has written: it is compared anew
        action.before, action.missing, action.error, action.message = {}, [], None, None
        return
    action.status = row["status"]


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise ArgumentError(f"{name} is {value!r}; it takes text")
    return value


def _not_before(row: Row) -> str | None:
    given = _text(row, "not_before")
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: in UTC, the year is before 1 or after 9999
        raise ArgumentError(f"not_before is {given!r}; it takes a moment like 2026-12-24T00:00:00Z") from None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _file(given: str, base: Path, known: frozenset[str]) -> Path:
    """The path of a file to upload. Raises ArgumentError."""
    path = (base / given).resolve()
    if not path.is_relative_to(base):
        raise ArgumentError(f"{given} is not in {base}; give files=FOLDER")
    if path.suffix.lower() not in known:
        raise ArgumentError(f"{given} ends in none of {', '.join(sorted(known))}")
    if not path.is_file():
        raise ArgumentError(f"there is no file {path}")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ArgumentError(f"{given} has {size:,} bytes; SoundCloud takes {LARGEST_FILE:,}")
    if not size:
        raise ArgumentError(f"{given} is empty")
    return path


def _account(records: list[tuple[int, Row]], path: Path) -> str:
    accounts = {row.get("account") for _, row in records}
    if len(accounts) != 1:
        raise ArgumentError(f"{path} is of several accounts; give the action.jsonl of one run")
    return accounts.pop() or ""


def engaging(plan: Plan) -> int:
    """How many lines follow, like or repost."""
    return sum(action.do in _ENGAGING for action in plan.actions)


def checked(plan: Plan, path: Path | str) -> Plan:
    """Check the actions together. Raises ArgumentError."""
    count = engaging(plan)
    if count > HAND_WRITTEN and not (plan.is_restored or plan.is_dry_run):
        raise ArgumentError(
            f"{path} follows, likes or reposts {count:,} targets; a plan written by hand may have {HAND_WRITTEN}. "
            "For more, take the plan from an earlier `me` crawl (from=)"
        )
    _check_keys(plan, path)
    check_together(plan, path)
    return plan


def check_together(plan: Plan, path: Path | str) -> None:
    """Refuse lines that contradict or repeat each other. Raises ArgumentError.

    Two addresses may name the same, so it is looked at again once all targets are URNs.
    """
    _check_twice(plan, path)
    comments = [action for action in plan.actions if action.do == "comment"]
    texts = Counter(normal_text(action.after["body"]) for action in comments)
    if any(count > 1 for count in texts.values()):
        raise ArgumentError(f"{path} has the same comment twice; apply sends no text twice")


def _check_keys(plan: Plan, path: Path | str) -> None:
    for action in plan.actions:
        if action.key is None:
            continue
        if action.key in plan.names:
            raise ArgumentError(f"{path} has the key {action.key!r} twice")
        plan.names[action.key] = action
    for action in plan.actions:
        for word in _keys_of(action):
            named = plan.names.get(word[1:])
            if named is None or named.number >= action.number:
                raise ArgumentError(f"{path}: {word} is no key of an earlier line")


def _keys_of(action: Action) -> Iterator[str]:
    words = [*action.after.get("tracks", ()), *(action.edit or {}).get("add", ())]
    yield from (word for word in words if word.startswith("@"))


def _check_twice(plan: Plan, path: Path | str) -> None:
    """Refuse two lines about the same thing."""
    seen: dict[tuple[str, str], list[Action]] = defaultdict(list)
    for action in plan.actions:
        if not action.target:
            continue
        about = RELATIONS[action.do][0] if action.do in RELATIONS else DELETES.get(action.do, action.do)
        others = seen[about, action.target]
        other = next((other for other in others if not _are_apart(action, other)), None)
        others.append(action)
        if other is None:
            continue
        if TAKES_BACK.get(action.do) == other.do:
            raise ArgumentError(f"{path}: {other.do} and {action.do} of {action.target}; give one of them")
        if action.do == "comment":
            raise ArgumentError(f"{path} has two comments on {action.target}; apply sends one a day")
        raise ArgumentError(
            f"{path} has two lines about {action.target} ({other.do}, {action.do}); give one. What shall change twice "
            "takes two plans, one after the other"
        )


def _are_apart(one: Action, other: Action) -> bool:
    """Whether both change other fields of a track at other times. Each can be compared and read back alone."""
    if not one.do == other.do == "track" or one.not_before == other.not_before:
        return False
    return not (_fields(one) & _fields(other))


def _fields(action: Action) -> set[str]:
    return set(action.after) | ({"artwork"} if action.artwork else set())


def normal_text(text: str) -> str:
    """A comment's text without differences of case and spaces."""
    return " ".join(text.casefold().split())


def _found(path: Path, records: Records) -> list[tuple[int, Row]]:
    """The rows of a plan. The output of a dry run may be named by its folder."""
    if path.is_dir():
        path /= next((name for name in RECORDS if (path / name).exists()), RECORDS[0])
    found = list(records(path) if path.name == "action.csv" else rows(path))
    if not found:
        raise ArgumentError(f"{path} has no action; a line is like {_EXAMPLE}")
    return found


class _placed:
    """Names file and line in an ArgumentError."""

    def __init__(self, path: Path, number: int) -> None:
        self._place = f"{path}, line {number}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, ArgumentError):
            raise ArgumentError(f"{self._place}: {error}") from None
