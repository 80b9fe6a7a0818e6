"""Reads how a search is named in edges and listings: `search:<type>:<q>?<name>=<value>&…`."""

from __future__ import annotations

import re

from sc_spiders.api import SEARCH_FILTERS

# Names of filters: arguments, or parameters of the API.
_PARAMETER = r"[a-z_]++(?:\.[a-z_]++|\[[a-z]++\])|access|genres|ids|tags|urns"
_FILTER = re.compile(rf"(?<![a-z_])(?:{'|'.join(SEARCH_FILTERS)}|{_PARAMETER})=.*+", re.DOTALL)


def searched(words: str) -> tuple[str, list[str]]:
    """The words and the filters of a search, from what follows on its type."""
    q, mark, rest = words.rpartition("?")
    filters = rest.split("&")
    if not mark or not all(_FILTER.fullmatch(one) for one in filters):
        return words, []
    return q, [one.replace("=", " ", 1).replace("%26", "&").replace("%25", "%") for one in filters]
