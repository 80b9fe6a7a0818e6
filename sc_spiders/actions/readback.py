"""Reads back what was sent, once the settle time is over. An answer of 2xx is no proof."""

from __future__ import annotations

from sc_spiders.actions.action import RELATIONS, SENT, Action
from sc_spiders.actions.book import Book
from sc_spiders.actions.making import MAKERS, marker
from sc_spiders.actions.reading import Reading

_DOUBLE = "a second one: no action of this run has made it, but it has its marker. It is private; nothing deletes it"


class ReadBack:
    """Decides what was done, and names what was made twice."""

    def __init__(self, book: Book, reading: Reading) -> None:
        self._book = book
        self._reading = reading

    async def all(self) -> None:
        """Read back all that was sent."""
        sent = [action for action in self._book.actions if _is_to_be_read(action)]
        if sent:
            await self._book.wire.pause(max(action.sent_at for action in sent) + self._book.limits.settle)
        lists: dict[str, list[Action]] = {}
        for action in sent:
            if action.do in RELATIONS:
                lists.setdefault(action.write.reads, []).append(action)
            else:
                self._conclude(action, await self._reading.differences(action))
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
            self._conclude(action, [] if is_so else ["the list does not show it so"])

    def _conclude(self, action: Action, differences: list[str]) -> None:
        if differences:
            self._book.end(action, "accepted", "not_kept", f"the API took it, and yet {'; '.join(differences)}")
        else:
            self._book.end(action, "done")

    async def name_doubles(self) -> None:
        """Tell of what was made twice: it has a marker of this run, and no action names it."""
        actions = self._book.actions
        doubtful = [action for action in actions if action.marker and action.doubts and action.error != "double"]
        if doubtful:  # what was made the first time may show itself late
            last = max(action.sent_at for action in doubtful)
            await self._book.wire.pause(last + 2 * self._book.limits.settle)
        known = {action.target for action in actions}
        for do, write in MAKERS.items():
            if not any(action.marker and action.do == do for action in actions):
                continue
            found = await self._reading.marked(write.reads, marker(self._book.run))
            for urn, description in found.items():
                if urn not in known:
                    self._add_double(do, urn, description)
        for action in doubtful:
            action.message = action.message or f"asked for more than once: a second one, if any, has {action.marker}"
            self._book.save(action)

    def _add_double(self, do: str, urn: str, description: str) -> None:
        start = description.index(marker(self._book.run))
        text = description[start:].partition("]")[0] + "]"
        number = max(action.number for action in self._book.actions) + 1
        double = Action(number, do, MAKERS[do].kind, urn, marker=text, planned_at=self._book.wire.now(), stage=SENT)
        for action in self._book.actions:
            if action.marker == text:
                double.key, double.after = action.key, {"title": action.after.get("title", "")}
                break
        self._book.add(double)
        self._book.end(double, "in_doubt", "double", _DOUBLE)

    async def look_at_double(self, action: Action) -> None:
        """A double of an earlier run: a person may have deleted it."""
        if await self._book.wire.read(action.kind, action.target or "") is None:
            self._book.end(action, "done", None, "the second one is gone")


def _is_to_be_read(action: Action) -> bool:
    return action.stage == SENT and action.is_open and action.error != "double"
