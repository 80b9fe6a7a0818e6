"""Reads back what was sent, once the settle time is over. An answer of 2xx is no proof."""

from __future__ import annotations

from sc_spiders.actions.action import RELATIONS, SENT, Action
from sc_spiders.actions.book import Book
from sc_spiders.actions.making import MAKERS, marker
from sc_spiders.actions.reading import Reading

NOT_READ_BACK = "not_read_back"
"""The word for what was taken, and has a field that the API does not show."""
DOUBLE, ASKED_TWICE = "double", "asked_twice"
"""Words for what was made twice, and for what may have been."""

_ASKED_TWICE = (
    "it is done, and was asked for more than once: a second one may show itself late, private and with {} in its "
    "description; the same command looks once more"
)
_DOUBLE = "a second one: no action of this run has made it, but it has its marker. It is private; nothing deletes it"


class ReadBack:
    """Decides what was done, and names what was made twice."""

    def __init__(self, book: Book, reading: Reading) -> None:
        self._book = book
        self._reading = reading
        self._told_before = {action.number for action in book.actions if action.error == ASKED_TWICE}

    async def all(self) -> None:
        """Read back all that was sent."""
        sent = [action for action in self._book.actions if _is_to_be_read(action)]
        if sent:
            await self._book.wire.pause(max(action.ended_at for action in sent), self._book.limits.settle)
        lists: dict[str, list[Action]] = {}
        for action in sent:
            if action.do in RELATIONS:
                lists.setdefault(action.write.reads, []).append(action)
            else:
                self._conclude(action, *await self._reading.differences(action))
        for endpoint, some in lists.items():
            await self._list(endpoint, some)

    async def _list(self, endpoint: str, actions: list[Action]) -> None:
        """Read a list once for all actions that it shows."""
        until: set[str] | None = {action.target or "" for action in actions}
        if any(not RELATIONS[action.do][1] for action in actions):  # only the whole list tells what is not in it
            until = None
        found = await self._reading.targets(endpoint, until)
        for action in actions:
            is_so = (action.target in found) == RELATIONS[action.do][1]
            self._conclude(action, [] if is_so else ["the list does not show it so"], [])

    def _conclude(self, action: Action, differences: list[str], unread: list[str]) -> None:
        """`unread`: fields that the API does not show, so nobody can tell whether they were kept."""
        if differences:
            self._book.end(action, "accepted", "not_kept", f"the API took it, and yet {'; '.join(differences)}")
            return
        if self._may_be_twice(action):
            self._book.end(action, "in_doubt", ASKED_TWICE, _ASKED_TWICE.format(action.marker))
            return
        action.doubts = 0
        if unread:
            told = f"the API took it, and does not show {', '.join(unread)}: it was not read back"
            self._book.end(action, "accepted", NOT_READ_BACK, told)
        else:
            self._book.end(action, "done")

    def _may_be_twice(self, action: Action) -> bool:
        """Whether a second one may still show itself. A later run has looked for it once more."""
        doubles = sum(other.error == DOUBLE and other.marker == action.marker for other in self._book.actions)
        return action.doubts > doubles and action.number not in self._told_before

    async def name_doubles(self) -> None:
        """Tell of what was made twice: it has a marker of this run, and no action names it."""
        doubtful = [action.ended_at for action in self._book.actions if action.doubts]
        if doubtful:  # what was made the first time may show itself late
            await self._book.wire.pause(max(doubtful), 2 * self._book.limits.settle)
        for do, write in MAKERS.items():
            if any(action.marker and action.do == do for action in self._book.actions):
                for urn, text in (await self._reading.marked(write.reads, marker(self._book.run))).items():
                    self._name(do, urn, text)

    def _name(self, do: str, urn: str, description: str) -> None:
        """Take what has a marker of this run for what its action has made; if that has something, for a second one."""
        if any(action.target == urn for action in self._book.actions):
            return
        text = description[description.index(marker(self._book.run)) :].partition("]")[0] + "]"
        of = next((action for action in self._book.actions if action.marker == text), None)
        if of and of.target is None:
            self._book.made(of, urn)
            self._book.end(of, "in_doubt", of.error, "it has shown itself late; the same command goes on with it")
            return
        number = max(action.number for action in self._book.actions) + 1
        double = Action(number, do, MAKERS[do].kind, urn, marker=text, planned_at=self._book.wire.now(), stage=SENT)
        if of:
            double.key, double.after = of.key, {"title": of.after.get("title", "")}
        self._book.add(double)
        self._book.end(double, "in_doubt", DOUBLE, _DOUBLE)

    async def look_at_double(self, action: Action) -> None:
        """A double of an earlier run: a person may have deleted it."""
        if await self._book.wire.read(action.kind, action.target or "") is None:
            self._book.end(action, "done", None, "the second one is gone")


def _is_to_be_read(action: Action) -> bool:
    return action.stage == SENT and action.is_open and action.error != DOUBLE
