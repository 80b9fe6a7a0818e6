"""Markdown of the Scrapy settings that the project changes, with the reasons from the comments beside them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

from scrapy.settings import default_settings

from sc_spiders import settings
from sc_spiders.config import crawl_settings

# Names and folders of the project, which need no reason.
_UNTOLD = {"BOT_NAME", "SPIDER_MODULES", "NEWSPIDER_MODULE", "COMMANDS_MODULE", "DEFAULTS", "ADDONS"}
_REPEATED = {"TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED", "FEED_EXPORT_ENCODING"}  # in settings.py, too


def changed() -> Iterator[str]:
    """A table: setting, value, Scrapy's default, why."""
    yield "| setting | here | Scrapy's default | why |"
    yield "|---|---|---|---|"
    yield from _rows(crawl_settings, _UNTOLD)
    yield from _rows(settings, _UNTOLD | _REPEATED)


def _rows(module: ModuleType, untold: set[str]) -> Iterator[str]:
    source = inspect.getsource(module)
    lines = source.splitlines()
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
        if name not in untold:
            yield f"| `{name}` | {_value(name, module)} | {_value(name, default_settings)} | {reason} |"


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
        return "(see crawl_settings.py)"
    return f"`{value!r}`"
