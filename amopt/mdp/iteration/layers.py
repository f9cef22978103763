r"""The order in which states are swept: over one whole period, latest states first.

Many processes are periodic: with a counter such as "days until the replenishment" every path from
a state comes back to it after a multiple of :math:`d` periods. Plain value iteration then needs of
the order of :math:`1 / (1 - \alpha)` sweeps, because the span of successive differences does not
shrink along the cycle. A sweep that goes through the cyclic classes backwards in time is one
application of the :math:`d`-period operator :math:`F` to the values :math:`v` of a single class,
the *cut*. As :math:`F(v + \delta) = F(v) + \alpha^d \delta`, the bounds of MacQueen (1966) hold
for it: with :math:`m` and :math:`M` the least and largest entry of :math:`F(v) - v`,

.. math::

    F(v) + \frac{\alpha^d}{1 - \alpha^d} m \le V \le F(v) + \frac{\alpha^d}{1 - \alpha^d} M
    \qquad\text{and on average cost}\qquad \frac{m}{d} \le g \le \frac{M}{d}

(Puterman 1994, theorems 6.6.3 and 8.5.5), for the best value and for that of the policy which the
sweep chose. Within a class, instantaneous pairs are swept after the states to which they lead.

Where pairs of several durations leave no cut, each pair is relaxed with weight

.. math::

    \kappa_k = \frac{1 - \alpha^{\underline\tau}}{1 - \alpha^{\tau_k}}
    \quad\text{(average cost: } \underline\tau / \tau_k\text{)},\qquad
    V(s) \leftarrow (1 - \kappa_k) V(s) + \kappa_k (c_k + \alpha^{\tau_k} P_k V),

with :math:`\underline\tau` the shortest positive duration, which makes every sweep worth
:math:`\underline\tau` periods and keeps the solution (Schweitzer 1971).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components

__all__ = ["Layer", "Layers", "periodic_classes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Steps(Protocol):
    """The arrays of a :class:`~amopt.mdp.process.Process`, which has its layers from here."""

    transition: sp.csr_array
    cost: Floats
    state_of_pair: Ints
    duration: Ints
    discount: float | None

    @property
    def states(self) -> int:
        """The number of states."""

    @property
    def factor(self) -> Floats:
        """Discount over a pair, shape (pairs,)."""

    @property
    def instantaneous(self) -> sp.csr_array | None:
        """Which states follow which in no time; None where none do."""


@dataclass(frozen=True, slots=True)
class Layer:
    """States that are swept together, with their pairs.

    Attributes
    ----------
    states
        The layer's states, ascending.
    pairs
        Their pairs, by state.
    starts
        Where each state's pairs begin within the layer.
    transition, cost, factor
        The rows of the process's arrays for these pairs.
    wraps
        Which pairs lead into the next period's cut, whose values are those before the sweep.
    relaxation
        Weights of the pairs as in the module's second equation; None where all are 1.
    """

    states: Ints
    pairs: Ints
    starts: Ints
    transition: sp.csr_array
    cost: Floats
    factor: Floats
    wraps: NDArray[np.bool_]
    relaxation: Floats | None

    def quality(self, before: Floats, after: Floats) -> Floats:
        """Return the quality of each pair from the values before and within the sweep."""
        if self.wraps.all():
            ahead = self.transition @ before
        elif not self.wraps.any():
            ahead = self.transition @ after
        else:
            ahead = np.where(self.wraps, self.transition @ before, self.transition @ after)
        ahead *= self.factor
        ahead += self.cost
        if self.relaxation is not None:
            sizes = np.diff(self.starts, append=len(self.pairs))
            stay = np.repeat(before[self.states], sizes)
            ahead = stay + self.relaxation * (ahead - stay)
        return np.asarray(ahead)

    def choose(self, picked: Ints) -> Layer:
        """Return the layer with only one pair a state, given by position within the layer."""
        return Layer(
            states=self.states,
            pairs=self.pairs[picked],
            starts=np.arange(len(self.states)),
            transition=self.transition[picked],
            cost=self.cost[picked],
            factor=self.factor[picked],
            wraps=self.wraps[picked],
            relaxation=None if self.relaxation is None else self.relaxation[picked],
        )


@dataclass(frozen=True)
class Layers:
    """A sweep over one period.

    Attributes
    ----------
    layers
        The layers in the order of the sweep.
    cut
        The states whose values carry over from sweep to sweep.
    period
        Periods that a sweep is worth.
    remaining
        Periods from each state until the next cut, shape (states,); ``period`` on the cut.
    discount
        Discount factor a period; None on average cost.
    """

    layers: tuple[Layer, ...]
    cut: Ints
    period: int
    remaining: Ints
    discount: float | None

    @classmethod
    def of(cls, process: Steps) -> Layers:
        """Find the layers of a process."""
        classes, phase = periodic_classes(process)
        origin = _cut(process, classes, phase)
        positive = process.duration > 0
        if origin is None:
            period = int(process.duration[positive].min())
            position = np.zeros(process.states, dtype=np.intp)
            wraps = positive
            relaxation = _relaxation(process, period)
        else:
            period = classes
            position = (phase - origin) % classes
            wraps = positive & (position[process.state_of_pair] + process.duration == classes)
            relaxation = None
        return cls(
            layers=tuple(_split(process, position, wraps, relaxation)),
            cut=np.flatnonzero(position == 0),
            period=period,
            remaining=period - position,
            discount=process.discount,
        )

    def sweep(self, value: Floats, policy: Ints | None = None) -> Floats:
        """Return the values after one sweep.

        Parameters
        ----------
        value
            Values before the sweep, shape (states,); only those on the cut matter.
        policy
            Where to write the pairs that attain the minimum, shape (states,); None to leave it.
        """
        after = value.copy()
        for layer in self.layers:
            quality = layer.quality(value, after)
            if len(layer.pairs) == len(layer.states):
                least = quality
            else:
                least = np.minimum.reduceat(quality, layer.starts)
            after[layer.states] = least
            if policy is not None:
                policy[layer.states] = layer.pairs[first_minimum(quality, least, layer.starts)]
        return after

    def restricted(self, policy: Ints) -> Layers:
        """Return the sweep that follows a policy, given as one pair a state."""
        chosen = []
        for layer in self.layers:
            wanted = policy[layer.states]
            sizes = np.diff(layer.starts, append=len(layer.pairs))
            chosen.append(layer.choose(np.flatnonzero(layer.pairs == np.repeat(wanted, sizes))))
        return replace(self, layers=tuple(chosen))

    def with_cost(self, cost: Floats) -> Layers:
        """Return the sweep with other costs, shape (pairs,)."""
        return replace(
            self, layers=tuple(replace(layer, cost=cost[layer.pairs]) for layer in self.layers)
        )

    def differences(self, before: Floats, after: Floats) -> tuple[float, float]:
        """Return the least and largest change that a sweep made on the cut."""
        change = after[self.cut] - before[self.cut]
        return float(change.min()), float(change.max())

    def value_bounds(self, before: Floats, after: Floats) -> tuple[Floats, Floats]:
        """Return lower and upper bounds on the optimal values, shape (states,) each.

        The upper ones also hold for the policy that the sweep chose.
        """
        if self.discount is None:
            raise ValueError("average cost has bounds on the gain, not on values")
        least, largest = self.differences(before, after)
        weight = self.discount**self.remaining / _complement(self.discount, self.period)
        return after + weight * least, after + weight * largest

    def gain_bounds(self, before: Floats, after: Floats) -> tuple[float, float]:
        """Return lower and upper bounds on the optimal average cost a period."""
        least, largest = self.differences(before, after)
        return least / self.period, largest / self.period

    def bias(self, after: Floats, gain: float) -> Floats:
        """Return the bias of each state from the values after a sweep, shape (states,)."""
        return after - gain * self.remaining


def periodic_classes(process: Steps) -> tuple[int, Ints]:
    r"""Return the number of cyclic classes and the class of each state.

    Class numbers grow by :math:`\tau_k` modulo the number of classes along every transition.
    """
    matrix, owner, duration = process.transition, process.state_of_pair, process.duration
    first, last = matrix.indices[matrix.indptr[:-1]], matrix.indices[matrix.indptr[1:] - 1]
    tail, head = np.tile(owner, 2), np.concatenate([first, last]).astype(np.intp)
    potential, components = _potential(tail, head, np.tile(duration, 2), process.states)
    if components > 1:
        sizes = np.diff(matrix.indptr)
        tail, length = np.repeat(owner, sizes), np.repeat(duration, sizes)
        potential, _ = _potential(tail, matrix.indices.astype(np.intp), length, process.states)

    ahead = potential[matrix.indices]
    low = np.minimum.reduceat(ahead, matrix.indptr[:-1])
    high = np.maximum.reduceat(ahead, matrix.indptr[:-1])
    around = np.unique(potential[owner] + duration - low)
    spread = low != high
    if spread.any():
        sizes = np.diff(matrix.indptr)
        inside = np.repeat(spread, sizes)
        offset = ahead[inside] - np.repeat(low[spread], sizes[spread])
        around = np.concatenate([around, np.unique(offset)])
    classes = int(np.gcd.reduce(around))
    return classes, potential % classes


def _potential(tail: Ints, head: Ints, length: Ints, states: int) -> tuple[Ints, int]:
    """Return potentials that grow by ``length`` along a spanning forest, and its components."""
    shape = (states + 1, states + 1)
    graph = sp.csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=shape)
    graph.data[:] = 1
    count, component = connected_components(graph, directed=True, connection="weak")
    _, representatives = np.unique(component[:-1], return_index=True)
    root = np.full(len(representatives), states)
    tail, head = np.concatenate([tail, root]), np.concatenate([head, representatives])
    length = np.concatenate([length, np.zeros(len(representatives), dtype=np.intp)])
    graph = sp.csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=shape)
    graph.data[:] = 1
    _, previous = breadth_first_order(graph, states, directed=False)
    previous = previous.astype(np.intp)
    previous[states] = states

    key = tail * (states + 1) + head
    key, edge = np.unique(key, return_index=True)
    node = np.arange(states + 1)
    forward, backward = previous * (states + 1) + node, node * (states + 1) + previous
    along = np.minimum(np.searchsorted(key, forward), len(key) - 1)
    against = np.minimum(np.searchsorted(key, backward), len(key) - 1)
    potential = np.where(key[along] == forward, length[edge[along]], -length[edge[against]])
    potential[states] = 0
    while (previous != states).any():  # pointer doubling: the depth of the forest halves each time
        potential = potential + potential[previous]
        previous = previous[previous]
    return potential[:-1], count - 1


def _cut(process: Steps, classes: int, phase: Ints) -> int | None:
    """Return the smallest class over which no pair jumps; None where there is none."""
    jumped = np.zeros(2 * classes + 1, dtype=np.intp)
    far = process.duration > 1
    if far.any():
        if process.duration.max() > classes:
            return None
        start = phase[process.state_of_pair[far]]
        np.add.at(jumped, start + 1, 1)
        np.add.at(jumped, start + process.duration[far], -1)
    passed = np.cumsum(jumped)[:-1].reshape(2, classes).sum(axis=0)
    size = np.bincount(phase, minlength=classes).astype(float)
    size[passed > 0] = math.inf
    smallest = int(np.argmin(size))
    return smallest if math.isfinite(size[smallest]) else None


def _relaxation(process: Steps, shortest: int) -> Floats:
    """Return the weights of the module's last equation, shape (pairs,)."""
    duration = np.maximum(process.duration, shortest).astype(np.float64)
    if process.discount is None:
        weight = shortest / duration
    else:
        weight = _complement(process.discount, shortest) / _complement(process.discount, duration)
    return np.where(process.duration > 0, weight, 1.0)


def _complement(discount: float, periods: Any) -> Any:
    r"""Return :math:`1 - \alpha^\tau` without cancellation, also where :math:`\alpha = 0`."""
    return -np.expm1(periods * math.log(discount)) if discount else 1.0


def _depth(process: Steps) -> Ints:
    """Return the length of the longest instantaneous path from each state."""
    depth = np.zeros(process.states, dtype=np.intp)
    follows = process.instantaneous
    if follows is None:
        return depth
    ahead = np.diff(follows.indptr)
    before = sp.csr_array(follows.T)
    done, level = np.flatnonzero(ahead == 0), 0
    while done.size:
        depth[done] = level
        released = np.bincount(before[done].indices, minlength=process.states)
        ahead = ahead - released
        done, level = np.flatnonzero((ahead == 0) & (released > 0)), level + 1
    return depth


def _split(
    process: Steps, position: Ints, wraps: NDArray[np.bool_], relaxation: Floats | None
) -> list[Layer]:
    """Return the layers: latest position first, then shortest instantaneous paths first."""
    depth = _depth(process)
    rank = (position.max() - position) * (depth.max() + 1) + depth
    _, rank = np.unique(rank, return_inverse=True)
    by_layer = np.lexsort((process.state_of_pair, rank[process.state_of_pair]))
    states_by_layer = np.argsort(rank, kind="stable")
    count = int(rank.max()) + 1
    pair_ends = np.cumsum(np.bincount(rank[process.state_of_pair], minlength=count))
    state_ends = np.cumsum(np.bincount(rank, minlength=count))
    sizes = np.bincount(process.state_of_pair, minlength=process.states)
    layers = []
    for pairs, states in zip(
        np.split(by_layer, pair_ends[:-1]), np.split(states_by_layer, state_ends[:-1]), strict=True
    ):
        layers.append(
            Layer(
                states=states,
                pairs=pairs,
                starts=np.concatenate([[0], np.cumsum(sizes[states])[:-1]]).astype(np.intp),
                transition=_rows(process.transition, pairs),
                cost=process.cost[pairs],
                factor=process.factor[pairs],
                wraps=wraps[pairs],
                relaxation=None if relaxation is None else relaxation[pairs],
            )
        )
    return layers


def _rows(matrix: sp.csr_array, rows: Ints) -> sp.csr_array:
    """Return some rows of a matrix, without a copy of the data where they are consecutive."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    if last - first != len(rows) or (np.diff(rows) != 1).any():
        return matrix[rows]
    start, end = matrix.indptr[first], matrix.indptr[last]
    return sp.csr_array(
        (
            matrix.data[start:end],
            matrix.indices[start:end],
            matrix.indptr[first : last + 1] - start,
        ),
        shape=(len(rows), matrix.shape[1]),
        copy=False,
    )


def first_minimum(ordered: Floats, least: Floats, starts: Ints) -> Ints:
    """Return the position of the first entry of each segment that equals the segment's least."""
    sizes = np.diff(starts, append=len(ordered))
    hits = np.flatnonzero(ordered == np.repeat(least, sizes))
    return hits[np.searchsorted(hits, starts)]
