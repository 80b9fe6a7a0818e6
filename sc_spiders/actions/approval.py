"""Whether a plan may be carried out: only what a dry run has printed, for this account, and as it was then."""

from __future__ import annotations

from dataclasses import dataclass, field

from sc_spiders.actions.account import Account
from sc_spiders.actions.action import Action, Row
from sc_spiders.actions.compare import Comparison, digest
from sc_spiders.actions.ledger import Ledger
from sc_spiders.actions.permits import file_problem
from sc_spiders.actions.plan import HAND_WRITTEN, Plan, engaging
from sc_spiders.errors import ArgumentError

_CHANGED = "somebody has changed it since the dry run"
_AGAIN = "run it without apply= and look at the plan again"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `apply`: the digest of the dry run, "" for a dry run.

    `origin`: where the plan is from: `me` (a back-up), `undo` or `hand`. `prune`: by relation, the targets that are
    kept; None without prune. `given`: the arguments, for messages.
    """

    plan: Plan
    apply: str = ""
    origin: str = "hand"
    allow: frozenset[str] = frozenset()
    prune: dict[str, set[str]] | None = None
    given: dict[str, str] = field(default_factory=dict)


def approve(wanted: Wanted, account: Account, ledger: Ledger, now: float) -> str:
    """Compare the plan with the account. Gives the digest.

    Raises ArgumentError if it may not be carried out. What has changed since the dry run is stale.
    """
    plan, origin = wanted.plan, _origin(wanted, ledger)
    _check(wanted, account, origin)
    shown = {action.number: _shown(action) for action in plan.actions}
    restores = wanted.origin == "me"
    Comparison(account, wanted.allow, restores, wanted.prune).compare(plan, now)
    _apply_rules(plan, ledger, now)
    found = digest(account.urn, plan.actions)
    if not wanted.apply:
        ledger.print(found, origin, now)
        return found
    if plan.is_dry_run:
        _mark_stale(plan, shown)
    elif found != wanted.apply:
        raise ArgumentError(
            f"apply={wanted.apply} is of another plan or account, or something has changed since: the digest is now "
            f"{found}; {_AGAIN}"
        )
    if ledger.origin(wanted.apply) is None:
        raise ArgumentError(f"no dry run on this machine has printed apply={wanted.apply}; {_AGAIN}")
    ledger.check_begun(wanted.apply)
    return found


def _check(wanted: Wanted, account: Account, origin: str) -> None:
    plan = wanted.plan
    if origin == "hand" and engaging(plan) > HAND_WRITTEN:
        raise ArgumentError(
            f"the plan follows, likes or reposts {engaging(plan):,} targets; a plan written by hand may have "
            f"{HAND_WRITTEN}. For more, make the plan by a dry run from a `me` crawl on this machine"
        )
    for action in plan.actions:
        if wanted.apply and action.status == "planned" and (why := file_problem(action)):
            raise ArgumentError(why[2])
    if wanted.apply and plan.is_dry_run and plan.account != account.urn:
        raise ArgumentError(f"the token is of {account.urn}, and the plan is for {plan.account}")


def _origin(wanted: Wanted, ledger: Ledger) -> str:
    """Where the plan is from. Of the output of a dry run, the ledger knows it."""
    if not wanted.plan.is_dry_run or wanted.origin != "hand":
        return wanted.origin
    return ledger.origin(digest(wanted.plan.account, wanted.plan.actions)) or "hand"


def _apply_rules(plan: Plan, ledger: Ledger, now: float) -> None:
    for action in plan.actions:
        if action.status == "planned" and (why := ledger.objection(action, now)):
            action.refuse("rule", why)


def _mark_stale(plan: Plan, shown: dict[int, Row]) -> None:
    """Mark what would not be done as the dry run has shown it: somebody has changed the account since."""
    found = [action for action in plan.actions if action.status in ("planned", "already")]
    stale = [action for action in found if _shown(action) != shown[action.number]]
    if stale and len(stale) == len(found):
        raise ArgumentError(f"the account is no longer as the dry run saw it; {_AGAIN}")
    for action in stale:
        action.status, action.error, action.message = "stale", "changed", _CHANGED


def _shown(action: Action) -> Row:
    """What the dry run has shown of it, beside its name."""
    return {"before": dict(action.before), "after": dict(action.after), "missing": list(action.missing)}
