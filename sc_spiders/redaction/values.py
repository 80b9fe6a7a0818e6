"""Removes credentials, share tokens and birth dates from JSON values, and writes JSON text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any

import orjson

from sc_spiders.redaction.names import NAMES, SPELLINGS, plain
from sc_spiders.redaction.parameters import alone, named, without
from sc_spiders.redaction.possessive import ONCE
from sc_spiders.redaction.shares import ESCAPED_SIGN, SIGNS, removed
from sc_spiders.redaction.signed import is_signed_name, signing_keys, unsigned

__all__ = [
    "SECRETS",
    "dumps",
    "may_hold_secrets",
    "may_share",
    "redact",
    "replaced",
    "strip",
    "suspicious",
    "without_signatures",
]

SECRETS = NAMES | {"secreturi", "dateofbirth"}
"""Keys, as `plain` returns them, that are removed with their values from every object."""

_QUERY = named(SPELLINGS)
_ALONE = alone(SPELLINGS)
_GAP = rf"(?:[\s+]|%(?:25)*2[0b])*{ONCE}"
_INSIDE = rf"(?:[^\"'\\%&]|%(?!(?:25)*(?:2[27]|5c))|&(?!quot;|\#))*{ONCE}"
_JSON = re.compile(rf"((?<!\\)(\\*[\"']){SPELLINGS}\2\s*+:\s*+\2)[^\"'\\]*+", re.ASCII | re.IGNORECASE)
# The same where quotation marks are percent-encoded, or written as in HTML.
_ENCODED_QUOTE = r"(?<!5c)(?<!\\)((?:%(?:25)*5c)*%(?:25)*2[27]|\\*(?:&quot;|&#(?:34|39|x22|x27);))"
_ENCODED_JSON = re.compile(
    rf"({_ENCODED_QUOTE}{SPELLINGS}\2{_GAP}(?::|%(?:25)*3a){_GAP}\2){_INSIDE}", re.ASCII | re.IGNORECASE
)

# The end of the name before `=`, in lower case. If several parameters sign together, one is enough.
_ENDS = (b"ignature", b"oken", b"sig", b"hmac", b"air-id", b"hdnts", b"hdnea", b"hdntl")
_BEFORE = 50  # bytes that are looked at: an end, and backslashes of JSON within JSON within JSON
_WORD = 30  # characters of a text that may come often
# How `=` is written: plain, percent-encoded any number of times, or escaped as in JSON. Its first byte, and the rests.
_EQUALS = ((b"=", (b"",)), (b"%", (b"3d", b"3D", b"25")), (b"\\", (b"u003d", b"u003D")))
# Every name in NAMES has one of these.
_MARKS = (b"token", b"client", b"authorization", b"verifier")
# Texts that mark share tokens, headers and further keys in JSON.
_HOLDING = (
    *SIGNS,
    b"secret",
    b"birth",
    b"bearer",
    b"oauth",
    b"signature",
    b"key-pair",
    b"key_pair",
    b"keypair",
    b"policy",
    b"cloudfront",
    b"accesskeyid",
    b"x-amz",
    b"x-goog",
)


def has_marks(body: bytes) -> bool:
    """Whether a text in this JSON may have a signed address. Quick."""
    for first, rest in _EQUALS:
        at = body.find(first)  # searching for one byte is fastest
        while at >= 0:
            if body.startswith(rest, at + 1) and _ends_name(body[max(0, at - _BEFORE) : at]):
                return True
            at = body.find(first, at + 1)
    return False


def _ends_name(before: bytes) -> bool:
    return before.rstrip(b"\\").lower().endswith(_ENDS)


def _lower(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()  # bytes: searched four times as fast as str


def suspicious(text: str) -> bool:
    """Whether `strip` may change `text`. Quick."""
    return _is_suspicious_word(text) if len(text) < _WORD else _is_suspicious(text)


def _is_suspicious(text: str) -> bool:
    lower = _lower(text)
    return may_share(lower) or b"bearer" in lower or b"oauth" in lower or _may_be_named(lower)


_is_suspicious_word = lru_cache(2000)(_is_suspicious)  # keys and words are the same in all objects


def may_share(lower: bytes) -> bool:
    """Whether the text may have a share token."""
    if b"s-" in lower and any(map(lower.__contains__, SIGNS)):
        return True
    return b"%" in lower and ESCAPED_SIGN.search(lower) is not None


def _may_be_named(lower: bytes) -> bool:
    """Whether the text may hold a credential and its name: as a parameter of an address, or in JSON."""
    # Parameters and JSON need one of these bytes. The search for a byte takes a tenth of the search for a word.
    has_signs = b"=" in lower or b"%" in lower or b'"' in lower or b"'" in lower or b"\\" in lower or b"&" in lower
    return has_signs and _is_marked(lower)


def _may_be_encoded(lower: bytes) -> bool:
    """Whether the text may have encoded quotation marks."""
    return b"&quot;" in lower or b"&#" in lower or (b"%" in lower and (b"22" in lower or b"27" in lower))


def may_hold_secrets(text: str) -> bool:
    """Whether `redact` may change the value of this JSON text. Quick."""
    lower = _lower(text)
    has_escaped = b"%" in lower and ESCAPED_SIGN.search(lower) is not None
    return has_escaped or any(map(lower.__contains__, _HOLDING)) or _is_marked(lower)


def _is_marked(lower: bytes) -> bool:
    return any(map(lower.__contains__, _MARKS)) or has_marks(lower)


def strip(value: Any) -> Any:
    """`value`; a string without the share tokens and credentials in its URLs and its JSON."""
    if not isinstance(value, str) or not suspicious(value):
        return value
    lower = _lower(value)
    value = unsigned(value)
    if may_share(lower):
        value = removed(value)
    if _may_be_named(lower):
        value = _JSON.sub(r"\1", value)
        if _may_be_encoded(lower):
            value = _ENCODED_JSON.sub(r"\1", value)
        value = _ALONE.sub(r"\1", without(value, _QUERY))
    return value


def redact(value: Any) -> Any:
    """A deep copy of a JSON value without credentials, share tokens and birth dates. It may be nested to any depth."""
    return replaced(value, strip, _kept)


def without_signatures(data: Any, body: bytes) -> Any:
    """`data`, the JSON value of `body`, without signatures of addresses. next_href stays: no record has it."""
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
    """The members of an object without credentials."""
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
    """A deep copy of a JSON value: `text` maps each scalar and key, `kept` the members of each object."""
    top: list[Any] = [value]
    todo: list[dict[Any, Any] | list[Any]] = [top]
    while todo:
        node = todo.pop()
        for place, child in _children(node):
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


def _children(node: dict[Any, Any] | list[Any]) -> list[tuple[Any, Any]]:
    """The keys or places of an object or array, each with its value."""
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node))


def _scalar(value: Any) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return _integer(value)
    if not isinstance(value, float):
        return encode_basestring_ascii(str(value))
    if isfinite(value):
        return repr(value)
    return "null"


def _integer(value: int) -> str:
    try:
        return repr(value)
    except ValueError:  # more digits than Python converts
        return f'"{hex(value)}"'


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
    """`value` as one line of JSON. Never fails.

    Values that orjson refuses (lone surrogates, integers beyond 64 bits, hundreds of levels) are written as ASCII. NaN
    and the infinities become null, as with orjson.
    """
    try:
        return orjson.dumps(value)
    except (TypeError, RecursionError):
        return "".join(_pieces(value)).encode("ascii")
