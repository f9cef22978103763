r"""The dual program by column generation: the pairs of a policy first, others priced in.

With the values :math:`V` that are the duals of the program of some pairs, a pair :math:`k` left out
has the reduced cost :math:`c_k + \alpha^{\tau_k} \sum_{s'} P_{ks'} V(s') - V(s(k))`, on average
cost less :math:`g \tau_k`. Where none is negative, the values satisfy every row of the primal, and
the measure of the few pairs is optimal among all (Dantzig and Wolfe 1960). All pairs are priced by
one product of the transition matrix; the solver never sees those that are not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.mdp.process import Process
from amopt.outcome import Outcome

__all__ = ["Vertex", "priced_in"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

ROUNDS = 200
"""Times that the pairs are priced before all are given to the solver."""

PRICED = 1e-10
"""Reduced cost, relative to the largest value, above which a pair has nothing to gain."""


@dataclass(frozen=True)
class Vertex:
    """What the solver answered, in the process's units.

    Attributes
    ----------
    outcome
        What it says of its work.
    occupation
        The measure, shape (pairs,); None without an answer.
    prices
        Duals of the side constraints.
    values, gain
        Duals of the balances, shape (states,), and of the normalisation; None where not known.
    """

    outcome: Outcome
    occupation: Floats | None
    prices: Floats
    values: Floats | None = None
    gain: float = 0.0


def priced_in(
    process: Process, policy: Ints, solve_part: Callable[[Process, Ints], Vertex]
) -> Vertex:
    """Return the optimum of the dual program.

    Parameters
    ----------
    process
        The process.
    policy
        The pairs to begin with, one a state, shape (states,).
    solve_part
        Solves the program of a process from the basis of a policy.
    """
    columns = np.sort(policy)
    iterations = 0
    for _ in range(ROUNDS):
        vertex = solve_part(_part(process, columns), np.searchsorted(columns, policy))
        iterations += vertex.outcome.iterations or 0
        if vertex.occupation is None or vertex.values is None:
            return vertex
        least, best = process.minimum(process.quality(vertex.values, vertex.gain))
        gains = vertex.values - least > PRICED * float(np.abs(vertex.values).max(initial=0.0))
        if np.isin(best[gains], columns).all():
            occupation = np.zeros(process.pairs)
            occupation[columns] = vertex.occupation
            method = f"{vertex.outcome.method}, columns priced in"
            outcome = replace(vertex.outcome, method=method, iterations=iterations)
            return replace(vertex, outcome=outcome, occupation=occupation)
        columns = np.union1d(columns, best[gains])
    return solve_part(process, policy)


def _part(process: Process, pairs: Ints) -> Process:
    """Return the process with some of its pairs, at least one a state."""
    return Process(
        process.transition[pairs],
        process.cost[pairs],
        process.state_of_pair[pairs],
        process.discount,
        criterion="average" if process.average else "discounted",
        duration=process.duration[pairs],
    )
