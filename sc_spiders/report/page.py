"""The page of a data set: its sections in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from sc_spiders.dataset import Dataset, replacing

from . import titles
from .accounts import Degrees, TopAccounts, TopTracks
from .actions import Actions, Gone
from .asked import seeds
from .cards import Cards
from .comments import Comments
from .communities import Communities
from .drawing import Drawing
from .edges import Edges
from .frame import whole
from .html import Html, h
from .listed import Lists
from .music import InTime, Plays, Rights, Tags, Years
from .names import Names
from .network import Network
from .overview import Asked, Came, Missing
from .people import Places, Plans
from .ranking import Ranking
from .section import Section
from .shelf import Shelf


def write(data: Dataset, path: Path) -> None:
    """Writes the report of `data` to `path`. Raises OutputRefused, MissingLibrary, OSError."""
    page = render(data)
    with replacing(path) as new:
        new.write_text(page, encoding="utf-8")


def render(data: Dataset) -> str:
    """The page."""
    edges = Edges(data)
    asked = [seeds(data, [crawl]) for crawl in data.crawls]
    every = list(dict.fromkeys(chain.from_iterable(asked)))
    missing = Missing(data)
    subjects = dict.fromkeys([*every, *missing.subjects])
    sections = _sections(data, edges, every, subjects)
    wanted = chain(every, missing.urns(), chain.from_iterable(section.urns() for section in sections))
    names = Names(data, wanted)
    bodies = [(section.id, section.title, body) for section in sections if (body := section.html(names))]
    titled = [titles.title(crawl, _who(urns, names)) for crawl, urns in zip(data.crawls, asked, strict=True)]
    when = ""
    if data.crawls:
        when = titles.days(data.crawls)
    under = [h("p", titles.summed(data.counts), class_="summary"), _crawls(data, titled), missing.html(names)]
    return whole(titles.together(titled), data, under, bodies, when)


def _sections(data: Dataset, edges: Edges, asked: list[str], subjects: dict[str, None]) -> Sequence[Section]:
    """The sections in their order: the picture first, then the music, the people, the lists, and how it came."""
    network = Network(edges, asked)
    communities = Communities(data, network)
    comments, ranking, shelf, in_time = Comments(data), Ranking(edges), Shelf(edges, subjects), InTime(data)
    drawing = Drawing(network, communities)
    pictures: list[Section] = [ranking, shelf, in_time, drawing, comments]
    if comments.has_picture:
        pictures = [comments, ranking, shelf, in_time, drawing]
    if network.shows_people and not network.is_star:
        pictures = [drawing, ranking, shelf, in_time, comments]
    return (
        Actions(data),
        Gone(data),
        *pictures,
        Cards(data),
        TopTracks(edges),
        Tags(data),
        Years(data),
        Plays(data),
        Rights(data),
        communities,
        TopAccounts(data, edges),
        Degrees(edges),
        Places(data),
        Plans(data),
        Lists(edges, subjects),
        Came(data, edges),
        Asked(data),
    )


def _who(urns: Iterable[str], names: Names) -> list[str]:
    """The names of seeds. Without a record, a URN is no name."""
    found = []
    for urn in urns:
        one = names[urn]
        if one.title == urn:
            continue
        name = one.title
        if one.by:
            name += f" by {one.by}"
        found.append(name)
    return found


def _crawls(data: Dataset, titled: list[str]) -> Html | None:
    """The crawls of the data set, if there are several."""
    if len(titled) < 2:
        return None
    items = [
        h("li", h("bdi", title), ", ", h("time", titles.day(crawl["started_at"]), datetime=crawl["started_at"]))
        for title, crawl in zip(titled, data.crawls, strict=True)
    ]
    words = f"The page shows {len(items):,} crawls as one data set: what was last seen of each list and object."
    shown = h("ul", items[:12], len(items) > 12 and h("li", f"and {len(items) - 12:,} more"))
    return h("div", h("p", words), shown, class_="crawls")
