"""Computes the positions of the nodes in a drawing.

Nodes push each other away, links pull their two ends together (ForceAtlas2's LinLog forces: Jacomy and
others, 2014). The push is computed on a grid by fast Fourier transform, as in simulations of galaxies. So its cost
grows with the number of nodes, not of pairs. For up to 400 nodes, each pair is computed, because that is faster.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sc_spiders.dataset.libraries import library

from .core import among, backbone

Array = Any

NODES = 5_000
LINKS = 25_000
"""In a larger network, the forces move only so many nodes, along so many links: the cost grows with both."""

_FEW = 400  # nodes; up to so many, computing each pair is faster than the grid
_PAIRS = 10_000  # pairs that are computed at once
_GRID = 128
_SOFT = 0.25  # square cells: softens the push, so that two nodes in one cell do not fly apart
_STEPS = 400
_ROUNDS = 3
_GOLDEN = 2.399963  # this angle spreads any number of points evenly


def positions(count: int, sources: Array, targets: Array, groups: Array) -> Array:
    """Positions as `layout` gives them, also of very large networks.

    Of those, `layout` places the most connected nodes. Each other node is put among its neighbours.
    """
    if count <= NODES and len(sources) <= LINKS:
        return layout(count, sources, targets, groups)
    np = library("numpy", "the network")
    degree = np.bincount(sources, minlength=count) + np.bincount(targets, minlength=count)
    core = np.argsort(-degree, kind="stable")[:NODES]
    links = backbone(np, *among(np, sources, targets, core, count), degree[core], LINKS)
    places = np.full((count, 2), np.nan)
    places[core] = layout(len(core), *links, groups[core])
    _place_others(np, places, np.concatenate([sources, targets]), np.concatenate([targets, sources]))
    return places


def layout(count: int, sources: Array, targets: Array, groups: Array) -> Array:
    """Positions of `count` nodes, an array of (x, y) within -1 … 1. The same links give the same positions.

    `sources`, `targets`: the links, as arrays of node numbers. `groups`: the group of each node. Nodes of a group start
    near each other, which saves time.
    """
    np = library("numpy", "the report's network")
    random = np.random.default_rng(1)
    if count == 0:
        return np.zeros((0, 2))
    angle = groups * _GOLDEN
    radius = np.sqrt((groups + 0.5) / (groups.max() + 1))
    places = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + random.normal(0, 0.08, (count, 2))
    degree = np.bincount(sources, minlength=count) + np.bincount(targets, minlength=count)
    mass = degree + 1.0
    # At this radius, the push of all other nodes equals the pull of a node's links. A picture of this size has space
    # for every node, and a node that is too far out comes back within _STEPS.
    pull = np.log1p(2 * mass.sum())
    size = 2 * mass.sum() / pull
    places *= size
    repulsion = _between_all
    if count > _FEW:
        repulsion = partial(_on_grid, kernels=_kernels(np))
    for step in range(_STEPS):
        force = repulsion(np, places, mass) * 2.0
        force += _attraction(np, places, sources, targets, count)
        force -= places / size * mass[:, None] * pull * 0.5  # gravity keeps separate parts together
        move = force / mass[:, None] * size / pull / 2
        length = np.hypot(move[:, 0], move[:, 1])[:, None] + 1e-9
        limit = size * 0.1 * (1 - step / _STEPS) ** 1.5
        places += move / length * np.minimum(length, limit)
    places -= (places.min(0) + places.max(0)) / 2
    return places / (np.abs(places).max() or 1)


def _place_others(np: Any, places: Array, nodes: Array, neighbours: Array) -> None:
    """Puts each node without a place (NaN) in the middle of its neighbours; one without neighbours, around the picture.

    `nodes`, `neighbours`: the ends of each link, in both directions.
    """
    random = np.random.default_rng(1)
    for _ in range(_ROUNDS):
        is_placed = ~np.isnan(places[:, 0])
        links = ~is_placed[nodes] & is_placed[neighbours]
        count = np.bincount(nodes[links], minlength=len(places))
        new = np.flatnonzero(count)
        for axis in (0, 1):
            places[new, axis] = np.bincount(nodes[links], places[neighbours[links], axis], len(places))[new]
        places[new] = places[new] / count[new, None] + random.normal(0, 0.03, (len(new), 2))
    rest = np.flatnonzero(np.isnan(places[:, 0]))
    angle, radius = np.arange(len(rest)) * _GOLDEN, 1.1 + random.uniform(0, 0.2, len(rest))
    places[rest] = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def _kernels(np: Any) -> tuple[Array, Array]:
    """Fourier transforms of the force of a unit mass, 1 / distance, in cells of the grid."""
    offsets = np.fft.fftfreq(2 * _GRID, 1 / (2 * _GRID))
    dx, dy = np.meshgrid(offsets, offsets, indexing="ij")
    square = dx**2 + dy**2 + _SOFT
    return np.fft.rfft2(dx / square), np.fft.rfft2(dy / square)


def _between_all(np: Any, places: Array, mass: Array) -> Array:
    """The push of each pair of nodes. A few rows at a time: for larger arrays, each step would allocate memory anew."""
    size = np.ptp(places, 0).max() / (_GRID - 2) or 1.0
    x, y = places.T.copy()
    force = np.empty_like(places)
    few = _PAIRS // len(places)
    for first in range(0, len(places), few):
        rows = slice(first, first + few)
        apart_x, apart_y = x[rows, None] - x, y[rows, None] - y
        push = mass / (apart_x**2 + apart_y**2 + size**2 * _SOFT)
        force[rows] = np.stack([(push * apart_x).sum(1), (push * apart_y).sum(1)], 1)
    return force * mass[:, None]


def _on_grid(np: Any, places: Array, mass: Array, kernels: tuple[Array, Array]) -> Array:
    """The push of the nodes, added up in the cells of the grid."""
    low = places.min(0)
    size = (places.max(0) - low).max() / (_GRID - 2) or 1.0
    at = (places - low) / size
    cell = at.astype(int)
    part = at - cell
    corners = []
    density = np.zeros(_GRID * _GRID)
    for x in (0, 1):
        for y in (0, 1):
            share = np.abs(1 - x - part[:, 0]) * np.abs(1 - y - part[:, 1])
            index = (cell[:, 0] + x) * _GRID + cell[:, 1] + y
            corners.append((index, share))
            density += np.bincount(index, share * mass, _GRID * _GRID)
    spectrum = np.fft.rfft2(density.reshape(_GRID, _GRID), (2 * _GRID, 2 * _GRID))
    force = np.zeros_like(places)
    for axis, kernel in enumerate(kernels):
        rows = np.fft.ifft(spectrum * kernel, axis=0)[:_GRID]
        field = np.fft.irfft(rows)[:, :_GRID].ravel()
        for index, share in corners:
            force[:, axis] += field[index] * share
    return force / size * mass[:, None]


def _attraction(np: Any, places: Array, sources: Array, targets: Array, count: int) -> Array:
    apart = places[targets] - places[sources]
    distance = np.hypot(apart[:, 0], apart[:, 1]) + 1e-9
    pull = apart * (np.log1p(distance) / distance)[:, None]
    force = np.zeros((count, 2))
    for axis in (0, 1):
        force[:, axis] = np.bincount(sources, pull[:, axis], count) - np.bincount(targets, pull[:, axis], count)
    return force
