r"""The quotient of a process: every end component is one node, in which the process may stop.

What is left is a shortest path problem at random (Bertsekas and Tsitsiklis 1991): with :math:`t_v`
what stopping in node :math:`v` costs,

.. math::

    V(v) = \min \Bigl\{ t_v, \; \min_{k : v(k) = v} c_k + \sum_{v'} P_{kv'} V(v') \Bigr\}.

On average cost :math:`c = 0` and :math:`t_v` is the best average cost within the component, so that
:math:`V` is the best average cost from each state (Ross and Varadarajan 1991); on total cost
:math:`t_v = 0`.

**Bounds.** Let :math:`V` exceed the right-hand side by at most :math:`\epsilon`, and let :math:`U`
be the most steps until the process stops, in expectation, over all pairs that are within rounding
of the best. Then no policy is better by more than :math:`\epsilon U`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from amopt.mdp.decomposition.end_components import inner_pairs
from amopt.mdp.iteration.layers import first_minimum
from amopt.mdp.iteration.result import IterationBudget
from amopt.mdp.policy import toward
from amopt.mdp.process import Process
from amopt.outcome import Stopped

__all__ = ["Path", "Quotient"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_TIE = 1e-9
"""Difference from the best, relative to the largest value and cost, up to which rows are tied."""

_ROUNDING = 1e-13
"""Improvement, relative to the largest value and cost, that is rounding."""


@dataclass(frozen=True)
class Path:
    """The best way through a quotient.

    Attributes
    ----------
    value
        Expected cost from each node by the choices, or above it, shape (nodes,).
    lower
        Lower bounds on what any policy can reach, shape (nodes,).
    choice
        The row that is taken in each node, shape (nodes,).
    stopped
        Why the search ended.
    """

    value: Floats
    lower: Floats
    choice: Ints
    stopped: Stopped


@dataclass(frozen=True)
class Quotient:
    """Nodes and the rows of choices between them.

    Attributes
    ----------
    process
        The process.
    component
        The end component of each state, -1 in none, shape (states,).
    node
        The node of each state, shape (states,).
    inner
        Which pairs stay within their component, shape (pairs,).
    transition
        Probabilities of the nodes that follow each row, by node, shape (rows, nodes); a row that
        stops leads nowhere.
    cost
        Cost of each row, shape (rows,).
    pair
        The pair that each row is, -1 where it stops, shape (rows,).
    owner, starts
        The node of each row, ascending, and where each node's rows begin.
    """

    process: Process
    component: Ints
    node: Ints
    inner: NDArray[np.bool_]
    transition: sp.csr_array
    cost: Floats
    pair: Ints
    owner: Ints
    starts: Ints

    @classmethod
    def of(
        cls,
        process: Process,
        component: Ints,
        allowed: NDArray[np.bool_],
        *,
        cost: Floats,
        stop: Floats,
    ) -> Quotient:
        """Collapse the components of a process.

        Parameters
        ----------
        process
            The process.
        component
            The end component of each state by the allowed pairs, -1 in none, shape (states,).
        allowed
            The pairs by which one may stay in a component, shape (pairs,).
        cost
            Cost of each pair, shape (pairs,).
        stop
            Cost of stopping in each component, shape (components,).
        """
        count = len(stop)
        alone = component < 0
        node = component.copy()
        node[alone] = count + np.arange(int(alone.sum()))
        nodes = count + int(alone.sum())
        inner = inner_pairs(process, component) & allowed
        kept = np.flatnonzero(~inner)
        gather = sp.csr_array(
            (np.ones(process.states), (np.arange(process.states), node)),
            shape=(process.states, nodes),
        )
        rows = sp.csr_array(process.transition[kept] @ gather)
        owner = np.concatenate([node[process.state_of_pair[kept]], np.arange(count)])
        order = np.argsort(owner, kind="stable")
        stacked = sp.csr_array(sp.vstack([rows, sp.csr_array((count, nodes))], format="csr"))
        return cls(
            process=process,
            component=component,
            node=node,
            inner=inner,
            transition=sp.csr_array(stacked[order]),
            cost=np.concatenate([cost[kept], stop])[order],
            pair=np.concatenate([kept, np.full(count, -1, dtype=np.intp)])[order],
            owner=owner[order],
            starts=np.searchsorted(owner[order], np.arange(nodes)),
        )

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return int(self.transition.shape[1])

    def quality(self, value: Floats) -> Floats:
        """Return what each row costs with these values ahead, shape (rows,)."""
        return np.asarray(self.cost + self.transition @ value)

    def minimum(self, quality: Floats) -> tuple[Floats, Ints]:
        """Return each node's least quality and the first row that attains it."""
        least = np.minimum.reduceat(quality, self.starts)
        return least, first_minimum(quality, least, self.starts)

    @cached_property
    def endless(self) -> Ints:
        """The nodes from which no policy comes to a stop with certainty."""
        return np.flatnonzero(self._ending < 0)

    @cached_property
    def _ending(self) -> Ints:
        """A row for each node by which the process stops in the end, -1 where there is none."""
        chosen = np.full(self.nodes, -1, dtype=np.intp)
        sure = np.ones(self.nodes, dtype=bool)
        while True:  # drop what can be led out of the nodes that surely come to a stop
            chosen[:] = -1
            stays = self.transition @ (~sure).astype(np.float64) == 0
            stops = np.flatnonzero(self.pair < 0)
            chosen[self.owner[stops]] = stops
            while True:
                there = (chosen >= 0).astype(np.float64)
                leads = stays & (self.transition @ there > 0) & (chosen[self.owner] < 0)
                rows = np.flatnonzero(leads)
                if rows.size == 0:
                    break
                chosen[self.owner[rows]] = rows
            if ((chosen >= 0) == sure).all():
                return chosen
            sure = chosen >= 0

    def evaluate(self, choice: Ints, cost: Floats | None = None) -> Floats:
        """Return the expected cost of the chosen rows until the process stops, shape (nodes,)."""
        rows = self.transition[choice]
        price = (self.cost if cost is None else cost)[choice]
        system = splu(sp.csc_array(sp.eye_array(self.nodes, format="csr") - rows))
        value = system.solve(price)
        return np.asarray(value + system.solve(price + rows @ value - value))

    def policy_iteration(self, budget: IterationBudget) -> Path:
        """Find the best way by policy iteration, from choices that come to a stop."""
        choice, value, stopped = self._improve(self._ending.copy(), self.cost, budget)
        return Path(value, self._lower(value, choice), choice, stopped)

    def _improve(
        self, choice: Ints, cost: Floats, budget: IterationBudget
    ) -> tuple[Ints, Floats, Stopped]:
        while True:
            value = self.evaluate(choice, cost)
            quality = np.asarray(cost + self.transition @ value)
            least, best = self.minimum(quality)
            noise = _ROUNDING * (np.abs(value).max() + np.abs(cost[np.isfinite(cost)]).max())
            better = least < quality[choice] - noise
            if not better.any():
                return choice, value, Stopped.FINISHED
            budget.iterations += 1
            stopped = budget.stopped()
            if stopped is not None:
                return choice, value, stopped
            choice = np.where(better, best, choice)

    def _lower(self, value: Floats, choice: Ints) -> Floats:
        """Return lower bounds on what any policy reaches; see the top of this file."""
        quality = self.quality(value)
        excess = float((value - self.minimum(quality)[0]).max())
        if excess <= 0:
            return value
        size = np.abs(value).max() + np.abs(self.cost).max()
        tied = quality <= value[self.owner] + _TIE * size
        steps = np.where(tied, np.where(self.pair < 0, 0.0, -1.0), np.inf)
        try:
            _, most, stopped = self._improve(choice, steps, IterationBudget(1000, None))
        except RuntimeError:  # pairs that cost next to nothing may go on for ever
            return np.full(self.nodes, -np.inf)
        lower = value + 2 * excess * most
        fits = lower <= self.minimum(self.quality(lower))[0] + _ROUNDING * size
        if stopped is not Stopped.FINISHED or not fits.all():
            return np.full(self.nodes, -np.inf)
        return np.asarray(lower)

    def value_iteration(self, tolerance: float, budget: IterationBudget) -> Path:
        """Find the best way from below and above at once, where every policy comes to a stop.

        The optimum lies between the two in every sweep (Haddad and Monmege 2018).
        """
        stops = self.cost[self.pair < 0]
        low, high = np.full(self.nodes, stops.min()), np.full(self.nodes, stops.max())
        scale = float(np.abs(stops).max())
        while True:
            budget.iterations += 1
            low, _ = self.minimum(self.quality(low))
            high, choice = self.minimum(self.quality(high))
            close = float((high - low).max()) <= tolerance * scale
            stopped = Stopped.FINISHED if close else budget.stopped()
            if stopped is not None:
                return Path(high, low, choice, stopped)

    def lift(self, choice: Ints, staying: Ints) -> Ints:
        """Return the policy of the process that follows the chosen rows, shape (states,).

        Parameters
        ----------
        choice
            The row that is taken in each node, shape (nodes,).
        staying
            The pair of each state with which the process stays in its component, shape (states,).
        """
        policy = staying.copy()
        taken = self.pair[choice]
        leaving = taken[taken >= 0]
        door = self.process.state_of_pair[leaving]
        left = np.zeros(self.nodes, dtype=bool)
        left[self.node[door]] = True
        inside = self.inner & left[self.node[self.process.state_of_pair]]
        policy, _ = toward(self.process, door, policy, allowed=inside)
        policy[door] = leaving
        return policy
