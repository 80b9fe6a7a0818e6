"""What Sphinx's HTML lacks for phones and screen readers.

On a narrow page, CSS shows each row of a table as a block of its own (`_static/wide.css`). So each cell carries the
heading of its column. A heading that is empty is no heading. Whatever may scroll can be reached by the keyboard.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

# The theme's two landmarks have no names, and its page of search no heading. Long lines of code scroll.
_COMPLETED = {
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    "<pre>": '<pre tabindex="0">',
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}
# A name may be broken behind these signs, and nowhere else as long as there is room.
_NAME = re.compile(r'(?<=<span class="pre">)[^<]+')
_SIGN = re.compile(r"(?<=[_./:=,])(?=[^_./:=,])")


class Translator(HTML5Translator):
    _headings: tuple[str, ...] = ()

    def visit_table(self, node: nodes.Element) -> None:
        heads = list(node.findall(nodes.thead))
        self._headings = tuple(entry.astext() for head in heads for entry in head.findall(nodes.entry))
        super().visit_table(node)

    def visit_thead(self, node: nodes.Element) -> None:
        if not any(self._headings):
            raise nodes.SkipNode
        super().visit_thead(node)

    def visit_entry(self, node: nodes.Element) -> None:
        if isinstance(node.parent.parent, nodes.thead) and not node.astext():
            node.parent.column += 1
            self.body.append("<td></td>")
            raise nodes.SkipNode
        super().visit_entry(node)

    def starttag(
        self, node: nodes.Element | str, tagname: str, suffix: str = "\n", empty: bool = False, **attributes: Any
    ) -> str:
        if isinstance(node, nodes.entry) and tagname == "td":
            column = node.parent.index(node)
            attributes["data-label"] = self._headings[column] if len(self._headings) > 2 and column else ""
        elif isinstance(node, nodes.container) and "table-wrapper" in node["classes"]:
            attributes |= {"role": "group", "aria-label": "Table", "tabindex": "0"}
        return super().starttag(node, tagname, suffix, empty, **attributes)


def complete(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    for page in Path(app.outdir).glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for found, completed in _COMPLETED.items():
            text = text.replace(found, completed)
        text = _NAME.sub(lambda name: _SIGN.sub("<wbr>", name[0]), text)
        page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.set_translator("html", Translator)
    app.connect("build-finished", complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
