"""HTML that escapes by itself: what is not made here, or taken from the project's own files, is text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

import orjson

_DASH = "\u2013"
# Browsers turn some of these into others; none of them can be seen.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "br", "input"})
# The one host that records may link to.
_LINK = re.compile(r"\Ahttps://(?:[a-z]+\.)?soundcloud\.com/[\w./~%:@+,;=&?#!*()-]*\Z", re.ASCII)


class Html(str):
    """Markup. Only this module makes it of plain strings."""

    __slots__ = ()


Child = Html | str | int | None | Iterable[Any]


def text(value: Any) -> Html:
    """Anything as escaped text."""
    return Html(escape(_INVISIBLE.sub("\ufffd", str(value))))


def h(tag: str, /, *children: Child, **attributes: Any) -> Html:
    """An element. Children that are not Html are escaped, None is left out, lists are put one after the other.

    Attributes: `class_` is class, `aria_label` aria-label; None and False leave one out, True gives it no value.
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        parts.append(f" {name}" if value is True else f' {name}="{text(value)}"')
    parts.append(">")
    if tag not in _VOID:
        parts += _flat(children)
        parts.append(f"</{tag}>")
    return Html("".join(parts))


def join(*children: Child) -> Html:
    """Children one after the other."""
    return Html("".join(_flat(children)))


def name(value: Any, href: str | None = None) -> Html:
    """Another person's words, a link where `href` is SoundCloud's. They cannot turn the direction of what is around."""
    inner = h("bdi", str(value))
    return h("a", inner, href=href, rel="noopener noreferrer") if safe_link(href) else inner


def safe_link(href: str | None) -> str | None:
    """`href` if it is a page of SoundCloud."""
    return href if isinstance(href, str) and _LINK.match(href) else None


def data(id_: str, value: Any) -> Html:
    """A block of JSON for the page's script. Nothing in it can end the block."""
    safe = orjson.dumps(value).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    safe = safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Html(f'<script type="application/json" id="{text(id_)}">{safe}</script>')


def number(value: float | None) -> str:
    """A number with its thousands apart; a dash where there is none."""
    return _DASH if value is None else f"{value:,}"


def counted(count: int, one: str, more: str | None = None) -> str:
    """`1 track`, `2 tracks`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def table(
    caption: str,
    headers: list[str],
    rows: Iterable[list[Any]],
    numeric: Iterable[int] = (),
    *,
    narrow: bool = False,
    under_heading: bool = False,
) -> Html:
    """A table whose first cell of each row is its heading.

    `numeric`: columns of numbers, to the right. `narrow`: few columns, which would stand far apart over all the width.
    `under_heading`: a heading above says the same as the caption, which then is for screen readers only.
    """
    right = frozenset(numeric)

    def cell(tag: str, place: int, value: Any, **attributes: Any) -> Html:
        shown = number(value) if isinstance(value, int | float) else value
        return h(tag, _DASH if shown is None else shown, class_="n" if place in right else None, **attributes)

    head = h("tr", [cell("th", n, one, scope="col") for n, one in enumerate(headers)])
    body = [
        h("tr", cell("th", 0, row[0], scope="row"), [cell("td", n, one) for n, one in enumerate(row[1:], 1)])
        for row in rows
    ]
    title = h("caption", caption, class_="unseen" if under_heading else None)
    inner = h("table", title, h("thead", head), h("tbody", body), class_="narrow" if narrow else None)
    # A table that is wider than the page scrolls by itself, by keyboard too.
    return h("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str | int):
            yield text(child)
        else:
            yield from _flat(child)
