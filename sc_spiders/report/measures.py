"""What a network tells about each of its nodes: the community it belongs to, and its PageRank."""

from __future__ import annotations

import sys
from typing import Any

from sc_spiders.dataset.libraries import library

Array = Any

_DRAWING = ("matplotlib", "pandas", "networkx", "IPython", "tabulate")
_DAMPING = 0.85
_ROUNDS = 50
_CLOSE = 1e-9  # the sum of all changes in a round


def communities(count: int, sources: Array, targets: Array) -> Array:
    """The community of each of `count` nodes, found by the Louvain method; 0 is the largest.

    `sources`, `targets`: the links, as arrays of node numbers. Their direction does not count. The same links give the
    same communities. Raises MissingLibrary.
    """
    np, sparse = library("numpy", "the network"), library("scipy.sparse", "the network")
    networkit = _networkit()
    networkit.setNumberOfThreads(1)  # with more, the result differs from run to run
    networkit.setSeed(1, False)
    ends = np.minimum(sources, targets), np.maximum(sources, targets)  # both directions of a link are one
    links = sparse.csr_array((np.ones(len(sources), np.int8), ends), shape=(count, count))
    method = networkit.community.PLM(networkit.GraphFromCsr(links, directed=False), refine=True)
    method.run()
    found = np.array(method.getPartition().getVector(), dtype=np.int64)
    _, first, inverse, sizes = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return place[inverse]


def _networkit() -> Any:
    """The library without what it draws with, if that is not imported yet: this would take 120 MiB and a second."""
    hidden = [name for name in _DRAWING if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # with None, an import fails
    try:
        return library("networkit", "the network")
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def pagerank(count: int, sources: Array, targets: Array) -> Array:
    """The PageRank of each of `count` nodes; their sum is 1. Raises MissingLibrary."""
    np = library("numpy", "the network")
    outgoing = np.bincount(sources, minlength=count)
    share = 1 / np.maximum(outgoing, 1)
    rank = np.full(count, 1 / max(count, 1))
    for _ in range(_ROUNDS):
        flow = np.bincount(targets, (rank * share)[sources], count)
        lost = rank[outgoing == 0].sum()
        new = _DAMPING * flow + (1 - _DAMPING + _DAMPING * lost) / max(count, 1)
        if np.abs(new - rank).sum() < _CLOSE:
            return new
        rank = new
    return rank
