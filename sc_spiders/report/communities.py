"""The communities of a network, named by what their members share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.libraries import library

from . import html
from .html import Cell, Html, h
from .names import Names
from .network import Network

_MUCH = 0.15
"""Of a community's members: so many share what it is called by."""
_MORE = 1.5
"""And it is so many times as frequent among them as among all."""
_SHARED = 2

_CITIES = """
SELECT community, mode(trim(city)), count(*) FROM community_member JOIN user USING (urn)
WHERE trim(city) <> '' GROUP BY community, lower(trim(city))
"""
# The genres and tags of what members posted, liked and reposted. Each member counts once for each.
_MUSIC = """
WITH heard AS (
    SELECT community, member.urn AS member, track.genre, track.tag_list
    FROM community_member AS member JOIN track ON track.user_urn = member.urn
    UNION ALL
    SELECT community, member.urn, track.genre, track.tag_list
    FROM community_member AS member JOIN track ON track.urn = member.urn
    UNION ALL
    SELECT community, source, track.genre, track.tag_list
    FROM community_member AS member JOIN edge ON edge.source = member.urn JOIN track ON track.urn = edge.target
    WHERE relation IN ('likes', 'reposts', 'posts', 'plays')
), words AS (
    SELECT community, member, lower(trim(genre)) AS word FROM heard WHERE trim(genre) <> ''
    UNION
    SELECT community, member, lower(trim(unnest(regexp_extract_all(tag_list, '"[^"]+"|[^\\s"]+')), ' "'))
    FROM heard WHERE tag_list <> ''
)
SELECT community, word, count(*) FROM words WHERE word <> '' GROUP BY ALL
"""

_Counts = list[Counter[str]]


class Communities:
    """Groups of accounts that have more links among themselves than with others."""

    id: ClassVar[str] = "communities"
    title = "Communities"

    def __init__(self, data: Dataset, network: Network) -> None:
        self._network = network
        self._shared: list[list[str]] = []
        if len(network.sizes) > 1:
            self._shared = self._find(data)

    def urns(self) -> Iterable[str]:
        return ()

    def names(self, names: Names) -> list[str]:
        """What the largest communities are called."""
        return [self._called(number, names) for number in range(len(self._shared))]

    def html(self, names: Names) -> Html | None:
        network = self._network
        if len(network.sizes) < 2:
            return None
        rows = [self._row(number, names) for number in range(len(network.communities))]
        return html.join(
            html.note(
                f"Found by the Louvain method among all {network.nodes:,}. A community is called by the genres, tags "
                "and cities that are more frequent in it than elsewhere, and by its most connected account."
            ),
            html.table(
                "Communities, the largest first",
                ["No.", "Community", "Members", "Most followed", "Countries"],
                rows,
                numeric=[0, 2],
            ),
            html.and_more(len(network.sizes) - len(rows), "smaller ones"),
        )

    def _find(self, data: Dataset) -> list[list[str]]:
        """What the members of each community share: genres and tags, then cities."""
        np = library("numpy", "the network")
        urns, groups = self._network.members
        db, count = data.connection, len(self._network.communities)
        db.register("members", {"urn": np.array(urns, dtype=object), "community": groups})
        db.execute("CREATE TEMP TABLE community_member AS FROM members")
        db.unregister("members")
        music, cities = (_counted(db.execute(query).fetchall(), count) for query in (_MUSIC, _CITIES))
        db.execute("DROP TABLE community_member")
        sizes = self._network.sizes[:count]
        return [
            [*_telling(music, sizes, number, _SHARED), *_telling(cities, sizes, number, 1)] for number in range(count)
        ]

    def _called(self, number: int, names: Names) -> str:
        followed = [names[self._network.drawn[member]].called for member in self._followed(number)]
        return " · ".join([*self._shared[number], *(f"around {name}" for name in followed[:1])])

    def _followed(self, number: int) -> list[int]:
        incoming, outgoing = self._network.incoming, self._network.outgoing
        members = self._network.communities[number]
        return sorted(members, key=lambda member: (-incoming[member], -outgoing[member]))[:4]

    def _row(self, number: int, names: Names) -> list[Cell]:
        drawn, members = self._network.drawn, self._network.communities[number]
        countries = Counter(filter(None, (names[drawn[member]].country for member in members)))
        return [
            h("span", h("i", class_=f"key c{number}"), f" {number + 1}"),
            html.text(self._called(number, names)),
            self._network.sizes[number],
            html.listed(names[drawn[member]].html for member in self._followed(number)),
            html.listed([html.region(code), f" {count}"] for code, count in countries.most_common(3)),
        ]


def _counted(rows: list[tuple[Any, ...]], communities: int) -> _Counts:
    counts: _Counts = [Counter() for _ in range(communities)]
    for community, word, count in rows:
        counts[community][word] += count
    return counts


def _telling(counts: _Counts, sizes: list[int], number: int, most: int) -> list[str]:
    """The words that many members of a community share, and not as many of the others."""
    everywhere: Counter[str] = Counter()
    for one in counts:
        everywhere.update(one)
    found = []
    for word, count in counts[number].items():
        share, usual = count / sizes[number], everywhere[word] / sum(sizes)
        if count > 1 and share >= _MUCH and share >= _MORE * usual:
            found.append((share / usual * share, word))
    return [word for _, word in sorted(found, reverse=True)[:most]]
