"""Makes HTML and escapes all text. Only strings made here, or read from the project's own files, are markup."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple
from zlib import compress

import orjson

_DASH = "\u2013"
# Invisible characters. Browsers replace some of them.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "br", "input", "wbr"})
# The one host that records may link to.
_LINK = re.compile(r"\Ahttps://(?:[a-z]+\.)?soundcloud\.com/[\w./~%:@+,;=&?#!*()-]*\Z", re.ASCII)


class Html(str):
    """Markup. Only this module makes it of plain strings; `page` makes it of the project's own files."""

    __slots__ = ()


Child = Html | str | int | None | Iterable[Any]

ROWS = 100
"""At most this many rows of a table are markup. The page's script adds the others from a block of JSON, on demand."""


LARGE = 1_500_000
"""Bytes of a block of JSON. A larger one is compressed."""


class Label(NamedTuple):
    """A name in a table: text of a user, a note that tells it from equal ones, and its page on SoundCloud."""

    title: str
    note: str = ""
    href: str | None = None


class Sorted(NamedTuple):
    """A value in a table that is sorted by something other than its text, such as 1:05 by its milliseconds."""

    text: str
    key: float


Cell = Html | Label | Sorted | str | float | None


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


def name(value: Any, href: str | None = None, note: str = "") -> Html:
    """Text of a user, as a link if `href` is SoundCloud's. `bdi` isolates its text direction.

    `note`: small print behind it, which tells equal names apart.
    """
    inner = h("bdi", str(value))
    if safe_link(href) is not None:
        inner = h("a", inner, href=href, rel="noopener noreferrer")
    if note:
        return join(inner, " ", h("small", h("bdi", note)))
    return inner


def breakable(value: Any) -> Html:
    """Text that may go on in the next line after each comma."""
    parts = str(value).split(",")
    return join([[text(f"{part},"), h("wbr")] for part in parts[:-1]], parts[-1])


def safe_link(href: str | None) -> str | None:
    """`href` if it is a page of SoundCloud, else None."""
    if isinstance(href, str) and _LINK.match(href):
        return href
    return None


def data(id_: str, value: Any) -> Html:
    """A block of JSON for the page's script. No value can end the block.

    A large one is compressed (deflate, in base64), to a third of its size.
    """
    block = orjson.dumps(value)
    if len(block) > LARGE:
        packed = b64encode(compress(block, 6)).decode("ascii")
        return h("script", Html(packed), type="application/octet-stream", id=id_)
    return h("script", _json(value), type="application/json", id=id_)


def _json(value: Any) -> Html:
    safe = orjson.dumps(value).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Html(safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


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
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    numeric: Iterable[int] = (),
    *,
    narrow: bool = False,
    under_heading: bool = False,
    choose: bool = False,
    first: int = 25,
) -> Html:
    """A table. The first cell of each row is its heading. The page's script sorts, filters, copies and saves it.

    `numeric`: columns of numbers, aligned to the right. `narrow`: a table of few columns, not as wide as the page.
    `under_heading`: the caption is for screen readers only, since a heading above says the same. `choose`: the reader
    can choose the rows with one value of the first column. `first`: so many rows are shown at first.
    """
    classes = dict.fromkeys(numeric, "n")
    every = list(rows)
    head = h("tr", [_heading(one, classes.get(n)) for n, one in enumerate(headers)])
    body = [h("tr", _cells(row, classes)) for row in every[:ROWS]]
    # A visible caption would scroll with a wide table. So the caption is hidden, and a line above says the same.
    seen = not under_heading and h("p", caption, class_="title", aria_hidden="true")
    title = h("caption", caption, class_="unseen")
    inner = h("table", title, h("thead", head), h("tbody", body), class_=narrow and "narrow")
    # A table that is wider than the page scrolls. With a tabindex it also scrolls by keyboard.
    scroll = h("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)
    return h("div", seen, scroll, _further(every[ROWS:]), class_="table", data_choose=choose, data_first=first)


def bars(caption: str, header: str, counts: Sequence[tuple[Cell, int]], of: int, what: str, first: int = 15) -> Html:
    """A table of counts with bars, the highest first. `of`: the sum that shares are of; `what`: what is counted.
    `first`: so many rows are shown at first."""
    top = counts[:ROWS]
    highest = max(count for _, count in top)
    rows = [[label, count, bar(count / highest), Sorted(f"{100 * count / of:.1f} %", count)] for label, count in top]
    shown = table(caption, [header, what, "", "Share"], rows, numeric=[1, 3], first=first)
    return h("div", shown, and_more(len(counts) - len(top)))


def bar(share: float) -> Html:
    """A bar in a table's row; nothing for 0. `share`: of its full length, 0 to 1. Screen readers skip it, and read the
    number beside it."""
    if not share:
        return Html("")
    inner = h("rect", width=f"{max(share, 0.004) * 100:.2f}%", height="100%", rx="2")
    return h("svg", inner, class_="bar", aria_hidden="true")


def _heading(words: str, class_: str | None) -> Html:
    """The heading of a column. A column of bars has none: it shows again what another column says."""
    if not words:
        return h("td")
    return h("th", words, class_=class_, scope="col")


def _cells(row: Sequence[Cell], classes: dict[int, str]) -> Iterable[Html]:
    yield _cell("th", row[0], classes.get(0))
    for place, value in enumerate(row[1:], 1):
        yield _cell("td", value, classes.get(place))


def _cell(tag: str, value: Cell, class_: str | None) -> Html:
    attributes: dict[str, Any] = {"class_": class_}
    if tag == "th":
        attributes["scope"] = "row"
    if isinstance(value, Sorted):
        return h(tag, value.text, data_sort=value.key, **attributes)
    if isinstance(value, Label):
        return h(tag, name(value.title, value.href, value.note), **attributes)
    if value is None or (isinstance(value, int | float) and not isinstance(value, str)):
        value = number(value)
    return h(tag, value, **attributes)


def _further(rows: list[Sequence[Cell]]) -> Html | None:
    """Rows as JSON, of which the page's script makes markup when they are to be seen."""
    if not rows:
        return None
    cells = [[_plain(cell) for cell in row] for row in rows]
    return h("script", _json(cells), type="application/json", class_="further")


def _plain(cell: Cell) -> Any:
    """A cell for the page's script: a number, a text, or a list of text, note and address."""
    if isinstance(cell, Label):
        return [cell.title, cell.note, safe_link(cell.href) or ""]
    if isinstance(cell, Sorted):
        return {"text": cell.text, "key": cell.key}
    assert not isinstance(cell, Html), "markup cannot be made by the script"
    return cell


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str | int):
            yield text(child)
        else:
            yield from _flat(child)
