"""Best routes through a graph of arcs, between the places that matter, as arrays.

Among routes that tie (to about six digits) on what they are chosen by, the other measures decide:
cost, then weeks, then emissions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arcs", "RouteCriterion", "RouteTable", "best_arcs", "best_routes"]

RouteCriterion = Literal["cost", "weeks", "kg_co2"]
"""What a route is chosen by."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIE = 1e-6
"""Weight of the measure that breaks ties, relative to the smallest arc."""


@dataclass(frozen=True)
class Arcs:
    """Arcs between nodes.

    Attributes
    ----------
    tail, head
        Nodes where they start and end, shape (n,).
    measures
        Cost, weeks and kg of CO2 of each, shape (3, n).
    mode
        Name of the mode of each, shape (n,).
    """

    tail: Ints
    head: Ints
    measures: Floats
    mode: NDArray[Any]

    def __add__(self, other: Arcs) -> Arcs:
        return Arcs(
            np.concatenate([self.tail, other.tail]),
            np.concatenate([self.head, other.head]),
            np.concatenate([self.measures, other.measures], axis=1),
            np.concatenate([self.mode, other.mode]),
        )

    def shifted(self, tail: int, head: int) -> Arcs:
        """Return the arcs between other copies of their nodes."""
        return Arcs(self.tail + tail, self.head + head, self.measures, self.mode)

    def finite(self) -> Arcs:
        """Return the arcs all whose measures are numbers, none too large for a float."""
        held = np.isfinite(self.measures).all(axis=0)
        if held.all():
            return self
        return Arcs(self.tail[held], self.head[held], self.measures[:, held], self.mode[held])

    def weights(self, by: RouteCriterion) -> Floats:
        """Return what a route adds up: the measure asked for, with ties broken by the others."""
        first = get_args(RouteCriterion).index(by)
        order = [first, *(other for other in range(3) if other != first)]
        weight: Floats = self.measures[first].copy()
        positive = weight[weight > 0]
        share = float(positive.min()) if positive.size else 1.0
        for other in order[1:]:
            share *= TIE
            largest = self.measures[other].max(initial=0.0)
            if largest > 0:
                with np.errstate(over="ignore"):
                    weight += share * (self.measures[other] / largest)
        return np.minimum(weight, np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class RouteTable:
    """The best routes from each source to each target.

    Attributes
    ----------
    sources, targets
        Names of the places, S and T of them.
    by
        What the routes were chosen by.
    cost, weeks, kg_co2
        Cost in money, time in weeks and emissions in kg of CO2 of one part, shape (S, T);
        infinite where no route leads.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    by: RouteCriterion
    cost: Floats
    weeks: Floats
    kg_co2: Floats
    _names: tuple[str, ...] = field(repr=False)
    _predecessor: NDArray[np.int32] = field(repr=False)
    _end: Ints = field(repr=False)
    _pair: Ints = field(repr=False)
    _mode: NDArray[Any] = field(repr=False)

    @cached_property
    def _source(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.sources)}

    @cached_property
    def _target(self) -> dict[str, int]:
        return {name: column for column, name in enumerate(self.targets)}

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Whether a route leads from each source to each target, shape (S, T)."""
        return np.isfinite(self.weeks)

    def unreachable(self) -> tuple[str, ...]:
        """Return the targets that no source reaches."""
        missed = np.flatnonzero(~self.reached.any(axis=0))
        return tuple(self.targets[column] for column in missed)

    def _nodes(self, source: str, target: str) -> list[int]:
        row, column = self._source[source], self._target[target]
        if not self.reached[row, column]:
            return []
        nodes = [int(self._end[row, column])]
        while (before := int(self._predecessor[row, nodes[-1]])) >= 0:
            nodes.append(before)
        return nodes[::-1]

    def path(self, source: str, target: str) -> tuple[str, ...]:
        """Return the places on the route, both ends included; empty where no route leads.

        Raises
        ------
        KeyError
            When the table has no such source or target.
        """
        count = len(self._names)
        return tuple(self._names[node % count] for node in self._nodes(source, target))

    def modes(self, source: str, target: str) -> tuple[str, ...]:
        """Return the mode of each lane on the route."""
        nodes = self._nodes(source, target)
        size = self._predecessor.shape[1]
        pairs = [tail * size + head for tail, head in pairwise(nodes)]
        return tuple(str(mode) for mode in self._mode[np.searchsorted(self._pair, pairs)])

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a pair that a route joins: source, target, path and the three measures."""
        return [
            {
                "source": source,
                "target": target,
                "cost": float(self.cost[row, column]),
                "weeks": float(self.weeks[row, column]),
                "kg_co2": float(self.kg_co2[row, column]),
                "path": self.path(source, target),
            }
            for row, source in enumerate(self.sources)
            for column, target in enumerate(self.targets)
            if self.reached[row, column]
        ]


def best_arcs(arcs: Arcs, by: RouteCriterion, size: int) -> tuple[Arcs, Floats]:
    """Return the best arc of each pair of nodes, sorted by tail and head, and its weight."""
    weights = arcs.weights(by)
    pair = arcs.tail * size + arcs.head
    order = np.argsort(pair, kind="stable")
    if (pair[order][1:] == pair[order][:-1]).any():
        order = np.lexsort((arcs.mode.astype(str), weights, pair))
    first = np.ones(order.size, dtype=bool)
    first[1:] = pair[order][1:] != pair[order][:-1]
    keep = order[first]
    chosen = Arcs(arcs.tail[keep], arcs.head[keep], arcs.measures[:, keep], arcs.mode[keep])
    return chosen, weights[keep]


def best_routes(
    arcs: Arcs, by: RouteCriterion, *, names: tuple[str, ...], layers: int, starts: Ints, ends: Ints
) -> RouteTable:
    """Return the best routes from each start to each end.

    Parameters
    ----------
    arcs
        Arcs between ``layers * len(names)`` nodes; node ``k`` is place ``k % len(names)``. Their
        measures are finite; a route that adds up to more than a float can hold is none.
    by
        The measure that the routes minimise.
    names
        Names of the places.
    layers
        Number of copies of each place; routes start in the first and end in any.
    starts, ends
        Places where routes start and end, shapes (S,) and (T,).
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import dijkstra

    size = layers * len(names)
    arcs, weights = best_arcs(arcs, by, size)
    # Indices of 32 bits: the routines on graphs of older releases of SciPy take no others.
    tail, head = arcs.tail.astype(np.int32), arcs.head.astype(np.int32)  # sorted by both
    first = np.searchsorted(tail, np.arange(size + 1)).astype(np.int32)
    matrix = sp.csr_array((weights, head, first), shape=(size, size))
    pair = arcs.tail * size + arcs.head
    distance, predecessor = dijkstra(matrix, indices=starts, return_predecessors=True)
    rows = np.arange(len(starts))[:, None]
    ended = ends[None, :, None] + len(names) * np.arange(layers)
    nearest = np.argmin(distance[rows[..., None], ended], axis=2)
    end = ends[None, :] + len(names) * nearest
    measures = np.zeros((3, len(starts), len(ends)))
    measures[:, np.isinf(distance[rows, end])] = np.inf
    node = end.copy()
    while (moving := predecessor[rows, node] >= 0).any():
        row, column = np.nonzero(moving)
        here = node[row, column]
        before = predecessor[row, here]
        with np.errstate(over="ignore"):
            taken = np.searchsorted(pair, before * np.int64(size) + here)
            measures[:, row, column] += arcs.measures[:, taken]
        node[row, column] = before
    measures[:, np.isinf(measures).any(axis=0)] = np.inf
    return RouteTable(
        sources=tuple(names[node] for node in starts),
        targets=tuple(names[node] for node in ends),
        by=by,
        cost=measures[0],
        weeks=measures[1],
        kg_co2=measures[2],
        _names=names,
        _predecessor=predecessor,
        _end=end,
        _pair=pair,
        _mode=arcs.mode,
    )
