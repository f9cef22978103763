r"""A finite Markov decision process as sparse state-action arrays.

States :math:`s \in S`; state-action pairs :math:`k \in K`, each belonging to one state
:math:`s(k)`. Taking pair :math:`k` costs :math:`c_k`, lasts :math:`\tau_k \ge 0` whole periods and
leads to state :math:`s'` with probability :math:`P_{k s'}`. The optimality equations
(Puterman 1994, equations 6.2.2 and 11.4.3; here costs are minimised) are

.. math::

    V(s) = \min_{k : s(k) = s} c_k + \alpha^{\tau_k} \sum_{s'} P_{k s'} V(s')
    \qquad \text{(discounted cost)}

    h(s) = \min_{k : s(k) = s} c_k - g \tau_k + \sum_{s'} P_{k s'} h(s')
    \qquad \text{(average cost a period)}

    V(s) = \min_{k : s(k) = s} c_k + \sum_{s'} P_{k s'} V(s')
    \qquad \text{(total cost, 0 where the process may stay at no cost)}

A pair with :math:`\tau_k = 0` is an instantaneous step, such as deciding item by item or drawing
at random in stages; a cycle of such steps would never end and is refused.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from amopt.mdp import checks

if TYPE_CHECKING:
    from amopt.mdp.iteration.layers import Layers

__all__ = ["METHODS", "Process"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

METHODS = ("lp", "policy_iteration", "modified_policy_iteration", "value_iteration")
"""The methods of :meth:`MarkovDecisionProcess.solve`."""


class Process:
    """A finite Markov decision process whose cost is minimised.

    Parameters
    ----------
    transition
        Probability that a pair leads to a state, shape (pairs, states), anything that
        :class:`scipy.sparse.csr_array` takes. Rows sum to 1 within 1e-9 and are then normalised.
        A float64 CSR array with sorted indices is used as it is, without a copy.
    cost
        Expected cost of taking a pair, shape (pairs,).
    state_of_pair
        The state in which a pair can be taken, shape (pairs,), in any order.
    discount
        Discount factor a period in [0, 1); None (or 1) without discount.
    criterion
        ``"discounted"``, ``"average"`` (cost a period) or ``"total"``: expected cost until the
        process comes to states in which it can stay for ever at no cost. Left out, discounted with
        a discount and average without.
    duration
        Whole periods that a pair lasts, shape (pairs,), zero allowed; left out, one period each.
    state_names, pair_names
        What the states and pairs are called in programs and messages, such as tuples
        ``(n, I, P)``; left out, they are numbered.

    Raises
    ------
    ValueError
        When shapes disagree, a number is NaN or infinite, a probability is negative, a row does
        not sum to 1, a state has no pair, a pair is given twice, instantaneous pairs form a cycle,
        or discount and criterion contradict each other.
    """

    def __init__(
        self,
        transition: Any,
        cost: ArrayLike,
        state_of_pair: ArrayLike,
        discount: float | None,
        *,
        criterion: Literal["discounted", "average", "total"] | None = None,
        duration: ArrayLike | None = None,
        state_names: Sequence[Any] | NDArray[Any] | None = None,
        pair_names: Sequence[Any] | NDArray[Any] | None = None,
    ) -> None:
        self.transition = checks.stochastic(transition)
        self.discount = checks.discount(discount)
        self.criterion = checks.criterion(criterion, self.discount)
        self.cost = checks.per_pair("cost", cost, self.pairs).astype(np.float64)
        self.state_of_pair = checks.whole("state_of_pair", state_of_pair, self.pairs)
        self.duration = checks.whole("duration", 1 if duration is None else duration, self.pairs)
        self.state_names = checks.names("state_names", state_names, self.states)
        self.pair_names = checks.names("pair_names", pair_names, self.pairs)
        self._check_states()
        self._check_durations()
        checks.unlike(self.state_of_pair, self.pair_names)

    def _check_states(self) -> None:
        outside = np.flatnonzero((self.state_of_pair < 0) | (self.state_of_pair >= self.states))
        if outside.size:
            pair = int(outside[0])
            raise ValueError(
                f"state_of_pair[{pair}] is {self.state_of_pair[pair]}; there are {self.states} "
                f"states, numbered 0 to {self.states - 1}"
            )
        idle = np.flatnonzero(np.bincount(self.state_of_pair, minlength=self.states) == 0)
        if idle.size:
            raise ValueError(
                f"{idle.size} states have no action, the first is {self.state_label(int(idle[0]))}"
            )

    def _check_durations(self) -> None:
        if (self.duration < 0).any():
            pair = int(np.argmin(self.duration))
            raise ValueError(f"duration[{pair}] is {self.duration[pair]}; it cannot be negative")
        if self.instantaneous is None:
            return
        steps = self.instantaneous
        count, component = connected_components(steps, directed=True, connection="strong")
        looping = steps.diagonal() > 0
        if count < self.states:
            looping = looping | (np.bincount(component)[component] > 1)
        if looping.any():
            state = int(np.argmax(looping))
            raise ValueError(
                "pairs of duration 0 form a cycle that never ends, through state "
                f"{self.state_label(state)}"
            )

    @property
    def states(self) -> int:
        """The number of states."""
        return int(self.transition.shape[1])

    @property
    def pairs(self) -> int:
        """The number of state-action pairs."""
        return int(self.transition.shape[0])

    @property
    def average(self) -> bool:
        """Whether the average cost a period is minimised."""
        return self.criterion == "average"

    @property
    def total(self) -> bool:
        """Whether the total cost is minimised, without discount."""
        return self.criterion == "total"

    @cached_property
    def factor(self) -> Floats:
        r"""Discount over a pair, :math:`\alpha^{\tau_k}`, shape (pairs,); 1 without discount."""
        return np.power(1.0 if self.discount is None else self.discount, self.duration)

    @cached_property
    def instantaneous(self) -> sp.csr_array | None:
        """Which states follow which in no time, shape (states, states); None where none do."""
        chosen = np.flatnonzero(self.duration == 0)
        if chosen.size == 0:
            return None
        ones = np.ones(chosen.size)
        owner = sp.csr_array(
            (ones, (self.state_of_pair[chosen], np.arange(chosen.size))),
            shape=(self.states, chosen.size),
        )
        steps = self.transition[chosen]
        positive = sp.csr_array(
            ((steps.data > 0).astype(np.float64), steps.indices, steps.indptr), shape=steps.shape
        )
        follows = sp.csr_array(owner @ positive)
        follows.eliminate_zeros()
        return follows

    @cached_property
    def order(self) -> Ints | None:
        """The pairs sorted by state, shape (pairs,); None where they are given so."""
        if (np.diff(self.state_of_pair) >= 0).all():
            return None
        return np.argsort(self.state_of_pair, kind="stable")

    @cached_property
    def starts(self) -> Ints:
        """Where each state's pairs begin in :attr:`order`, shape (states,)."""
        counts = np.bincount(self.state_of_pair, minlength=self.states)
        return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)

    @cached_property
    def layers(self) -> Layers:
        """The order in which states are swept (:mod:`amopt.mdp.iteration.layers`), found once."""
        from amopt.mdp.iteration.layers import Layers

        return Layers.of(self)

    def with_cost(self, cost: ArrayLike) -> Process:
        """Return the process with other costs, sharing everything else.

        Parameters
        ----------
        cost
            Expected cost of taking a pair, shape (pairs,).

        Raises
        ------
        ValueError
            When it has the wrong shape or a number is not finite.
        """
        other = copy.copy(self)
        other.cost = checks.per_pair("cost", cost, self.pairs).astype(np.float64)
        other.__dict__["layers"] = self.layers.with_cost(other.cost)
        return other

    def by_state(self, amounts: Floats) -> Floats:
        """Return the sums over the pairs of each state, shape (states,)."""
        sums = np.bincount(self.state_of_pair, weights=amounts, minlength=self.states)
        return sums.astype(np.float64, copy=False)

    def state_label(self, state: int) -> str:
        """Return what a state is called."""
        return str(state if self.state_names is None else self.state_names[state])

    def quality(self, value: Floats, gain: float = 0.0, *, cost: Floats | None = None) -> Floats:
        r"""Return :math:`c_k - g \tau_k + \alpha^{\tau_k} \sum_{s'} P_{ks'} V(s')`, shape (pairs,).

        Parameters
        ----------
        value
            Values or bias, shape (states,).
        gain
            Average cost a period; 0 for discounted processes.
        cost
            Costs to use in place of the process's own, shape (pairs,).
        """
        ahead: Floats = self.transition @ value
        if self.discount is not None:
            ahead *= self.factor
        ahead += self.cost if cost is None else cost
        if gain:
            ahead -= gain * self.duration
        return ahead

    def minimum(self, quality: Floats) -> tuple[Floats, Ints]:
        """Return each state's least quality and the first pair that attains it.

        Parameters
        ----------
        quality
            One number a pair, shape (pairs,).

        Returns
        -------
        tuple
            The least numbers and the pairs, both shape (states,).
        """
        from amopt.mdp.iteration.layers import first_minimum

        ordered = quality if self.order is None else quality[self.order]
        least = np.minimum.reduceat(ordered, self.starts)
        position = first_minimum(ordered, least, self.starts)
        return least, position if self.order is None else self.order[position]

    def initial_distribution(self, initial: ArrayLike | None) -> Floats:
        """Return the distribution of the first state, checked, shape (states,).

        Raises
        ------
        ValueError
            When it has the wrong shape, a negative entry, or does not sum to 1.
        """
        if initial is None:
            return np.full(self.states, 1.0 / self.states)
        weights = np.asarray(initial, dtype=np.float64)
        if weights.shape != (self.states,):
            raise ValueError(f"initial has shape {weights.shape}, expected ({self.states},)")
        if not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError("initial must hold probabilities: finite, not negative")
        if abs(weights.sum() - 1.0) > checks.SUM_TOLERANCE:
            raise ValueError(f"initial must sum to 1, it sums to {weights.sum():.12g}")
        return weights
