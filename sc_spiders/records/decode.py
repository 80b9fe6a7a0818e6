"""Bytes of an answer -> JSON value."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

__all__ = ["BadBody", "decode"]


class BadBody(ValueError):
    """A body that is no JSON, or JSON beyond reason; the message is a short reason."""


def _no_constant(name: str) -> NoReturn:
    raise BadBody(f"no JSON: {name}")


def decode(body: bytes) -> Any:
    """The JSON value of `body` (UTF-8). Raises BadBody, and nothing else.

    orjson refuses a few things that JSON allows (lone surrogates; numbers that overflow a double; depth beyond
    1024): those go through the standard library, which takes the first two.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = str(error)
    try:
        return json.loads(bytes(body).decode("utf-8"), parse_constant=_no_constant)
    except BadBody:
        raise
    except RecursionError:
        raise BadBody("nested too deeply") from None
    except ValueError:
        raise BadBody(reason if body else "empty") from None
