"""Makes HTML and escapes all text. Only strings made here, or read from the project's own files, are markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

import orjson

_DASH = "\u2013"
# Invisible characters. Browsers replace some of them.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "br", "input"})
# The one host that records may link to.
_LINK = re.compile(r"\Ahttps://(?:[a-z]+\.)?soundcloud\.com/[\w./~%:@+,;=&?#!*()-]*\Z", re.ASCII)


class Html(str):
    """Markup. Only this module makes it of plain strings; `page` makes it of the project's own files."""

    __slots__ = ()


Child = Html | str | int | None | Iterable[Any]


def text(value: Any) -> Html:
    """Anything as escaped text."""
    return Html(escape(_INVISIBLE.sub("\ufffd", str(value))))


def h(tag: str, /, *children: Child, **attributes: Any) -> Html:
    """An element. Children that are not Html are escaped, None is left out, lists are joined.

    Attributes: `class_` is class, `aria_label` is aria-label. None and False leave one out; True writes it
    without a value.
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        parts.append(f" {name.rstrip('_').replace('_', '-')}")
        if value is not True:
            parts.append(f'="{text(value)}"')
    parts.append(">")
    if tag not in _VOID:
        parts += _flat(children)
        parts.append(f"</{tag}>")
    return Html("".join(parts))


def join(*children: Child) -> Html:
    """Children one after the other."""
    return Html("".join(_flat(children)))


def listed(several: Iterable[Child]) -> Html:
    """Children with commas between them."""
    return Html(", ".join(join(one) for one in several))


def name(value: Any, href: str | None = None) -> Html:
    """Text of a user, as a link if `href` is SoundCloud's. `bdi` isolates its text direction."""
    inner = h("bdi", str(value))
    if safe_link(href) is None:
        return inner
    return h("a", inner, href=href, rel="noopener noreferrer")


def safe_link(href: str | None) -> str | None:
    """`href` if it is a page of SoundCloud, else None."""
    if isinstance(href, str) and _LINK.match(href):
        return href
    return None


def data(id_: str, value: Any) -> Html:
    """A block of JSON for the page's script. No value can end the block."""
    safe = orjson.dumps(value).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    safe = safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Html(f'<script type="application/json" id="{text(id_)}">{safe}</script>')


def number(value: float | None) -> str:
    """A number with thousands separators, or a dash for None."""
    if value is None:
        return _DASH
    return f"{value:,}"


def counted(count: int, one: str, more: str | None = None) -> str:
    """`1 track`, `2 tracks`."""
    if count == 1:
        return f"{count:,} {one}"
    return f"{count:,} {more or one + 's'}"


def note(words: str) -> Html:
    """A paragraph in small print."""
    return h("p", words, class_="note")


def region(code: str | None) -> Html | None:
    """The code of a country, which the page's script replaces by its name. None without a code."""
    if not code:
        return None
    return h("span", code, data_region=code)


def and_more(count: int, what: str = "more") -> Html | None:
    """The number of rows that are not shown: `And 3 more.` None if all are shown."""
    if count <= 0:
        return None
    return note(f"And {count:,} {what}.")


def table(
    caption: str,
    headers: list[str],
    rows: Iterable[list[Any]],
    numeric: Iterable[int] = (),
    *,
    narrow: bool = False,
    under_heading: bool = False,
) -> Html:
    """A table. The first cell of each row is its heading.

    `numeric`: columns of numbers, aligned to the right. `narrow`: a table of few columns, not as wide as the page.
    `under_heading`: the caption is for screen readers only, since a heading above says the same.
    """
    classes = dict.fromkeys(numeric, "n")

    def cell(tag: str, place: int, value: Any, **attributes: Any) -> Html:
        if value is None or isinstance(value, int | float):
            value = number(value)
        return h(tag, value, class_=classes.get(place), **attributes)

    head = h("tr", [cell("th", n, one, scope="col") for n, one in enumerate(headers)])
    body = [
        h("tr", cell("th", 0, row[0], scope="row"), [cell("td", n, one) for n, one in enumerate(row[1:], 1)])
        for row in rows
    ]
    title = h("caption", caption, class_=under_heading and "unseen")
    inner = h("table", title, h("thead", head), h("tbody", body), class_=narrow and "narrow")
    # A table that is wider than the page scrolls. With a tabindex it also scrolls by keyboard.
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
