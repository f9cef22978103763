"""Mixtures of policies as one policy for each part, which draws at random where several are mixed.

What is expected to happen is linear in the mixture: in the probabilities of the base-stock levels
and in the systems that wait, get a printed or an expedited part on a day. A policy that draws its
level, and on each day its action with the shares of these flows, does the same in expectation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.printing import closed_form
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Mix, Policy

if TYPE_CHECKING:
    from amopt.printing.methods.columns import Columns

__all__ = ["mixture"]

Floats = NDArray[np.float64]

NONE = 1e-9
"""Share of a mixture that counts as none."""

RARELY = 1e-7
"""Systems that are expected to wait on a day, up to which the solver does not tell what is done for
them: then it is what is best at the prices."""


def mixture(
    parameters: Parameters, with_prices: Parameters, columns: Columns, shares: Floats
) -> tuple[Policy, Floats]:
    """Return one policy for each part, and what a cycle of it costs.

    Parameters
    ----------
    parameters
        The parameters of all parts.
    with_prices
        The same with the prices of limits in the costs: they say what is best on days on which
        next to nobody waits.
    columns
        Policies of parts.
    shares
        How much of each column there is, shape (columns,); they sum to 1 for each part.

    Returns
    -------
    tuple
        The policy, and the cost, shape (parts,).
    """
    used = columns.take(shares > NONE)
    shares = shares[shares > NONE]
    flows = closed_form.flows(parameters.take(used.part), Policy(used.base_stock, used.action))
    order = np.lexsort((-shares, used.part))
    first = order[np.unique(used.part[order], return_index=True)[1]]
    visited = flows[:, :, first].sum(axis=0) > RARELY
    action = np.where(visited, used.action[:, first], -1)
    action[0] = used.action[0, first]
    policy = closed_form.completed(with_prices, Policy(used.base_stock[first], action))
    mixed = np.flatnonzero(np.bincount(used.part) > 1)
    mixes = {
        int(part): _mix(
            used.base_stock[used.part == part],
            shares[used.part == part],
            flows[:, :, used.part == part],
            with_prices.take([part]),
        )
        for part in mixed
    }
    policy = Policy(policy.base_stock, policy.action, mixes)
    return policy, closed_form.cycle_cost(parameters, policy)


def _mix(levels: NDArray[np.int64], shares: Floats, flows: Floats, with_prices: Parameters) -> Mix:
    """Return the mix of one part's policies."""
    shares = shares / shares.sum()
    chances: dict[int, float] = {}
    for level, share in zip(levels.tolist(), shares.tolist(), strict=True):
        chances[level] = chances.get(level, 0.0) + share
    together = flows @ shares
    total = together.sum(axis=0)
    open_days = total <= RARELY
    drawn = np.where(open_days, 0.0, together / np.where(open_days, 1.0, total)).T
    drawn[drawn < NONE] = 0.0
    best = closed_form.completed(
        with_prices,
        Policy(levels[:1], np.where(open_days, -1, drawn.argmax(axis=1))[:, None]),
    ).action[:, 0]
    drawn[open_days] = 0.0
    drawn[open_days, best[open_days]] = 1.0
    return Mix(dict(sorted(chances.items())), drawn / drawn.sum(axis=1, keepdims=True))
