"""The API's own message about a refusal, in a form for the listing's record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sc_spiders import records
from sc_spiders.redaction import lines
from sc_spiders.redaction.printable import printable

__all__ = ["LONGEST", "json_object", "own_words"]

LONGEST = 300
"""Most characters of a message that are kept."""

_LARGEST = 50_000  # bytes; a longer body is a document, and is ignored


def own_words(body: bytes, redact: Callable[[str], str] = lines.redact) -> str | None:
    """The `message`, or each `errors[].error_message`, of an error's JSON; None if there is neither.

    It is one line of at most `LONGEST` characters. `redact` removes the crawl's secrets.
    """
    if len(body) > _LARGEST:
        return None
    try:
        data = records.decode(body)
    except records.BadBody:
        return None
    text = redact(records.strip("; ".join(dict.fromkeys(_words(data)))))
    told = printable(text, len(text))
    if len(told) > LONGEST:
        return f"{told[: LONGEST - 1]}…"
    return told or None


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None if it is anything else."""
    try:
        data = records.decode(body)
    except records.BadBody:
        return None
    if not isinstance(data, dict):
        return None
    return data


def _words(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        return
    if words := _text(data.get("message")):
        yield words
        return
    errors = data.get("errors")
    if not isinstance(errors, list):
        return
    for error in errors:
        if isinstance(error, dict) and (words := _text(error.get("error_message"))):
            yield words


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return value.strip()
