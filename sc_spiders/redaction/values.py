"""What must never be kept: credentials, share tokens, birth dates. And JSON text of whatever is left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any

import orjson

from sc_spiders.redaction.names import NAMES, SHARE_TOKEN, SHARED, SLASH, SPELLINGS, plain
from sc_spiders.redaction.parameters import named, without
from sc_spiders.redaction.signed import has_marks, is_signed_name, signing_keys, unsigned

__all__ = ["SECRETS", "dumps", "may_hold_secrets", "redact", "replaced", "strip", "suspicious", "without_signatures"]

SECRETS = NAMES | {"secreturi", "dateofbirth"}
"""Keys, as `plain` has them, that are dropped with what they hold, wherever they stand."""

_PATH = re.compile(rf"({SHARED}){SLASH}{SHARE_TOKEN}", re.ASCII | re.IGNORECASE)
_QUERY = named(SPELLINGS)
_JSON = re.compile(rf"((?<!\\)(\\*[\"']){SPELLINGS}\2\s*+:\s*+\2)[^\"'\\]*+", re.ASCII | re.IGNORECASE)

# Every name has one of these.
_MARKS = (b"token", b"client", b"authorization", b"verifier")
# What JSON text has besides that holds what is dropped: share tokens, headers, keys of objects.
_HOLDING = (
    b"/s-",
    b"2fs-",
    b"secret",
    b"birth",
    b"bearer",
    b"oauth",
    b"signature",
    b"key-pair",
    b"keypair",
    b"x-amz",
    b"x-goog",
)


def _lower(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()  # bytes: four times as fast as of a text


def suspicious(text: str) -> bool:
    """Whether `strip` might change `text`, or a part of it; quick."""
    lower = _lower(text)
    encoded = b"%" in lower  # one byte is found ten times as fast as a word
    return (
        b"/s-" in lower
        or (encoded and b"2fs-" in lower)
        or b"bearer" in lower
        or b"oauth" in lower
        or ((encoded or b"=" in lower or b'"' in lower or b"'" in lower or b"\\" in lower) and _is_marked(lower))
    )


def may_hold_secrets(text: str) -> bool:
    """Whether `redact` might change the value that is this JSON text; quick."""
    lower = _lower(text)
    return any(mark in lower for mark in _HOLDING) or _is_marked(lower)


def _is_marked(lower: bytes) -> bool:
    return any(mark in lower for mark in _MARKS) or has_marks(lower)


def strip(value: Any) -> Any:
    """`value`, if it is a string, without share tokens and credentials in the URLs or the JSON it is or holds."""
    if not isinstance(value, str) or not suspicious(value):
        return value
    stripped = _JSON.sub(r"\1", _PATH.sub(r"\1", unsigned(value)))
    return without(stripped, _QUERY)


def redact(value: Any) -> Any:
    """A deep copy of a JSON value without credentials, share tokens and birth dates, however deep it is."""
    return replaced(value, strip, _kept)


def without_signatures(data: Any, body: bytes) -> Any:
    """`data`, the JSON value of `body`, without what signs addresses. `next_href` stays: no record has it."""
    if not has_marks(body):
        return data
    cut = replaced(data, unsigned)
    if isinstance(data, dict) and "next_href" in data:
        cut["next_href"] = data["next_href"]
    return cut


@lru_cache(1000)
def _is_dropped(key: str) -> bool:
    return plain(key) in SECRETS or is_signed_name(key)


def _kept(members: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The members of an object that are no credential."""
    kept = {key: item for key, item in members.items() if not _is_dropped(str(key))}
    if len(kept) < len(members):
        for key in signing_keys(members):
            kept.pop(key, None)
    return kept


def _all(members: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return members


def replaced(
    value: Any, text: Callable[[Any], Any], kept: Callable[[Mapping[Any, Any]], Mapping[Any, Any]] = _all
) -> Any:
    """A deep copy of a JSON value with `text` of each scalar and key, and of the members of objects what is `kept`."""
    top: list[Any] = [value]
    todo: list[dict[Any, Any] | list[Any]] = [top]
    while todo:
        node = todo.pop()
        for place, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(child, dict):
                child = {text(key): item for key, item in kept(child).items()}
                todo.append(child)
            elif isinstance(child, (list, tuple)):
                child = list(child)
                todo.append(child)
            else:
                child = text(child)
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
