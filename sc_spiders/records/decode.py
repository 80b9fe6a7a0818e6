"""Bytes of an answer -> JSON value."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

__all__ = ["BadBody", "Unwritable", "decode", "mark"]


class BadBody(ValueError):
    """A body that is no JSON, or JSON beyond reason; the message is a short reason."""


def _no_constant(name: str) -> NoReturn:
    raise BadBody(f"no JSON: {name}")


class Unwritable(str):
    """A string with a lone surrogate, which UTF-8 has not. No schema accepts it: jsonschema_rs knows no such type."""


def _is_unwritable(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def mark(value: Any) -> Any:
    """A JSON value with its unwritable strings marked; in place, where it has members."""
    top = [value]
    todo: list[Any] = [top]
    for node in todo:
        for place, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(child, (dict, list)):
                todo.append(child)
            elif _is_unwritable(child):
                node[place] = Unwritable(child)
    return top[0]


def decode(body: bytes) -> Any:
    """The JSON value of `body` (UTF-8). Raises BadBody, and nothing else.

    orjson refuses a few things that JSON allows: lone surrogates, and depth beyond 1024. What of these the standard
    library takes is returned all the same, so that one odd string costs its record and not the page.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = str(error)
    try:
        return mark(json.loads(bytes(body).decode("utf-8"), parse_constant=_no_constant))
    except BadBody:
        raise
    except RecursionError:
        raise BadBody("nested too deeply") from None
    except ValueError:
        raise BadBody(reason if body else "empty") from None
