"""Markdown of the Scrapy settings that the project changes, with the reasons from the comments in settings.py."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from scrapy.settings import default_settings

from sc_spiders import settings

# Names and folders of the project, which need no reason.
_UNTOLD = {"BOT_NAME", "SPIDER_MODULES", "NEWSPIDER_MODULE", "COMMANDS_MODULE", "TEMPLATES_DIR", "DEFAULTS"}


def changed() -> Iterator[str]:
    """A table: setting, value, Scrapy's default, why."""
    source = inspect.getsource(settings)
    lines = source.splitlines()
    yield "| setting | here | Scrapy's default | why |"
    yield "|---|---|---|---|"
    reason, last = "", 0
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name = node.targets[0].id
        above = _comment(lines[last : node.lineno - 1])
        # Settings on adjacent lines share one reason.
        if above or node.lineno != last + 1:
            reason = above
        last = node.end_lineno or node.lineno
        if name not in _UNTOLD:
            yield f"| `{name}` | {_value(name, settings)} | {_value(name, default_settings)} | {reason} |"


def _comment(lines: list[str]) -> str:
    words: list[str] = []
    for line in lines:
        if line.startswith("#"):
            words.append(line[1:].strip())
        else:
            words.clear()
    return " ".join(words).replace("|", "\\|")


def _value(name: str, module: object) -> str:
    value = getattr(module, name, None)
    if value is None:
        return ""
    if isinstance(value, dict) and value:
        return "(see settings.py)"
    return f"`{value!r}`"
