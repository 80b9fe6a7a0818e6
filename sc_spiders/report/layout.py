"""Computes the positions of the nodes in a drawing.

Nodes push each other away, links pull their two ends together (ForceAtlas2's LinLog forces: Jacomy and
others, 2014). The push is computed on a grid by fast Fourier transform, as in simulations of galaxies. So its cost
grows with the number of nodes, not of pairs.
"""

from __future__ import annotations

from typing import Any

from sc_spiders.dataset.libraries import library

Array = Any

_GRID = 128
_STEPS = 400


def layout(count: int, sources: Array, targets: Array, groups: Array) -> Array:
    """Positions of `count` nodes, an array of (x, y) within -1 … 1. The same links give the same positions.

    `sources`, `targets`: the links, as arrays of node numbers. `groups`: the group of each node. Nodes of a group start
    near each other, which saves time.
    """
    np = library("numpy", "the report's network")
    random = np.random.default_rng(1)
    if count == 0:
        return np.zeros((0, 2))
    angle = groups * 2.399963  # the golden angle spreads any number of groups evenly
    radius = np.sqrt((groups + 0.5) / (groups.max() + 1))
    places = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + random.normal(0, 0.08, (count, 2))
    degree = np.bincount(sources, minlength=count) + np.bincount(targets, minlength=count)
    mass = degree + 1.0
    # At this radius, the push of all other nodes equals the pull of a node's links. A picture of this size has space #
    # for every node, and a node that is too far out comes back within _STEPS.
    pull = np.log1p(2 * mass.sum())
    size = 2 * mass.sum() / pull
    places *= size
    kernels = _kernels(np)
    for step in range(_STEPS):
        force = _repulsion(np, places, mass, kernels) * 2.0
        force += _attraction(np, places, sources, targets, count)
        force -= places / size * mass[:, None] * pull * 0.5  # gravity keeps separate parts together
        move = force / mass[:, None] * size / pull / 2
        length = np.hypot(move[:, 0], move[:, 1])[:, None] + 1e-9
        limit = size * 0.1 * (1 - step / _STEPS) ** 1.5
        places += move / length * np.minimum(length, limit)
    places -= (places.min(0) + places.max(0)) / 2
    return places / (np.abs(places).max() or 1)


def _kernels(np: Any) -> tuple[Array, Array]:
    """Fourier transforms of the force of a unit mass, 1 / distance, in cells of the grid."""
    offsets = np.fft.fftfreq(2 * _GRID, 1 / (2 * _GRID))
    dx, dy = np.meshgrid(offsets, offsets, indexing="ij")
    square = dx**2 + dy**2 + 0.25  # softened, so two nodes in one cell do not fly apart
    return np.fft.rfft2(dx / square), np.fft.rfft2(dy / square)


def _repulsion(np: Any, places: Array, mass: Array, kernels: tuple[Array, Array]) -> Array:
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
        field = np.fft.irfft2(spectrum * kernel)[:_GRID, :_GRID].ravel()
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
