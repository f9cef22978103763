"""What solving a Markov decision process gives: policy, values, occupation measure, bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome

if TYPE_CHECKING:
    from amopt.mdp.process import Process

__all__ = ["MarkovSolution"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_DRAWN = 1e-9
"""Probability from which on a pair is drawn."""


@dataclass(frozen=True)
class MarkovSolution:
    """A policy, what it costs, and how far from the best it can be.

    Attributes
    ----------
    process
        The process that was solved.
    initial
        Distribution of the first state, shape (states,).
    value
        Expected discounted (or total) cost from each state, shape (states,): what the policy costs
        at most. On average cost the bias.
    policy
        The pair to take in each state, shape (states,); where the policy draws at random, the
        likeliest one.
    gain
        Average cost a period, from ``initial``; None on other criteria.
    gains
        Average cost a period from each state, shape (states,); None on other criteria.
    bias
        Relative values on average cost, shape (states,), up to a constant in each recurrent class;
        None on other criteria.
    residual
        Largest violation of the optimality equation by ``value`` (and ``gain``), recomputed. With
        side constraints, of that equation with the constraints' prices in the cost.
    error_bound
        Proven bound on the distance of ``value`` (on average cost: ``gains``) from the optimum,
        the largest over states; with side constraints, of the objective.
    outcome
        Statuses, objective (expected cost from ``initial``, or the gain) and proven bound.
    probabilities
        Probability of taking each pair in its state, shape (pairs,).
    prices
        Shadow price of each side constraint by name: change of the objective a unit of its bound.
    measure
        The occupation measure where the method computed it, as linear programming does, shape
        (pairs,); :attr:`occupation` is there after every method.
    """

    process: Process
    initial: Floats
    value: Floats
    policy: Ints
    gain: float | None
    bias: Floats | None
    residual: float
    error_bound: float
    outcome: Outcome
    probabilities: Floats
    prices: Mapping[str, float] = field(default_factory=dict)
    measure: Floats | None = None
    gains: Floats | None = None

    @cached_property
    def occupation(self) -> Floats:
        r"""The occupation measure, shape (pairs,).

        Discounted: expected discounted number of times that each pair is taken, from the initial
        distribution; :math:`\sum_k (1 - \alpha^{\tau_k}) x_k = 1`, so with pairs of one period it
        sums to :math:`1 / (1 - \alpha)`. Average cost: times a period in the long run;
        :math:`\sum_k \tau_k x_k = 1`. Total cost: expected times until the process comes to where
        it stays for ever at no cost; 0 for pairs of those states.
        """
        if self.measure is not None:
            return self.measure
        from amopt.mdp.policy import PolicyChain

        chain = PolicyChain.of(self.process, self.policy)
        measure = np.zeros(self.process.pairs)
        several = self.process.average and len(chain.recurrent_classes) > 1
        visits = chain.visits_by_class if several else chain.visits
        measure[self.policy] = visits(self.initial)
        return measure

    @property
    def randomised(self) -> NDArray[np.bool_]:
        """In which states the policy draws at random, shape (states,)."""
        mixed = (self.probabilities > _DRAWN) & (self.probabilities < 1 - _DRAWN)
        owners = self.process.state_of_pair[mixed]
        return np.bincount(owners, minlength=self.process.states) > 0
