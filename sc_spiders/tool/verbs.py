"""The verbs: one for each spider and for each command.

They and their summaries are read from the files' names and docstrings: a list of verbs imports no Scrapy.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

SHORT = {"comments": "track_comments", "graph": "user_graph"}
"""Short names of spiders."""

SCRAPYS = frozenset({"crawl", "genspider", "list", "runspider"})
"""Commands of Scrapy. They run as with `scrapy`, which has their help."""

ELSEWHERE = {"version": "sc-spiders --version"} | {
    name: f"scrapy {name}" for name in ("bench", "check", "edit", "fetch", "parse", "shell", "startproject", "view")
}
"""Words that are no verbs here, but commands elsewhere; and what they are there."""

_NO_VERBS = SCRAPYS | {"python"}


def spiders() -> dict[str, str]:
    """The summary of each spider."""
    return dict(_summaries("spiders"))


def commands() -> dict[str, str]:
    """The summary of each command that is neither Scrapy's nor the name of a spider."""
    others = _NO_VERBS | spiders().keys()
    return {name: summary for name, summary in _summaries("commands") if name not in others}


def full_name(verb: str) -> str:
    """The name of a spider or command. Users may write the short name, and `-` for `_`."""
    name = verb.replace("-", "_")
    return SHORT.get(name, name)


def shown_name(name: str) -> str:
    """The verb that help and messages show: the short name of a spider, or its only one."""
    return {long: short for short, long in SHORT.items()}.get(name, name)


def _summaries(room: str) -> Iterator[tuple[str, str]]:
    for file in sorted(files("sc_spiders").joinpath(room).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".py") and not file.name.startswith("_"):
            with file.open(encoding="utf-8") as source:
                yield file.name.removesuffix(".py"), _summary(source.readline())


def _summary(line: str) -> str:
    """The first line of a module's docstring, without its quotes. Those of commands begin with "`scrapy NAME`: "."""
    line = line.strip().strip('"')
    if line.startswith("`"):
        line = line.partition(": ")[2] or line
    return (line[:1].upper() + line[1:]).removesuffix(".")
