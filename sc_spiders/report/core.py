"""The core of a large network: its most connected nodes, and the links that say most about them."""

from __future__ import annotations

from typing import Any

Array = Any


def among(np: Any, sources: Array, targets: Array, chosen: Array, total: int) -> tuple[Array, Array]:
    """The links between two chosen nodes, given by places in `chosen`. `total`: the number of all nodes."""
    place = np.full(total, -1)
    place[chosen] = np.arange(len(chosen))
    both = (place[sources] >= 0) & (place[targets] >= 0) & (sources != targets)
    return place[sources[both]], place[targets[both]]


def backbone(np: Any, sources: Array, targets: Array, degree: Array, count: int) -> tuple[Array, Array]:
    """At most `count` links. For each node, links to the least connected others come first: they say most about it."""
    if len(sources) <= count:
        return sources, targets
    weight = degree[sources] * degree[targets]
    best = np.minimum(ranks(np, sources, weight), ranks(np, targets, weight))
    kept = np.sort(np.lexsort((weight, best))[:count])
    return sources[kept], targets[kept]


def ranks(np: Any, ends: Array, weight: Array) -> Array:
    """The place of each link among the links of the same node, the lightest first."""
    order = np.lexsort((weight, ends))
    first = np.flatnonzero(np.r_[True, np.diff(ends[order]) != 0])
    places = np.empty(len(order), int)
    places[order] = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    return places
