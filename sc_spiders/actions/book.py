"""How the actions of a run stand. Each change is in the journal before anything else happens."""

from __future__ import annotations

from collections.abc import Callable

from sc_spiders.actions.action import MADE, OPEN, SENT, Action
from sc_spiders.actions.journal import Journal
from sc_spiders.actions.ledger import Ledger
from sc_spiders.actions.wire import Limits, Wire


class Book:
    """The actions of a journal, and what they need. `told` is called with each action whose status has changed."""

    def __init__(
        self, journal: Journal, ledger: Ledger, wire: Wire, limits: Limits, told: Callable[[Action], object]
    ) -> None:
        self.actions = journal.actions()
        self.account = journal.account
        self.run = journal.run
        self.ledger = ledger
        self.wire = wire
        self.limits = limits
        self._journal = journal
        self._told = told
        for action in self.actions:
            if action.is_under_way and not action.ended_at:  # the process was killed: until now, it may have been done
                action.ended_at = wire.now()
                self.save(action)

    def save(self, action: Action) -> None:
        """Store how it stands. It is on the disk when this returns."""
        self._journal.save(action)

    def end(self, action: Action, status: str, error: str | None = None, message: str | None = None) -> None:
        """Set its status, and why."""
        action.status, action.error, action.message = status, error, message
        if status not in OPEN:
            action.finished_at = self.wire.now()
        if status != "waiting":  # what waits is as it was, and a later run finds out anew what for
            self.save(action)
        self._told(action)

    def refuse(self, action: Action, error: str | None, message: str | None) -> None:
        """It is not done, and no later run tries it again."""
        self.end(action, "refused", error, message)

    def made(self, action: Action, urn: str) -> None:
        """What it makes is there, private and with its marker."""
        action.target, action.stage, action.looks = urn, MADE, []
        if action.undo:
            action.undo = {**action.undo, "target": urn}
        self.save(action)

    def sent(self, action: Action) -> None:
        """It was answered. Reading it back decides."""
        action.stage = SENT
        action.error = action.message = None
        self.save(action)

    def named(self, word: str) -> Action:
        """The action of a key, given as `@key`."""
        return next(action for action in self.actions if action.key == word[1:])

    def add(self, action: Action) -> None:
        """Add an action that no plan has."""
        self.actions.append(action)
