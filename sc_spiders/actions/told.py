"""What a run tells at its end, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sc_spiders.actions.account import Account
from sc_spiders.actions.action import DELETES, MADE, MAKING, SENT, SETTING, SHORT, Action
from sc_spiders.actions.plan import Plan
from sc_spiders.actions.wire import Limits
from sc_spiders.api.writes import CEILINGS

_NAMED = 10  # the last lines name so many actions; the records name all
_WORDS = {
    "done": "done",
    "already": "there already",
    "accepted": "taken by the API, and not to be seen",
    "refused": "refused",
    "stale": "changed by somebody else",
    "in_doubt": "in doubt",
    "waiting": "waiting",
    "planned": "waiting",
}
_STAGES = {
    MAKING: "in doubt",
    SETTING: "in doubt",
    MADE: "made, and not complete yet",
    SENT: "sent, and not read back yet",
}


def planned_lines(actions: Sequence[Action], account: Account, plan: Plan, limits: Limits) -> Iterator[str]:
    """What a dry run has found."""
    for do, some in _by_sort(actions).items():
        yield f"  {do:<11} {', '.join([*_todo(do, some), *_not_todo(some)])}"
    for what, count in plan.left_out.items():
        yield f"  left out    {count:,} {what}"
    plan_of = ""
    if plan.account not in ("", account.urn):
        plan_of = f"; the plan is of {plan.account}"
    yield f"  account     {account.urn} ({account.name}){plan_of}"
    if took := _takes([action for action in actions if action.status == "planned"], limits):
        yield f"  takes       {took}"


def _by_sort(actions: Iterable[Action]) -> dict[str, list[Action]]:
    """Actions by what they do, in the order of the plan."""
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(action.do, []).append(action)
    return found


def _todo(do: str, actions: list[Action]) -> Iterator[str]:
    todo = [action for action in actions if action.status == "planned"]
    if do == "playlist":
        new = [action for action in todo if not action.before]
        yield f"{len(new):,} to create"
        yield f"{len(todo) - len(new):,} to change{_tracks(todo)}"
    else:
        yield f"{len(todo):,} to do{_named(do, todo)}"
    if missing := sum(len(action.missing) for action in todo):
        yield f"{missing:,} tracks left out, because they cannot be seen"


def _not_todo(actions: list[Action]) -> Iterator[str]:
    if there := _count(actions, "already"):
        yield f"{there:,} there already"
    refused = [action for action in actions if action.status == "refused"]
    others = [action for action in refused if action.error != "gone"]
    if gone := len(refused) - len(others):
        yield f"{gone:,} gone (named in the output)"
    for action in others[:_NAMED]:
        yield f"1 not touched{_why_not(action)}"
    if len(others) > _NAMED:
        yield f"{len(others) - _NAMED:,} more not touched"


def _why_not(action: Action) -> str:
    if action.error == "not_found":  # its message names the address
        return f": {action.message}"
    return f" ({_object(action)}): {action.message or action.error}"


def _named(do: str, actions: list[Action]) -> str:
    """The names of what is deleted for ever: the user should see them before that."""
    if do not in DELETES or not actions:
        return ""
    more = f" and {len(actions) - _NAMED:,} more" if len(actions) > _NAMED else ""
    return f" ({', '.join(map(_object, actions[:_NAMED]))}{more})"


def _object(action: Action) -> str:
    title = action.before.get("title") or action.after.get("title") or action.key
    return " ".join(filter(None, (title, action.target))) or action.do


def _count(actions: Iterable[Action], status: str) -> int:
    return sum(action.status == status for action in actions)


def _tracks(actions: list[Action]) -> str:
    plus = minus = 0
    for action in actions:
        before, after = set(action.before.get("tracks", ())), set(action.after.get("tracks", ()))
        if action.before and "tracks" in action.after:
            plus += len(after - before)
            minus += len(before - after)
    if plus or minus:
        return f" (+{plus:,} -{minus:,} tracks)"
    return ""


def _takes(todo: Sequence[Action], limits: Limits) -> str:
    """How long it takes, with the ceilings of a day and the pauses; "" if nothing is to be done."""
    counts = Counter(action.ceiling for action in todo)
    days = {name: -(-count // CEILINGS[name]) for name, count in counts.items()}
    longest = max(days, key=lambda name: days[name], default="")
    if not longest:
        return ""
    if days[longest] > 1:
        return f"{days[longest]:,} days at {CEILINGS[longest]:,} a day ({longest})"
    writes = len(todo) + sum(action.makes and action.do != "comment" for action in todo)
    minutes = max(1, round((writes * limits.delay + limits.settle) / 60))
    and_uploads = ", and the uploads" if counts["upload"] else ""
    return f"about {minutes:,} minute{'s' * (minutes > 1)}{and_uploads}"


def lines(actions: Sequence[Action]) -> Iterator[str]:
    """What became of all actions, and the names of those that are not done."""
    for do, some in _by_sort(actions).items():
        counts = Counter(map(_word, some))
        yield f"  {do:<11} {', '.join(f'{count:,} {word}' for word, count in counts.items())}"
    short = [action for action in actions if action.status in SHORT]
    for action in short[:_NAMED]:
        yield f"    {action.name}: {action.status} ({action.message or action.error})"
    if len(short) > _NAMED:
        yield f"    and {len(short) - _NAMED:,} more: the action records name them all"
    yield from _waits(actions)


def unfinished(action: Action, stop: str) -> tuple[str, str | None]:
    """Status and message of an action that the run did not come to, or not to its end. `stop`: why the run ended."""
    if action.is_under_way:
        return "in_doubt", "it may have been done; the next run looks for it"
    if action.stage == MADE:
        return "waiting", "it was made, private; the next run sets the rest"
    if action.stage == SENT:
        return "waiting", "it was sent; the next run reads it back"
    return "waiting", stop or None


def _word(action: Action) -> str:
    if action.status == "planned" and action.stage:
        return _STAGES[action.stage]
    return _WORDS[action.status]


def _waits(actions: Iterable[Action]) -> Iterator[str]:
    waits = {action.message for action in actions if action.status == "waiting" and action.message}
    for wait in sorted(waits)[:_NAMED]:
        yield f"    waiting: {wait}"
