"""Removes signatures from addresses: parameters of CloudFront, S3, Google, Azure, Akamai, and tokens.

Any text of a page may contain a signed address; hardly any does. So `values.has_marks` looks at the bytes first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sc_spiders.redaction.names import IS, SIGNED, plain
from sc_spiders.redaction.parameters import named, without

__all__ = ["is_signed_name", "may_be_signed", "signing_keys", "unsigned"]

_MARKS = (b"signature", b"token", b"sig", b"key-pair-id", b"hdn", b"hmac", b"bearer", b"oauth")

_PARAMETERS = named(f"{SIGNED}|token")
_COOKIE = re.compile(rf"(?<![\w-])CloudFront-(?:Policy|Signature|Key-Pair-Id){IS}[^\s;,\"'<>\\]++(?:;\s?)?+", re.I)
_HEADER = re.compile(r"(?<![a-z0-9])((?:Bearer|OAuth)\s++)(?=[\w.~+/-]{0,200}?\d)[\w.~+/-]{16,}+=*+", re.ASCII | re.I)
_WORD = re.compile(r"[^\s\"'<>]++")
# Common names. They are signatures only if the same address matches the pattern.
_TOGETHER = (
    (re.compile(rf"Key-Pair-Id{IS}", re.I), named("Policy|Signature")),
    (re.compile(rf"(?:(?<![a-z])|(?<=3[fb]))s[evpr]{IS}", re.I), named("sig")),
)
_KEYS = re.compile(
    r"(?-i:Policy|Signature)|(?:CloudFront-)?Key[_-]?Pair[_-]?Id|AWSAccessKeyId|(?:X-(?:Amz|Goog)|CloudFront)-.+", re.I
)


def may_be_signed(lower: bytes) -> bool:
    """Whether this text, in lower case, may have a signed address or a token after `Bearer` or `OAuth`."""
    return any(mark in lower for mark in _MARKS)


def _is_suspicious(text: str) -> bool:
    # An address needs one of the first three, a header one of the others.
    if not any(map(text.__contains__, "=%\\ \t\n\r\f\v")):
        return False
    return may_be_signed(text.encode("utf-8", "surrogatepass").lower())


def unsigned(value: Any) -> Any:
    """`value`; a string without the signatures of addresses in it."""
    if not isinstance(value, str) or not _is_suspicious(value):
        return value
    text = _HEADER.sub(r"\1[hidden]", _COOKIE.sub("", value))
    return without(_WORD.sub(_of_address, text), _PARAMETERS)


def _of_address(match: re.Match[str]) -> str:
    address = match[0]
    for sign, parameters in _TOGETHER:
        if sign.search(address):
            address = without(address, parameters)
    return address


def is_signed_name(key: str) -> bool:
    """Whether this key of an object holds a part of a signature."""
    return _KEYS.fullmatch(key) is not None


def signing_keys(members: Mapping[Any, Any]) -> set[Any]:
    """The keys `policy` and `signature`, if the object has a key pair id: in other objects they are no secrets."""
    if not any(plain(str(key)).endswith("keypairid") for key in members):
        return set()
    return {key for key in members if plain(str(key)) in ("policy", "signature")}
