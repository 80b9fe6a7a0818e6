"""The whole page: its sections in order, with its style and its script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from pathlib import Path

from sc_spiders.dataset import Dataset, replacing

from .accounts import Countries, Degrees, TopAccounts, TopTracks
from .asked import seeds
from .comments import Comments
from .edges import Edges
from .html import Html, counted, h
from .lists import Contents, Ranks
from .names import Names
from .network import Communities, Network
from .overview import Asked, Came, Missing
from .section import Section
from .walked import Walked

Part = tuple[str, str, Html]
"""A section: its id, its title, its content."""

_SUMMED = ("user", "track", "playlist", "comment", "selection", "edge")
# Arguments that name the subject of a crawl.
_SUBJECTS = ("user", "q", "track", "playlist", "tag", "url", "path", "genre")


def write(data: Dataset, path: Path) -> None:
    """Writes the report of `data` to `path`. Raises OutputRefused, MissingLibrary, OSError."""
    page = render(data)
    with replacing(path) as new:
        new.write_text(page, encoding="utf-8")


def render(data: Dataset) -> str:
    """The page."""
    edges = Edges(data)
    asked = seeds(data)
    network, missing = Network(edges, asked), Missing(data)
    subjects = dict.fromkeys([*asked, *missing.subjects])
    sections: Sequence[Section] = (
        Came(data, edges),
        network,
        TopAccounts(edges),
        Degrees(edges),
        Countries(data),
        Communities(network),
        TopTracks(edges),
        Comments(data),
        Ranks(edges),
        Contents(edges, subjects),
        Walked(edges, subjects),
        missing,
        Asked(data),
    )
    names = Names(data, chain.from_iterable(section.urns() for section in sections))
    bodies = [(section, body) for section in sections if (body := section.html(names))]
    title = _title(data)
    return whole(
        title,
        data,
        [_summary(data), missing.verdict()],
        [(section.id, section.title, body) for section, body in bodies],
        script=_file("report.js"),
    )


def whole(title: str, data: Dataset, under: list[Html], sections: Sequence[Part], script: str = "") -> str:
    """A page of HTML. `under`: what stands under its title. `data`: tells where the data is from."""
    if data.origin.mark:
        title += f" ({data.origin.mark})"
    main = h(
        "main",
        [
            h("section", h("h2", heading, id=f"{id_}-title"), body, id=id_, aria_labelledby=f"{id_}-title")
            for id_, heading, body in sections
        ],
        id="main",
    )
    contents = h("ul", [h("li", h("a", heading, href=f"#{id_}")) for id_, heading, _ in sections])
    body = h(
        "body",
        h("a", "Skip to the content", href="#main", class_="skip"),
        h("header", h("p", h("bdi", data.origin.words), class_="kicker"), h("h1", h("bdi", title)), under),
        h("nav", contents, aria_label="Contents"),
        main,
        h("footer", h("p", "Made by sc_spiders. The page is self-contained: nothing is loaded from anywhere.")),
        h("script", Html(script)),
    )
    return f"<!doctype html>\n{h('html', _head(title, script), body, lang='en')}\n"


def _head(title: str, script: str) -> Html:
    style = _file("report.css")
    # The browser accepts only this script and style, even if a name holds markup, and loads or sends nothing.
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", name="referrer", content="no-referrer"),
        h("title", f"{title} – report"),  # noqa: RUF001 - a dash it is
        h("style", Html(style)),
    )


def _title(data: Dataset) -> str:
    if not data.crawls:
        return "A data set"
    titles = []
    for crawl in data.crawls:
        arguments = crawl["arguments"]
        subject = next((str(arguments[name]) for name in _SUBJECTS if arguments.get(name)), "")
        title = crawl["spider"]
        if title == "charts":
            title = f"{arguments.get('kind', '')} charts".strip()
        if subject:
            title += f": {_shortened(subject.split(','))}"
        titles.append(title)
    return _shortened(list(dict.fromkeys(titles)))


def _shortened(several: list[str]) -> str:
    first = several[0].strip()
    if len(several) == 1:
        return first
    return f"{first} and {len(several) - 1:,} more"


def _summary(data: Dataset) -> Html:
    counts = [counted(data.counts[kind], kind) for kind in _SUMMED if data.counts.get(kind)]
    day: list[Html | str] = []
    if data.crawls:
        when = data.crawls[0]["started_at"][:10]
        day = [h("time", when, datetime=when), " · "]
    return h("p", day, ", ".join(counts) or "no records", class_="summary")


def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
