"""Tables for the docs, made from declarations in the code: `python -m docs._ext.tables endpoints` or `spiders`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from sc_spiders.api import BY_PATH, CATALOGUE, Endpoint
from sc_spiders.base_spiders.api_spider import ApiSpider


def spider_classes() -> dict[str, type[ApiSpider]]:
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["sc_spiders.spiders"]}))
    loaded = ((name, loader.load(name)) for name in sorted(loader.list()))
    return {name: spider for name, spider in loaded if issubclass(spider, ApiSpider)}


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _row(head)
    yield _row("---" for _ in head)
    yield from map(_row, rows)


def _reached(endpoint: Endpoint, spiders: dict[str, type[ApiSpider]]) -> Iterator[str]:
    if endpoint.name == "following_ids":
        yield "`user_graph` nodes=ids"
    for name in endpoint.used_by:
        for word in endpoint.words(name):
            # A word is an argument of the spider, or a value of the argument that chooses lists.
            argument = word
            if word not in spiders[name].arguments:
                argument = f"{spiders[name].selector}={word}"
            yield f"`{name}` {argument}"


def _path(endpoint: Endpoint, path: str | None) -> str:
    if not path:
        return ""
    if endpoint.host == "api":
        return f"`{path}`"
    return f"`{path}` ({endpoint.host})"


def _edge(endpoint: Endpoint) -> str:
    if not endpoint.edge:
        return ""
    ends = ["subject", "object"]
    if endpoint.edge.reverse:
        ends.reverse()
    # Posts and reposts come in one list.
    relation = "posts, reposts" if endpoint.rows in ("stream", "activity") else endpoint.edge.relation
    return f"{relation}: {ends[0]} → {ends[1]}"


def endpoints() -> Iterator[str]:
    """Markdown: each endpoint, its path in each API, the spiders and arguments that use it, and its records."""
    spiders = spider_classes()
    yield from _table(
        ("endpoint", "v2", "public", "reached by", "records", "edges", "token"),
        (
            (
                endpoint.name,
                _path(endpoint, endpoint.v2),
                _path(endpoint, endpoint.public),
                ", ".join(_reached(endpoint, spiders)),
                ", ".join(endpoint.kinds),
                _edge(endpoint),
                {"app": "", "user": "a user's", "none": "none"}[endpoint.auth],
            )
            for endpoint in CATALOGUE.values()
        ),
    )
    yield ""
    yield from _table(("not in the catalogue", "why"), BY_PATH.items())


def _default(default: str | None) -> str:
    if default is None:
        return "must be given"
    if default == "":
        return ""
    return f"`{default}`"


def spiders() -> Iterator[str]:
    """Markdown: each spider's docstring, and its arguments with their defaults."""
    for name, spider in spider_classes().items():
        yield f"## {name}"
        yield ""
        yield inspect.getdoc(spider) or ""
        yield ""
        yield from _table(
            ("argument", "default", ""),
            ((f"`{argument}`", _default(one.default), one.help) for argument, one in spider.arguments.items()),
        )
        yield ""


if __name__ == "__main__":
    print("\n".join({"endpoints": endpoints, "spiders": spiders}[sys.argv[1]]()))
