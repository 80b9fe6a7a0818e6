"""The directive `{generated} NAME`: inserts text made from declarations in the code or from the results of a bench."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import applied
import faults
import feed_behaviour
import fields
import measured
import scrapy_behaviour
import scrapy_settings
import tables
import torture
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

MADE: dict[str, Callable[[], Iterable[str]]] = {
    "spiders": tables.spiders,
    "endpoints": tables.endpoints,
    "records": fields.records,
    "faults": faults.answers,
    "scrapy-settings": scrapy_settings.changed,
    "scrapy-behaviour": scrapy_behaviour.behaviours,
    "feed-behaviour": feed_behaviour.options,
    "torture": torture.figures,
    "torture-line": torture.line,
    "applied": applied.kills,
    "uploads": applied.uploads,
    "crawls-measured": lambda: measured.table("crawls"),
    "cards-measured": lambda: measured.table("cards"),
    "cluster-measured": lambda: measured.table("cluster"),
    "startup-measured": lambda: measured.table("startup"),
    "report-measured": lambda: measured.table("report"),
    "exports-measured": measured.exports,
}


class Generated(SphinxDirective):
    """Inserts the text that `MADE` makes for the argument."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        text = "\n".join(MADE[self.arguments[0]]())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("generated", Generated)
    return {"version": "1", "parallel_read_safe": True}
