"""What must never be kept: credentials, share tokens, birth dates. And JSON text of whatever is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any

import orjson

from sc_spiders.secretnames import NAMES

__all__ = ["SECRETS", "dumps", "redact", "strip", "suspicious"]

SECRETS = NAMES | {"secret_uri", "date_of_birth"}
"""Keys that are dropped with what they hold, wherever they stand."""

_SEGMENT = r"(?:[^\s/?#&%\"'<>]|%3[Aa])+"
_SLASH = r"(?:/|%2[Ff])"
# soundcloud.com/USER/TRACK/s-TOKEN and soundcloud.com/USER/sets/PLAYLIST/s-TOKEN, plain or percent-encoded. A segment
# `s-…` in another place is a permalink like any other.
_PATH = re.compile(
    rf"(soundcloud\.com{_SLASH}{_SEGMENT}{_SLASH}(?:sets{_SLASH}{_SEGMENT}|(?!sets{_SLASH}){_SEGMENT}))"
    rf"{_SLASH}s-[\w-]+",
    re.ASCII,
)
_NAMES = f"(?:{'|'.join(sorted(NAMES))})"
_QUERY = re.compile(rf"(?P<before>[?&]|&amp;){_NAMES}=[^\s&#\"'<>]*(?P<after>&amp;|&)?")
# The same in a URL that is itself a parameter of another.
_INNER = re.compile(rf"(?P<before>%3[Ff]|%26){_NAMES}%3[Dd][^\s&#%\"'<>]*(?P<after>%26)?")


def _join(match: re.Match[str]) -> str:
    before, after = match["before"], match["after"]
    return before if after and before in ("?", "%3F", "%3f") else after or ""


def suspicious(text: str) -> bool:
    """Whether `strip` might change `text`, or a part of it; quick."""
    return "/s-" in text or "soundcloud.com%2" in text or _names_a_secret(text)


def _names_a_secret(text: str) -> bool:
    return (
        "_token" in text
        or "client_" in text
        or "SecretToken" in text
        or "track_authorization" in text
        or "code_verifier" in text
    )


def strip(value: Any) -> Any:
    """`value`, if it is a string, without share tokens and credentials in the URLs it is or holds."""
    if not isinstance(value, str) or not suspicious(value):
        return value
    stripped = _PATH.sub(r"\1", value)
    if _names_a_secret(value):
        # Several such parameters in a row share their separators.
        while (further := _INNER.sub(_join, _QUERY.sub(_join, stripped))) != stripped:
            stripped = further
    return stripped


def redact(value: Any) -> Any:
    """A deep copy of a JSON value without credentials, share tokens and birth dates, however deep it is."""
    top: list[Any] = [value]
    todo: list[dict[Any, Any] | list[Any]] = [top]
    while todo:
        node = todo.pop()
        for place, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(child, dict):
                child = {strip(key): item for key, item in child.items() if key not in SECRETS}
                todo.append(child)
            elif isinstance(child, (list, tuple)):
                child = list(child)
                todo.append(child)
            else:
                child = strip(child)
            node[place] = child
    return top[0]


def _scalar(value: Any) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)) and (isinstance(value, int) or isfinite(value)):
        try:
            return repr(value)
        except ValueError:  # more digits than Python converts
            return hex(value).join('""') if isinstance(value, int) else "null"
    return "null" if isinstance(value, float) else encode_basestring_ascii(str(value))


def _pieces(value: Any) -> Iterator[str]:
    stack = [iter([("", value)])]
    ends = [""]
    while stack:
        for before, item in stack[-1]:
            yield before
            if isinstance(item, dict):
                yield "{"
                members = enumerate(item.items())
                stack.append(
                    iter([(f"{',' * (n > 0)}{encode_basestring_ascii(str(key))}:", x) for n, (key, x) in members])
                )
                ends.append("}")
                break
            if isinstance(item, (list, tuple)):
                yield "["
                stack.append(iter([("," * (n > 0), x) for n, x in enumerate(item)]))
                ends.append("]")
                break
            yield _scalar(item)
        else:
            stack.pop()
            yield ends.pop()


def dumps(value: Any) -> bytes:
    """JSON of `value`, without a line break, and without ever failing.

    What orjson refuses (lone surrogates, integers beyond 64 bits, hundreds of levels) is written all the same, as
    ASCII; only NaN and the infinities, which JSON has not, become null (orjson's way, too).
    """
    try:
        return orjson.dumps(value)
    except (TypeError, RecursionError):
        return "".join(_pieces(value)).encode("ascii")
