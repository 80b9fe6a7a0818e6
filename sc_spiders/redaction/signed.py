"""What signs an address for whoever has it: CloudFront, S3, Google, Azure, Akamai, and tokens of anybody's.

It may stand in any text of a page: in the address of a picture, in a title. So the bytes of each page are looked at
first, and hardly any page has such a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sc_spiders.redaction.names import IS, SIGNED, plain
from sc_spiders.redaction.parameters import named, without

__all__ = ["has_marks", "is_signed_name", "may_be_signed", "signing_keys", "unsigned"]

# What stands before the `=` of a parameter that signs, in the cases that occur. Of several in one address, one will do.
_ENDS = (
    b"ignature",
    b"IGNATURE",
    b"oken",
    b"OKEN",
    b"sig",
    b"hmac",
    b"air-Id",
    b"air-id",
    b"hdnts",
    b"hdnea",
    b"hdntl",
)
# A `=` as it is, percent-encoded however often, and escaped as in JSON: the first byte, and how it may go on.
_EQUALS = ((b"=", (b"",)), (b"%", (b"3d", b"3D", b"25")), (b"\\", (b"u003d", b"u003D")))
_MARKS = (b"signature", b"token", b"sig", b"key-pair-id", b"hdn", b"hmac", b"bearer", b"oauth")

_PARAMETERS = named(f"{SIGNED}|token")
_COOKIE = re.compile(rf"(?<![\w-])CloudFront-(?:Policy|Signature|Key-Pair-Id){IS}[^\s;,\"'<>\\]++(?:;\s?)?+", re.I)
_HEADER = re.compile(r"(?<![a-z0-9])((?:Bearer|OAuth)\s++)(?=[\w.~+/-]{0,200}?\d)[\w.~+/-]{16,}+=*+", re.ASCII | re.I)
_WORD = re.compile(r"[^\s\"'<>]++")
# Names that say too little alone, each with what stands in the same address where they sign it.
_TOGETHER = (
    (re.compile(rf"Key-Pair-Id{IS}", re.I), named("Policy|Signature")),
    (re.compile(rf"(?<![a-z])s[evpr]{IS}", re.I), named("sig")),
)
_KEYS = re.compile(
    r"(?-i:Policy|Signature)|(?:CloudFront-)?Key[_-]?Pair[_-]?Id|AWSAccessKeyId|(?:X-(?:Amz|Goog)|CloudFront)-.+", re.I
)


def has_marks(body: bytes) -> bool:
    """Whether a text in this JSON may have a signed address; quick."""
    return any(_signs(body, first, rest) for first, rest in _EQUALS)


def _signs(body: bytes, first: bytes, rest: tuple[bytes, ...]) -> bool:
    """Whether such a `=` stands after such a name."""
    at = body.find(first)  # of one byte: as quick as memory is read
    while at >= 0:
        if body.startswith(rest, at + 1) and body.endswith(_ENDS, 0, at):
            return True
        at = body.find(first, at + 1)
    return False


def may_be_signed(lower: bytes) -> bool:
    """The same for a text in lower case, and for what follows `Bearer` and `OAuth`."""
    return any(mark in lower for mark in _MARKS)


def _is_suspicious(text: str) -> bool:
    if not ("=" in text or "%" in text or "\\" in text or " " in text):
        return False
    return may_be_signed(text.encode("utf-8", "surrogatepass").lower())


def unsigned(value: Any) -> Any:
    """`value`, if it is a string, without what signs the addresses in it."""
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
    """Whether what stands under this key of an object is a part of a signature."""
    return _KEYS.fullmatch(key) is not None


def signing_keys(members: Mapping[Any, Any]) -> set[Any]:
    """The keys of an object that signs something which are not such by themselves: its policy, in lower case."""
    if not any(plain(str(key)).endswith("keypairid") for key in members):
        return set()
    return {key for key in members if plain(str(key)) in ("policy", "signature")}
