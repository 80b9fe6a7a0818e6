"""Finds the package's regular expressions, and makes text for which a bad one is slow.

The text is derived from the expression: the beginning of a match, then text that a part of the expression matches,
repeated, and no end of the match.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
import time
from collections.abc import Iterator
from itertools import product
from types import FrameType
from typing import Any

import sc_spiders

_SAMPLES = 25  # texts for each expression
_PIECES = ("%252f", "%25", "\\", " ", "a", "/", "//a", '"', "&", "%", "\n", "s-a1b2", "a/", "?", "\\u0026", "://a:")
_NAMED = 8  # so many characters of an expression are combined
_TRIPLES = 30
_LONG = 1e-3  # the shortest time that can be measured, in seconds
_SHORT = 2048
_QUICK = 1e-3  # seconds for so many characters: two steps for each pair of them would take five times as long
_MOST = 1 << 16  # characters of the longest text


class Endless(TimeoutError):
    """A match that takes more than half a second."""


def all_patterns() -> dict[str, re.Pattern[Any]]:
    """All compiled expressions by name: those at the top of a module, also in tuples, lists and dicts."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(sc_spiders.__path__, "sc_spiders."):
        if module.name.endswith("__main__") or ".templates" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for at, one in enumerate(_held(value)):
                found.setdefault(f"{module.name}.{name}[{at}]", one)
    distinct = {(one.pattern, one.flags): where for where, one in reversed(found.items())}
    return {where: found[where] for where in sorted(distinct.values())}


def _held(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _held(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _held(one)


def adversaries(pattern: re.Pattern[Any], seed: int = 0) -> list[tuple[str, str]]:
    """Pairs of a beginning and a text to repeat after it, made from texts that match parts of the expression."""
    tree = _tree(pattern)
    rng = random.Random(seed)
    samples = [_sample(tree, rng) for _ in range(_SAMPLES)]
    pieces = list(_PIECES)
    for sample in samples:
        for longest in (1, 3, 12):
            start = rng.randrange(len(sample) + 1)
            pieces.append(sample[start : start + longest])
        pieces.append(sample)
    pieces += _combined(sorted(_named(tree)), rng)
    beginnings = ["", *(sample[: rng.randrange(len(sample) + 1)] for sample in samples for _ in range(3))]
    chosen = [(rng.choice(beginnings), piece) for piece in pieces]
    chosen += [("", piece) for piece in pieces]
    chosen += [(beginning, rng.choice(("%252f", "a", " ", "\\"))) for beginning in beginnings]
    return list(dict.fromkeys(one for one in chosen if one[1]))


def matched(pattern: re.Pattern[Any], count: int) -> list[str]:
    """`count` texts that the expression matches. Look-aheads and look-behinds are left out, so some may not match."""
    tree, rng = _tree(pattern), random.Random(0)
    return [_sample(tree, rng) for _ in range(count)]


def _tree(pattern: re.Pattern[Any]) -> Any:
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    return parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)


def _named(part: Any) -> set[str]:
    """The punctuation characters that an expression names."""
    if isinstance(part, tuple) and len(part) == 2 and part[0] in (sre.LITERAL, sre.NOT_LITERAL):
        return set() if chr(part[1]).isalnum() else {chr(part[1])}
    if isinstance(part, (tuple, list, parser.SubPattern)):
        return set().union(*map(_named, part))
    return set()


def _combined(characters: list[str], rng: random.Random) -> list[str]:
    """Pairs and triples of these characters, for instance an escaped quotation mark."""
    some = rng.sample(characters, min(len(characters), _NAMED))
    triples = list(product(some, repeat=3))
    chosen = [*product(some, repeat=2), *rng.sample(triples, min(len(triples), _TRIPLES))]
    return list(dict.fromkeys("".join(one) for one in chosen))


def _sample(tree: Any, rng: random.Random) -> str:
    return "".join(_part(op, value, rng) for op, value in tree)


def _part(op: Any, value: Any, rng: random.Random) -> str:
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, high, inner = value
        return "".join(_sample(inner, rng) for _ in range(rng.randint(low, min(int(high), low + 2))))
    if op is sre.SUBPATTERN:
        return _sample(value[-1], rng)
    if op is sre.ATOMIC_GROUP:
        return _sample(value, rng)
    if op is sre.BRANCH:
        return _sample(rng.choice(value[1]), rng)
    if op is sre.LITERAL:
        return chr(value)
    if op is sre.IN:
        return _of_class(value, rng)
    if op is sre.NOT_LITERAL:
        return "b" if value == ord("a") else "a"
    return "a" if op is sre.ANY else ""


def _of_class(members: Any, rng: random.Random) -> str:
    if members[0][0] is sre.NEGATE:
        return rng.choice("aZ5%-")
    op, value = rng.choice(members)
    if op is sre.RANGE:
        return chr(rng.randint(value[0], min(value[1], value[0] + 30)))
    if op is sre.LITERAL:
        return chr(value)
    return {sre.CATEGORY_DIGIT: "5", sre.CATEGORY_SPACE: " "}.get(value, "a")


def is_quick(pattern: re.Pattern[Any], beginning: str, piece: str) -> bool:
    """Whether two thousand characters take almost no time. Then no further check is needed."""
    return _timed(pattern, _text(pattern, beginning, piece, _SHORT)) < _QUICK


def growth(pattern: re.Pattern[Any], beginning: str, piece: str) -> float:
    """The factor by which the time grows if the text is twice as long; 0 if it is too short to measure.

    Raises Endless.
    """
    before, length = 0.0, 1024
    while length <= _MOST:
        text = _text(pattern, beginning, piece, length)
        took = _timed(pattern, text)
        if before >= _LONG:
            return took / before
        before, length = took, length * 2
    return 0.0


def _text(pattern: re.Pattern[Any], beginning: str, piece: str, length: int) -> Any:
    text = beginning + (piece * (length // len(piece) + 1))[:length] + "\0"
    return text.encode() if isinstance(pattern.pattern, bytes) else text


def _timed(pattern: re.Pattern[Any], text: Any) -> float:
    def stop(_: int, __: FrameType | None) -> None:
        raise Endless

    kept = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)  # CPU time of this process
    try:
        began = time.thread_time()
        pattern.sub("" if isinstance(text, str) else b"", text)
        pattern.fullmatch(text)
        return time.thread_time() - began
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, kept)
