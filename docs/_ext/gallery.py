"""The directive `{gallery}`: a picture of each report of the gallery, which opens it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from reports import REPORTS, USERS, Report, kept
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def add(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    folder = Path(app.outdir, "gallery")
    folder.mkdir(exist_ok=True)
    for file in kept(app.config.gallery_users).glob("*.html"):
        shutil.copy(file, folder)


class Gallery(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        cards = nodes.container(classes=["gallery"])
        cards += [nodes.container("", *_card(report), classes=["card"]) for report in REPORTS]
        return [cards]


def _card(report: Report) -> Iterator[nodes.Node]:
    address = f"gallery/{report.spider}.html"
    link = nodes.reference(refuri=address)
    link += [
        nodes.image(
            uri=f"images/gallery-{report.spider}-{scheme}.webp",
            alt=f"The report of {report.spider}",
            classes=[f"only-{scheme}"],
        )
        for scheme in ("light", "dark")
    ]
    yield nodes.paragraph("", "", link)
    name = nodes.strong("", "", nodes.reference("", report.spider, refuri=address))
    yield nodes.paragraph("", "", name, nodes.Text(f": {report.shows}"))
    yield nodes.paragraph("", "", nodes.literal("", f"SC_SANDBOX=1 {report.command}"))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("gallery_users", USERS, "")
    app.add_directive("gallery", Gallery)
    app.connect("build-finished", add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
