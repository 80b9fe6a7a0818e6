"""Notices if the API ignores the filters of a search, as it silently did for months: then rows do not fit them.

One such row is enough. How the API compares words is unknown, so a row fits if its words have anything in common with
the filter's.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sc_spiders.pages.listing import Listing

logger = logging.getLogger(__name__)

FILTERS = "filters"  # in a listing's extra: the filters by the name of the argument
IGNORED = "filter_ignored"  # if rows do not fit: the listing's error is this word and the filter's name

_TOLD = "ignored"  # in a listing's extra: the filter that the API ignores
_ENDINGS = frozenset({"end", "limit", "empty_pages"})  # without an error

_SLACK = 1.1  # months differ in length, and the search index may be behind
_HOUR = timedelta(hours=1)
_AGES = {
    "last_hour": _HOUR,
    "last_day": timedelta(days=1),
    "last_week": timedelta(days=7),
    "last_month": timedelta(days=31),
    "last_year": timedelta(days=366),
}
_MINUTES = {"short": (0, 2), "medium": (2, 10), "long": (10, 30), "epic": (30, 10**9)}
_SECOND = 1_000  # milliseconds by which a length may be off
_WITHOUT = {  # a licence with one of these parts in its name does not allow the use
    "to_share": (),
    "to_use_commercially": ("nc",),
    "to_modify_commercially": ("nc", "nd"),
}
_DATE = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)", re.ASCII)

Row = Mapping[str, Any]


def hold_to_filters(listing: Listing, rows: list[Any], moment: datetime) -> None:
    """End a listing with an error if a row shows that the API ignores a filter. `moment`: when the answer came."""
    if _TOLD not in listing.extra:
        _look(listing, [row for row in rows if isinstance(row, dict)], moment)
    if _TOLD in listing.extra and listing.ended in _ENDINGS:
        listing.end("error", f"{IGNORED}: {listing.extra[_TOLD]}")


def _look(listing: Listing, rows: list[Row], moment: datetime) -> None:
    for name, value in listing.extra[FILTERS].items():
        if _contradicts(name, value, rows, moment):
            listing.extra[_TOLD] = name
            logger.warning("%s: the API ignores the filter %s: some rows do not fit it.", listing.name, name)
            return


def _contradicts(name: str, value: str, rows: list[Row], moment: datetime) -> bool:
    """Whether these rows show that the API ignores that filter."""
    if name == "place":
        # A place may be a country. Rows have only its code, so they fit if all are of one country.
        countries = {row.get("country_code") for row in rows if _words(row.get("city"))}
        return len(countries) > 1 and any(_is_elsewhere(row, value) for row in rows)
    does_not_fit = _TESTS[name]
    return any(does_not_fit(row, value, moment) for row in rows)


def _is_older(row: Row, value: str, moment: datetime) -> bool:
    date = _DATE.match(str(row.get("created_at")))
    if not date:
        return False
    try:
        created = datetime(*map(int, date.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return False
    return moment - created > _AGES[value] * _SLACK + _HOUR


def _is_of_another_length(row: Row, value: str, _: datetime) -> bool:
    least, most = _MINUTES[value]
    # If only a part of a track can be played, `duration` is the length of that part.
    lengths = [length for name in ("duration", "full_duration") if type(length := row.get(name)) is int]
    low, high = least * 60_000 - _SECOND, most * 60_000 + _SECOND
    return bool(lengths) and not any(low <= length <= high for length in lengths)


def _is_not_allowed(row: Row, value: str, _: datetime) -> bool:
    licence = row.get("license")
    if not isinstance(licence, str) or not licence:
        return False
    return licence == "all-rights-reserved" or not set(_WITHOUT[value]).isdisjoint(licence.split("-"))


def _has_other_labels(row: Row, value: str, _: datetime) -> bool:
    labels = [label for name in ("genre", "tag_list") if (label := _words(row.get(name)))]
    return bool(labels) and not any(_are_alike(label, _words(value)) for label in labels)


def _is_elsewhere(row: Row, value: str) -> bool:
    names = [name for key in ("city", "country", "country_code") if (name := _words(row.get(key)))]
    return bool(names) and not any(_are_alike(name, _words(value)) for name in names)


def _words(value: Any) -> str:
    """Only the letters and digits of a text: `Deep House` and `deephouse` are the same. "" for any other value."""
    if not isinstance(value, str):
        return ""
    return "".join(filter(str.isalnum, value.lower()))


def _are_alike(one: str, other: str) -> bool:
    return one in other or other in one


_TESTS: Mapping[str, Callable[[Row, str, datetime], bool]] = {
    "created": _is_older,
    "duration": _is_of_another_length,
    "license": _is_not_allowed,
    "genre": _has_other_labels,
}
