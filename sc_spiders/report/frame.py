"""Puts a page together: head, style, script and sections."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib.resources import files

from sc_spiders.dataset import Dataset

from . import titles
from .html import Html, h

Part = tuple[str, str, Html]
"""A section: its id, its title, its content."""

_SCRIPTS = ("page.js", "tables.js", "pictures.js", "network.js")


def whole(title: str, data: Dataset, under: Iterable[Html | None], sections: Sequence[Part], when: str = "") -> str:
    """A page of HTML. `under`: what stands under its title. `data`: tells where the data is from."""
    mark = data.origin.mark and f"({data.origin.mark})"
    main = h(
        "main",
        [
            h("section", h("h2", title, id=f"{id_}-title"), body, id=id_, aria_labelledby=f"{id_}-title")
            for id_, title, body in sections
        ],
        id="main",
    )
    contents = h("ul", [h("li", h("a", title, href=f"#{id_}")) for id_, title, _ in sections])
    notes = [[" ", h("span", words, class_=name)] for name, words in (("when", when), ("mark", mark)) if words]
    body = h(
        "body",
        h("a", "Skip to the content", href="#main", class_="skip"),
        h(
            "header",
            h("p", h("bdi", data.origin.words), class_="kicker"),
            h("h1", h("bdi", title), notes),
            under,
        ),
        h("nav", contents, aria_label="Contents"),
        main,
        h("footer", h("p", "Made by sc_spiders. The page is self-contained: nothing is loaded from anywhere.")),
        h("script", Html(_script())),
        data_source=_source(data),
        class_=_mark(data),
    )
    if when:
        title += f", {when}"
    if mark:
        title += f" {mark}"
    return f"<!doctype html>\n{h('html', _head(title), body, lang='en')}\n"


def _source(data: Dataset) -> str:
    """Where the data is from and when it was crawled, for the corner of a picture."""
    origin = data.origin.mark.capitalize() or "SoundCloud"
    if not data.origin.is_told:
        return "Origin not known"
    return f"{origin}, {titles.days(data.crawls)}"


def _mark(data: Dataset) -> str | None:
    """The class of a page whose pictures say that they are not of SoundCloud."""
    if data.origin.is_invented:
        return "invented"
    if data.origin.is_elsewhere:
        return "elsewhere"
    return None


def _head(title: str) -> Html:
    style, script = _file("report.css"), _script()
    # The browser accepts only this script and style, even if a name holds markup, and loads or sends nothing. An
    # image may come from the page itself: the one of which a PNG is made.
    policy = (
        f"default-src 'none'; img-src blob:; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", name="referrer", content="no-referrer"),
        h("title", title),
        h("style", Html(style)),
    )


def _script() -> str:
    """The parts of the script, in a scope of their own."""
    return '"use strict";\n(() => {\n' + "\n".join(map(_file, _SCRIPTS)) + "})();\n"


def _file(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
