"""The request, the records that came, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset, Rejected
from sc_spiders.dataset.completeness import how
from sc_spiders.dataset.origin import Origin

from . import html
from .edges import Edges
from .html import Html, h
from .names import Names

_UNSEEN = frozenset({"crawl", "listing"})
_WORDS = {"activity": ("activity", "activities"), "gone": ("gone", "gone")}
_FEW = 12
"""At most this many names are visible at first."""
_ENDED = {
    "end": "ended, but not with everything",
    "short": "gave fewer rows than its own answer counts, or none where there are some",
    "limit": "ended at the limit that was asked for",
    "loop": "came back to an earlier page",
    "empty_pages": "ended in empty pages",
    "not_found": "not found",
    "forbidden": "forbidden",
    "blocked": "blocked; the same command tries again",
    "error": "failed",
    "credentials": "refused for the credentials; the same command tries again",
    "interrupted": "interrupted; the same command goes on",
}

_DONE = frozenset({"planned", "done", "already"})
"""What an action may be in a crawl in which nothing went wrong."""
_VERSIONS = {
    "project": "Version of sc_spiders",
    "scrapy": "Version of Scrapy",
    "schemas": "Version of the schemas",
    "api": "Answered by",
}

_Ending = tuple[str, str, str]
"""Endpoint, how the list ended, and its error."""
_Short = tuple[str, int, int | None, int]
"""An incomplete list: subject, rows fetched, announced and rejected."""


class Asked:
    """What was asked for: the crawl records."""

    id: ClassVar[str] = "asked"
    title = "What was asked"

    def __init__(self, data: Dataset) -> None:
        self._crawls = data.crawls

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        if not self._crawls:
            return h("p", "The data set has no crawl record: SC_KINDS left it out, or the crawl was killed.")
        return html.join([self._one(row) for row in self._crawls])

    def _one(self, row: dict[str, Any]) -> Html:
        facts: list[tuple[str, Any]] = [("Spider", h("code", row["spider"]))]
        facts += [(key, h("bdi", html.breakable(value))) for key, value in row["arguments"].items()]
        facts += [("API", row["api"]), ("Begun", _moment(row["started_at"])), ("Ended", _moment(row["finished_at"]))]
        facts.append(("Took", _took(row["started_at"], row["finished_at"])))
        facts.append(("Ended as", row["finish_reason"] or "it did not end"))
        facts += [(_VERSIONS.get(key, f"Version of {key}"), value) for key, value in row["versions"].items() if value]
        return h("dl", [h("div", h("dt", key), h("dd", value)) for key, value in facts])


class Came:
    """What came: the records of each kind, the edges of each relation."""

    id: ClassVar[str] = "came"
    title = "Records"

    def __init__(self, data: Dataset, edges: Edges) -> None:
        self._counts = data.counts
        self._relations = {relation: edges.count(relation) for relation in sorted(edges.sources, key=edges.count)[::-1]}

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        counts = sorted(self._counts.items(), key=lambda one: -one[1])
        tiles = [
            h("div", h("dt", _called(kind, count)), h("dd", html.number(count)))
            for kind, count in counts
            if kind not in _UNSEEN
        ]
        if not tiles:
            return h("p", "Nothing came.")
        parts = [h("dl", tiles, class_="tiles")]
        if len(self._relations) > 1:
            every = sum(self._relations.values())
            parts.append(html.bars("Edges by relation", "Relation", list(self._relations.items()), every, "Edges"))
        return html.join(parts)


class Missing:
    """Says in one line whether the data set is complete. The line opens, and names everything that is missing."""

    id: ClassVar[str] = "completeness"

    def __init__(self, data: Dataset) -> None:
        self._completeness = data.completeness
        self._absent = data.counts.get("gone", 0)
        self._rechecked = {row["spider"] for row in data.crawls} == {"recheck"}
        self._actions: Counter[str] = Counter()
        if data.counts.get("action"):
            self._actions.update(row["status"] for row in data.records("action"))
        self._origin = data.origin
        self._endpoints: dict[str, Counter[str]] = {}
        self._short: dict[_Ending, list[_Short]] = {}
        self._objects: list[str] = []
        self.subjects: dict[str, None] = {}
        """The subjects of the lists that were walked, in the order of their records."""
        self._rejected = list(data.rejected())
        for row in data.records("listing"):
            self._add(row)

    def urns(self) -> Iterable[str]:
        yield from self._objects
        for group in self._short.values():
            yield from (one[0] for one in group)

    def html(self, names: Names) -> Html:
        words, quality = self._verdict()
        parts = [part for part in self._details(names) if part]
        if not parts:
            return h("p", words, class_=f"verdict {quality}", id=self.id)
        summary = h("summary", h("span", words))
        return h("details", summary, h("div", parts), class_=f"verdict {quality}", id=self.id)

    def _details(self, names: Names) -> Iterable[Html | None]:
        if self._endpoints:
            yield self._walked()
            yield html.note(
                "Announced is what the API says there is; it often counts accounts and tracks that are gone, which no "
                "list holds."
            )
            yield self._behind()
        yield from (self._group(key, group, names) for key, group in sorted(self._short.items()))
        yield self._gone(names)
        yield self._refused()

    def _walked(self) -> Html:
        """The lists that were walked, by endpoint: a sentence for one endpoint, else a table."""
        rows = [_row(endpoint, counts) for endpoint, counts in sorted(self._endpoints.items())]
        if len(rows) > 1:
            headers = ["List", "Walked", "Complete", "Announced", "Fetched"]
            return html.table("Lists that were walked, by endpoint", headers, rows, numeric=range(1, 5))
        ((endpoint, walked, complete, announced, fetched),) = rows
        words = f": {walked:,} walked, {complete:,} complete, {fetched:,} fetched"
        if announced is not None:
            words += f" of {announced:,} announced"
        return h("p", h("code", endpoint), f"{words}.")

    def _verdict(self) -> tuple[Html, str]:
        """One line that says whether the data set is complete, and its colour: good, short or unknown."""
        state = self._completeness
        if not state.known:
            words = f"It is not known whether the data set is complete: it has no listing records{state.remark}."
            return html.text(words), "unknown"
        if state.is_complete and self._rechecked and not self._absent:
            return html.join(h("strong", "Nothing is gone. "), "Everything that was asked for is still there."), "good"
        if state.is_complete:
            return html.join(h("strong", "Complete. "), _complete(state.listings, self._absent)), "good"
        if state.is_limited:
            limited = html.counted(state.endings["limit"], "list")
            words = f"{limited} of {state.listings:,} ended at the limit that was asked for."
            return html.join(h("strong", "As asked. "), words), "good"
        if undone := sum(count for status, count in self._actions.items() if status not in _DONE):
            of = html.counted(self._actions.total(), "action")
            words = f"{undone:,} of {of} not done{state.remark}. The plan below says why."
            if state.complete == state.listings:
                return html.join(h("strong", "Not complete. "), words), "short"
        words = f"{state.complete:,} of {state.listings:,} lists were walked to the end with nothing missing"
        if state.listings == 1:
            words = "The list was walked to the end with nothing missing"
            if not state.complete:
                words = "The list was not walked to the end, or something of it is missing"
        if not state.listings:
            words = "There were no lists to walk"
        return html.join(h("strong", "Not complete. "), f"{words}{state.remark}."), "short"

    def _add(self, row: dict[str, Any]) -> None:
        if row["subject"]:
            self.subjects[row["subject"]] = None
        counts = self._endpoints.setdefault(row["endpoint"], Counter())
        counts["listings"] += 1
        counts["fetched"] += row["fetched"]
        if row["announced"] is not None:
            counts["told"] += 1
            counts["announced"] += row["announced"]
        if row["complete"]:
            counts["complete"] += 1
            return
        ended = how(row)
        said = row["error"] or ""
        if row["ended"] == "limit" or said == ended:  # at a limit, each list may have its own `since`
            said = ""
        one = (row["subject"] or "", row["fetched"], row["announced"], row["rejected"])
        self._short.setdefault((row["endpoint"], ended, said), []).append(one)
        self._objects += row["missing"]

    def _group(self, key: _Ending, group: list[_Short], names: Names) -> Html:
        endpoint, ended, error = key
        items = [_item(one, names) for one in group]
        words = f": {len(group):,} {_ENDED.get(ended, ended)}"
        if error:
            words += f" ({error})"
        summary = h("summary", h("code", endpoint), words)
        return h("details", summary, h("ul", items, class_="names"), open=len(group) <= _FEW)

    def _behind(self) -> Html | None:
        """Sums up the lists that gave fewer rows than announced."""
        if fallen := self._completeness.fallen:
            return html.note(f"{fallen}.")
        return None

    def _gone(self, names: Names) -> Html | None:
        if not self._objects:
            return None
        items = [h("li", names[urn].html) for urn in self._objects]
        words = f"{html.counted(len(items), 'object')} listed, but not available"
        return h("details", h("summary", words), h("ul", items, class_="names"), open=len(items) <= _FEW)

    def _refused(self) -> Html | None:
        count = len(self._rejected)
        if not count:
            if not self._completeness.rejected:
                return None
            objects = html.counted(self._completeness.rejected, "object")
            return h("p", f"{objects} rejected; the file that names them is not here.")
        items = [
            h("li", f"{one.kind} ", _name(one, self._origin), h("span", ": ", "; ".join(one.reasons), class_="note"))
            for one in self._rejected
        ]
        files = ", ".join(dict.fromkeys(one.file.name for one in self._rejected))
        objects = html.counted(count, "object refused by its schema", "objects refused by their schemas")
        summary = h("summary", f"{objects}, whole in ", h("bdi", files))
        return h("details", summary, h("ul", items, class_="names"), open=count <= _FEW)


def _complete(listings: int, gone: int) -> str:
    """The verdict on a complete data set. `gone`: objects that the API no longer has."""
    if listings == 0 and gone:
        return f"Everything was asked for; {html.counted(gone, 'object is', 'objects are')} gone."
    if listings == 0:
        return "Everything that was asked for came; there were no lists to walk."
    lists = {1: "The list was", 2: "Both lists were"}.get(listings, f"All {listings:,} lists were")
    return f"{lists} walked to the end, nothing missing."


def _row(endpoint: str, counts: Counter[str]) -> list[Any]:
    announced: int | None = None
    if counts["told"]:
        announced = counts["announced"]
    walked, complete = counts["listings"], counts["complete"]
    return [endpoint, walked, complete, announced, counts["fetched"]]


def _item(one: _Short, names: Names) -> Html:
    subject, fetched, announced, rejected = one
    detail = f": {fetched:,}"
    if announced is not None:
        detail += f" of {announced:,}"
    detail += " fetched"
    if rejected:
        detail += f", {rejected:,} rejected"
    called: Html | str = "without a subject"
    if subject:
        called = names[subject].html
    return h("li", called, h("span", detail, class_="note"))


def _name(one: Rejected, origin: Origin) -> Html:
    """The name of a rejected object, as far as it has one."""
    given = one.object
    words = [given.get(name) for name in ("username", "title", "permalink", "urn", "id", "body")]
    ends = " → ".join(str(given[end]) for end in ("source", "target") if given.get(end))
    title = next((str(word) for word in words if word not in (None, "")), ends or "without a name")[:200]
    urn = str(given.get("urn") or title)
    name = html.name(title, origin.link(given.get("permalink_url")))
    if urn == title:
        return name
    return html.join(name, f" ({urn})")


def _called(kind: str, count: int) -> str:
    words = _WORDS.get(kind, (kind, f"{kind}s"))
    return words[count != 1].replace("_", " ")


def _moment(text: str | None) -> Html | None:
    if not text:
        return None
    return h("time", text.replace("T", " ").replace("Z", " UTC"), datetime=text)


def _took(start: str, end: str | None) -> str | None:
    if not end:
        return None
    seconds = int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    hours, rest = divmod(max(seconds, 0), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{n:,} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if n]
    return " ".join(parts) or "less than a second"
