"""The best connected accounts of a graph, the distribution of degrees, and what many of its people like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.libraries import library

from . import html, svg
from .edges import Edges
from .html import Cell, Html, h
from .measures import pagerank
from .names import Named, Names

_SHOWN = 25
_MOST_FOLLOWED = """
SELECT urn FROM user WHERE followers_count > 0 ORDER BY followers_count DESC, urn LIMIT $most
"""
_POINTS = 5
"""A line of fewer points says nothing."""


class TopAccounts:
    """The accounts with most followers in the data set, with their PageRank."""

    id: ClassVar[str] = "accounts"
    title = "Top accounts"

    def __init__(self, data: Dataset, edges: Edges) -> None:
        self._rows: list[tuple[str, int, int, float]] = []
        self._everywhere: list[str] = []
        if edges.count("follows"):
            np = library("numpy", "the report")
            sources, targets = (np.frombuffer(ends["follows"], np.int32) for ends in (edges.sources, edges.targets))
            total = len(edges.urns)
            incoming, outgoing = np.bincount(targets, minlength=total), np.bincount(sources, minlength=total)
            rank = pagerank(total, sources, targets)
            best = [n for n in np.argsort(-incoming, kind="stable")[:_SHOWN] if incoming[n]]
            self._rows = [(edges.urns[n], int(incoming[n]), int(outgoing[n]), float(rank[n])) for n in best]
            if max(incoming[best[1:]], default=0) < 2:  # here, all are equal
                self._everywhere = [urn for (urn,) in data.rows(_MOST_FOLLOWED, most=_SHOWN)]

    def urns(self) -> Iterable[str]:
        return [*self._everywhere, *(row[0] for row in self._rows)]

    def html(self, names: Names) -> Html | None:
        if self._everywhere:
            return _by_all_followers([names[urn] for urn in self._everywhere])
        if not self._rows:
            return None
        most, highest = self._rows[0][1] or 1, max(row[3] for row in self._rows) or 1
        rows: list[list[Cell]] = []
        for urn, incoming, outgoing, rank in self._rows:
            one = names[urn]
            bar = html.bar(incoming / most)
            rows.append(
                [
                    one.html,
                    incoming,
                    bar,
                    outgoing,
                    html.Sorted(f"{rank / highest:.2f}", rank),
                    one.count,
                    html.region(one.country),
                ]
            )
        headers = ["Account", "Followers here", "", "Follows here", "PageRank", "Followers in all", "Country"]
        return html.join(
            html.note("Counted among the accounts of this data set. PageRank is relative to the highest one here."),
            html.table("Accounts with most followers in this data set", headers, rows, numeric=[1, 3, 4, 5]),
        )


def _by_all_followers(accounts: list[Named]) -> Html:
    """Accounts of which the data set has but one follower each, by all the followers that they have."""
    most = max(one.count or 0 for one in accounts) or 1
    rows: list[list[Cell]] = [
        [one.html, one.count, html.bar((one.count or 0) / most), html.region(one.country)] for one in accounts
    ]
    headers = ["Account", "Followers in all", "", "Country"]
    return html.table("Accounts with most followers", headers, rows, numeric=[1], narrow=True, first=15)


class Degrees:
    """How many accounts have how many followers and followings."""

    id: ClassVar[str] = "degrees"
    title = "Degrees"

    def __init__(self, edges: Edges) -> None:
        self._series: list[tuple[str, list[svg.Place]]] = []
        self._facts: list[list[Any]] = []
        if edges.count("follows"):
            np = library("numpy", "the report")
            for words, ends in (("followers", edges.targets), ("followings", edges.sources)):
                degrees = np.bincount(np.frombuffer(ends["follows"], np.int32))
                self._add(np, words, degrees[degrees > 0])

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        if max((len(points) for _, points in self._series), default=0) < _POINTS:
            return None
        label = (
            "Accounts with at least this many followers and followings, both axes logarithmic. The table has figures."
        )
        return html.join(
            svg.log_lines(label, "at least this many, in this data set", "accounts", self._series),
            html.table(
                "Followers and followings of an account, in this data set",
                ["", "Accounts", "Mean", "Median", "Highest tenth from", "Highest"],
                self._facts,
                numeric=range(1, 6),
            ),
        )

    def _add(self, np: Any, words: str, degrees: Any) -> None:
        values, counts = np.unique(degrees, return_counts=True)
        at_least = counts[::-1].cumsum()[::-1]
        self._series.append((words, _thinned(list(zip(values.tolist(), at_least.tolist(), strict=True)))))
        middle, tenth = np.percentile(degrees, [50, 90])
        self._facts.append(
            [words, len(degrees), round(float(degrees.mean()), 1), int(middle), int(tenth), int(degrees.max())]
        )


_MOST = {"likes": "Most liked", "reposts": "Most reposted"}


class TopTracks:
    """The tracks that most people of the data set like and repost."""

    id: ClassVar[str] = "tracks"

    def __init__(self, edges: Edges) -> None:
        # A count of 1 and a relation with a single track do not show that a track is popular. Both are left out.
        self._counts: dict[str, list[tuple[int, int]]] = {}
        self._urns: dict[int, str] = {}
        for relation in _MOST:
            counts = Counter(edges.targets.get(relation, ()))
            several = [(number, count) for number, count in counts.most_common(_SHOWN) if count > 1]
            if len(counts) > 1 and several:
                self._counts[relation] = several
                self._urns |= {number: edges.urns[number] for number, _ in several}
        self.title = " and ".join(_MOST[relation] for relation in self._counts).replace("and Most ", "and ")

    def urns(self) -> Iterable[str]:
        return self._urns.values()

    def html(self, names: Names) -> Html | None:
        if not self._counts:
            return None
        parts = []
        for relation, counts in self._counts.items():
            rows = []
            for number, count in counts[:12]:
                one = names[self._urns[number]]
                rows.append([one.html, one.by_html, count, html.bar(count / counts[0][1])])
            parts.append(
                html.table(f"{_MOST[relation]} in this data set", ["Title", "By", "Times", ""], rows, numeric=[2])
            )
        return h("div", parts, class_="columns")


def _thinned(points: list[svg.Place], most: int = 400) -> list[svg.Place]:
    """At most `most` of the points, and the last one. A line through them looks the same."""
    step = -(-len(points) // most)
    if step == 1:
        return points
    return [*points[::step], points[-1]]
