"""The directive `{picture} NAME`: a picture of `images/`, light or dark like the page. Its content is the alt text."""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Picture(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        name, words = self.arguments[0], " ".join(self.content)
        return [
            nodes.image(uri=f"images/{name}-{scheme}.webp", alt=words, classes=[f"only-{scheme}"])
            for scheme in ("light", "dark")
        ]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True}
