"""Measures the cost of a record, made by our code and by stock jmespath and jsonschema.

    python -m bench.records [ROUNDS]

Pages have 200 objects of the API: recorded ones if there are any ($SC_SHARED, or a folder `shared`
beside the checkout), else generated ones. Rounds are interleaved; results are medians in µs of one core a record.
Trust the ratios.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson

from sc_spiders import records
from tests.records import plain, recorded
from tests.records.samples import NOW, V2

PAGE = 200


FAST = "fast: project, convert, validate, note drift"
PLAIN = "plain: jmespath a field, jsonschema a record"
_REPEATS = {PLAIN: 1}  # in a round; others are fast, and repeated more often


def page(kind: str) -> bytes:
    """The body of a page of full v2 objects."""
    k = records.kind(kind, "v2")
    found: list[Any] = []
    if recorded.FOLDER.is_dir():
        found = recorded.known().get(("v2", kind), [])
    full = [o for o in found if k.is_full(o)] or V2[kind][:1]
    return orjson.dumps((full * PAGE)[:PAGE])


def ways(kind: str) -> dict[str, Callable[[], Any]]:
    """The functions to compare, by name."""
    body = page(kind)
    objects = orjson.loads(body)
    rows, _ = records.kind(kind, "v2").project(objects, NOW)
    drift = records.Drift("v2")

    def project() -> Any:
        return records.kind(kind, "v2").project(objects, NOW, drift=drift)

    return {
        "decode": lambda: records.decode(body),
        FAST: project,
        PLAIN: lambda: plain.project(kind, "v2", objects, NOW),
        "dump": lambda: [records.dumps(row) for row in rows],
    }


def measure(functions: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median µs of CPU a record, by name."""
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds + 1):
        for name, function in functions.items():
            repeats = _REPEATS.get(name, 20)
            start = time.process_time()
            for _ in range(repeats):
                function()
            taken[name].append((time.process_time() - start) / repeats / PAGE * 1e6)
    # The first round only warms the caches up.
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def main() -> None:
    (rounds,) = map(int, sys.argv[1:] or ["7"])
    _print("µs a record, v2, pages of 200", [f"{kind:>11}" for kind in V2])
    found = [measure(ways(kind), rounds) for kind in V2]
    for name in found[0]:
        _print(name, [f"{times[name]:>11.2f}" for times in found])
    _print("plain / fast", [f"{times[PLAIN] / times[FAST]:>10.0f}x" for times in found])
    _print("fast / decode", [f"{times[FAST] / times['decode']:>10.1f}x" for times in found])


def _print(name: str, cells: list[str]) -> None:
    print(f"{name:<52}" + "".join(cells))


if __name__ == "__main__":
    main()
