"""What was asked, what came, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset, Rejected
from sc_spiders.dataset.origin import Origin
from sc_spiders.pages.announced import how, told

from . import html, svg
from .edges import Edges
from .html import Html, h
from .names import Names

_UNSEEN = frozenset({"crawl", "listing"})
_WORDS = {"activity": ("activity", "activities")}
_FEW = 12
"""Names that are seen without opening their list."""
_ENDED = {
    "end": "came to its end, but not with everything",
    "short": "gave fewer rows than its own answer counts, or none where there are some",
    "limit": "ended at the limit that was asked for",
    "loop": "came back to a page it had had",
    "empty_pages": "ended in empty pages",
    "not_found": "not found",
    "forbidden": "forbidden",
    "blocked": "blocked; the same command tries again",
    "error": "failed",
    "credentials": "refused for the credentials; the same command tries again",
    "interrupted": "interrupted; the same command goes on",
}


class Asked:
    """What was asked: the crawl records."""

    id: ClassVar[str] = "asked"
    title = "What was asked"

    def __init__(self, data: Dataset) -> None:
        self._crawls = data.crawls

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        if not self._crawls:
            return h("p", "The data set holds no crawl record: SC_KINDS left it out, or the crawl was killed.")
        return html.join([self._one(row) for row in self._crawls])

    def _one(self, row: dict[str, Any]) -> Html:
        facts: list[tuple[str, Any]] = [("Spider", h("code", row["spider"]))]
        facts += [(key, h("bdi", str(value))) for key, value in row["arguments"].items()]
        facts += [("API", row["api"]), ("Begun", _moment(row["started_at"])), ("Ended", _moment(row["finished_at"]))]
        facts.append(("Took", _took(row["started_at"], row["finished_at"])))
        facts.append(("Ended as", row["finish_reason"] or "it did not end"))
        facts += [(f"Version of {key}", value) for key, value in row["versions"].items() if value]
        return h("dl", [h("div", h("dt", key), h("dd", value)) for key, value in facts])


class Came:
    """What came: records a kind, edges a relation."""

    id: ClassVar[str] = "came"
    title = "What came"

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
        most = max(self._relations.values(), default=1)
        rows = [[relation, count, svg.bar(count / most)] for relation, count in self._relations.items()]
        edges = (
            html.table("Edges by relation", ["Relation", "Edges", ""], rows, numeric=[1], narrow=True) if rows else None
        )
        return html.join(h("dl", tiles, class_="tiles"), edges)


class Missing:
    """Completeness, with all that is missing by name."""

    id: ClassVar[str] = "completeness"
    title = "Completeness"

    def __init__(self, data: Dataset) -> None:
        self._completeness = data.completeness
        self._origin = data.origin
        self._endpoints: dict[str, Counter[str]] = {}
        self._short: dict[tuple[str, str, str], list[tuple[str, int, int | None, int]]] = {}
        self._objects: list[str] = []
        self.subjects: dict[str, None] = {}
        """What lists were walked of, in the order of their records."""
        self._rejected = list(data.rejected())
        for row in data.records("listing"):
            self._add(row)

    def urns(self) -> Iterable[str]:
        yield from self._objects
        for group in self._short.values():
            yield from (one[0] for one in group)

    def html(self, names: Names) -> Html | None:
        if not self._endpoints:
            return html.join(self.verdict(), self._refused())
        rows = []
        for endpoint, counts in sorted(self._endpoints.items()):
            share = counts["complete"] / counts["listings"]
            announced = counts["announced"] if counts["told"] else None
            rows.append(
                [
                    h("code", endpoint),
                    counts["listings"],
                    counts["complete"],
                    svg.bar(share),
                    announced,
                    counts["fetched"],
                ]
            )
        headers = ["List", "Walked", "Complete", "", "Announced", "Fetched"]
        return html.join(
            self.verdict(),
            html.table("Lists that were walked, by endpoint", headers, rows, numeric=[1, 2, 4, 5]),
            h(
                "p",
                "Announced is what the API says there is; it often counts accounts and tracks that are gone, which no "
                "list holds.",
                class_="note",
            ),
            self._behind(),
            [self._group(key, group, names) for key, group in sorted(self._short.items())],
            self._gone(names),
            self._refused(),
        )

    def verdict(self) -> Html:
        """In one line, and by colour: whether the data set is complete."""
        state = self._completeness
        if not state.known:
            words = f"Whether it is complete is not known: it holds no listing records{state.but}."
            return h("p", words, class_="verdict unknown")
        words = f"{state.complete:,} of {html.counted(state.listings, 'list')} walked to the end with nothing missing"
        if not state.listings:
            words = "there were no lists to walk"
        if state.is_complete and not state.listings:
            return h("p", h("strong", "Complete. "), f"What was asked for came; {words}.", class_="verdict good")
        if state.is_complete:
            lists = {1: "The list was", 2: "Both lists were"}.get(state.listings, f"All {state.listings:,} lists were")
            words = f"{lists} walked to the end, nothing missing."
            return h("p", h("strong", "Complete. "), words, class_="verdict good")
        if state.is_limited:
            limited = html.counted(state.endings["limit"], "list")
            words = f"{limited} of {state.listings:,} ended at the limit that was asked for."
            return h("p", h("strong", "As asked. "), words, class_="verdict good")
        return h(
            "p", h("strong", "Not complete. "), f"{words[:1].upper()}{words[1:]}{state.but}.", class_="verdict short"
        )

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
        said = row["error"] if row["ended"] != "limit" else None  # each may have a bound of its own
        ended = how(row)
        key = (row["endpoint"], ended, said if said and said != ended else "")
        one = (row["subject"] or "", row["fetched"], row["announced"], row["rejected"])
        self._short.setdefault(key, []).append(one)
        self._objects += row["missing"]

    def _group(self, key: tuple[str, str, str], group: list[tuple[str, int, int | None, int]], names: Names) -> Html:
        endpoint, ended, error = key
        items = []
        for subject, fetched, announced, rejected in group:
            got = f"{fetched:,} of {announced:,}" if announced is not None else f"{fetched:,}"
            detail = f": {got} fetched" + (f", {rejected:,} rejected" if rejected else "")
            items.append(
                h("li", names[subject].html if subject else "without a subject", h("span", detail, class_="note"))
            )
        words = [h("code", endpoint), f": {len(group):,} {_ENDED.get(ended, ended)}", f" ({error})" if error else None]
        return h("details", h("summary", words), h("ul", items, class_="names"), open=len(group) <= _FEW)

    def _behind(self) -> Html | None:
        """That lists gave fewer rows than were announced, all together."""
        fallen = told(self._completeness.behind)
        return h("p", f"{fallen}.", class_="note") if fallen else None

    def _gone(self, names: Names) -> Html | None:
        if not self._objects:
            return None
        items = [h("li", names[urn].html) for urn in self._objects]
        words = f"{html.counted(len(items), 'object')} listed, but not to be had"
        return h("details", h("summary", words), h("ul", items, class_="names"), open=len(items) <= _FEW)

    def _refused(self) -> Html | None:
        count = len(self._rejected)
        if not count:
            if not self._completeness.rejected:
                return None
            words = (
                f"{html.counted(self._completeness.rejected, 'object')} rejected; the file that names them is not here."
            )
            return h("p", words)
        items = [
            h("li", f"{one.kind} ", _name(one, self._origin), h("span", ": ", "; ".join(one.reasons), class_="note"))
            for one in self._rejected
        ]
        files = ", ".join(dict.fromkeys(one.file.name for one in self._rejected))
        words = (
            f"{html.counted(count, 'object')} refused by {'its schema' if count == 1 else 'their schemas'}, whole in "
        )
        return h(
            "details",
            h("summary", words, h("bdi", files)),
            h("ul", items, class_="names"),
            open=count <= _FEW,
        )


def _name(one: Rejected, origin: Origin) -> Html:
    """Who or what was rejected, as far as the object says."""
    given = one.object
    words = [given.get(name) for name in ("username", "title", "permalink", "urn", "id", "body")]
    ends = " → ".join(str(given[end]) for end in ("source", "target") if given.get(end))
    title = next((str(word) for word in words if word not in (None, "")), ends or "without a name")[:200]
    urn = str(given.get("urn") or title)
    return html.join(html.name(title, origin.link(given.get("permalink_url"))), f" ({urn})" if urn != title else None)


def _called(kind: str, count: int) -> str:
    words = _WORDS.get(kind, (kind, f"{kind}s"))
    return words[count != 1].replace("_", " ")


def _moment(text: str | None) -> Html | None:
    return h("time", text.replace("T", " ").replace("Z", " UTC"), datetime=text) if text else None


def _took(start: str, end: str | None) -> str | None:
    if not end:
        return None
    seconds = int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    hours, rest = divmod(max(seconds, 0), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{n:,} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if n]
    return " ".join(parts) or "less than a second"
