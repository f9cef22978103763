r"""What a plan costs backward in time, and how far from the best it can be.

After the decision of a day the systems are counted as :math:`(R, P)`: regular and printed parts in
operation; :math:`N - R - P` systems wait. Regular and printed parts fail independently, so a matrix
:math:`W` of values over :math:`(R, P)` becomes :math:`T_r W T_p^\top` a day earlier, with
:math:`T_r[R, R'] = P(R - R' \text{ of } R \text{ fail})`, and likewise :math:`T_p`.

Above :data:`MOST_SYSTEMS_BY_STATE` systems these matrices no longer fit; there it is used that
systems which wait do so independently of each other, which makes the value linear in :math:`R`,
:math:`P` and the systems that wait: checked at the corners, it holds everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing.referee.plan import StatedPlan, Terms
from amopt.printing.referee.probabilities import binomial, delayed, emptied, overshoots, survivors

__all__ = ["MOST_SYSTEMS_BY_STATE", "Backward", "by_corner", "by_state"]

Floats = NDArray[np.float64]

MOST_SYSTEMS_BY_STATE = 100
"""Up to so many systems the real states are gone through one by one."""

TAIL = 1e-14
"""Share of the cost beyond which no level of stock needs to be looked at."""


@dataclass(frozen=True)
class Backward:
    """Values backward in time.

    ``residuals[n - 1]`` is the largest Bellman residual of all states with n days to go and an
    empty shelf; ``cycle_cost[S]`` the cost of a cycle from S parts, for every S that may be best;
    ``tail`` bounds what any S beyond could be better by; ``levels`` are those of the plan.
    """

    residuals: Floats
    cycle_cost: Floats
    tail: float
    levels: dict[int, float]

    @property
    def cost(self) -> float:
        """The cost of a cycle of the plan."""
        return sum(share * float(self.cycle_cost[S]) for S, share in self.levels.items())

    @property
    def ordering_residual(self) -> float:
        """What another base-stock level could be better by."""
        return max(0.0, self.cost - float(self.cycle_cost.min()) + self.tail)


def by_state(terms: Terms, plan: StatedPlan) -> Backward:
    """Go through all states (n, R, P)."""
    N, L, alpha = terms.N, terms.L, terms.alpha
    survive, keep = survivors(N, terms.p_r), survivors(N, terms.p_p)
    R, P = np.indices((N + 1, N + 1))
    waiting = N - R - P
    valid = waiting >= 0
    waiting = np.maximum(waiting, 0)
    # n = 0: whoever waits is given a regular part; printed parts are thrown away.
    c_r = terms.on(0).c_r
    value = np.where(valid, c_r * (N - R), 0.0)
    ahead = np.where(valid, alpha * (survive @ (c_r * (N - np.arange(N + 1))))[:, None], 0.0)
    residuals = np.zeros(L - 1)
    entry = np.zeros((L, N + 1))  # value with n days to go and k systems that wait, none printed
    entry[0] = value[::-1, 0]
    dearest = c_r
    for n in range(1, L):
        today = terms.on(n)
        if n > 1:
            ahead = np.where(valid, alpha * (survive @ value @ keep.T), 0.0)
        waited = ahead + today.b * waiting
        value = np.zeros_like(waited)
        for action, share in plan.taken(n):
            if action == "print":
                chosen = waited[R, np.maximum(N - R, 0)] + today.c_p * waiting
            elif action == "expedite":
                chosen = waited[np.maximum(N - P, 0), P] + today.c_e * waiting
            else:
                chosen = waited
            value += share * chosen
        value = np.where(valid, value, 0.0)
        best = np.where(valid, waited, np.inf)
        for axis, price in ((0, today.c_e), (1, today.c_p)):
            if np.isfinite(price):
                best = _cheapest(best, price, axis)
        residuals[n - 1] = max(0.0, float(np.max((value - best)[valid])))
        entry[n] = value[::-1, 0]
        step = np.where(valid[:-1] & valid[1:], value[:-1] - value[1:], 0.0)
        dearest = max(dearest, float(step.max(initial=0.0)))
    return _from_stock(terms, plan, residuals, entry, dearest)


def _cheapest(values: Floats, price: float, axis: int) -> Floats:
    """Return min over j of values[i + j] + j price along an axis: any number of parts is bought.

    One part at a time, so that a price that nobody pays leaves no rounding behind.
    """
    found = values.swapaxes(0, axis).copy()
    for one_less in range(len(found) - 2, -1, -1):
        np.minimum(found[one_less], found[one_less + 1] + price, out=found[one_less])
    return found.swapaxes(0, axis)


def by_corner(terms: Terms, plan: StatedPlan) -> Backward:
    """Value one system of each kind: the value of a state is their sum."""
    N, L, alpha = terms.N, terms.L, terms.alpha
    c_r = terms.on(0).c_r
    regular, printed, missing = 0.0, c_r, c_r
    residuals = np.zeros(L - 1)
    worth = np.zeros((L, 2))  # of a regular and a missing part
    worth[0] = regular, missing
    dearest = c_r
    for n in range(1, L):
        today = terms.on(n)
        waits = today.b + alpha * missing
        ahead = (1 - terms.p_r) * regular + terms.p_r * missing
        printed_ahead = (1 - terms.p_p) * printed + terms.p_p * missing
        regular, printed = alpha * ahead, alpha * printed_ahead
        choices = {"wait": waits, "print": today.c_p + printed, "expedite": today.c_e + regular}
        missing = sum(share * choices[action] for action, share in plan.taken(n))
        residuals[n - 1] = N * max(0.0, missing - min(choices.values()))
        worth[n] = regular, missing
        dearest = max(dearest, missing - regular)
    return _from_stock(terms, plan, residuals, worth, dearest)


def _from_stock(
    terms: Terms, plan: StatedPlan, residuals: Floats, entry: Floats, dearest: float
) -> Backward:
    """Add the days on which there is stock, and try every base-stock level.

    ``entry[n]`` is the value with n days to go and 0, 1, ..., N systems that wait; or, where it has
    two columns only, the value of one regular and of one missing part.
    """
    N, L, alpha = terms.N, terms.L, terms.alpha
    highest, tail = _highest(terms, max(plan.levels), dearest)
    level = np.arange(highest + 1)
    chance = binomial(N, terms.p_r, highest)
    beyond, at_least = overshoots(binomial(N, terms.p_r), highest)
    value = -terms.on(0).c_r * level.astype(float)
    for n in range(L):
        if len(entry[n]) == N + 1 and N <= MOST_SYSTEMS_BY_STATE:
            after = emptied(binomial(N, terms.p_r), entry[n], highest)
        else:
            # as many wait as there are failures beyond the shelf; all others run on regular parts
            after = entry[n, 0] * (N * at_least - beyond) + entry[n, 1] * beyond
        stays = delayed(np.concatenate([[0.0], value[1:]]), chance)
        value = terms.on(n + 1).h * level + alpha * (stays + after)
    cost = value + (terms.on(L).c_r + terms.room) * level
    return Backward(residuals, cost, tail, plan.levels)


def _highest(terms: Terms, base_stock: int, dearest: float) -> tuple[int, float]:
    """Return a level of stock beyond which none is better but for a tail that is returned too.

    One more part than :math:`S` saves at most ``dearest`` and only where more than :math:`S` parts
    fail while it could help; Chernoff's bound on that probability falls geometrically.
    """
    trials = terms.N * (terms.L - 1)
    if terms.p_r in (0.0, 1.0):
        return max(base_stock, trials if terms.p_r else 0), 0.0
    mean = trials * terms.p_r
    highest = max(base_stock, min(trials, int(mean + 8 * np.sqrt(mean) + 20)))
    while highest < trials:
        a = (highest + 1) / trials
        if a > terms.p_r:
            divergence = a * np.log(a / terms.p_r)
            if a < 1:
                divergence += (1 - a) * np.log((1 - a) / (1 - terms.p_r))
            ratio = (1 - a) * terms.p_r / (a * (1 - terms.p_r))
            tail = dearest * np.exp(-trials * divergence) / (1 - ratio)
            if tail <= TAIL * dearest:
                return highest, float(tail)
        highest = min(trials, highest + max(20, highest // 4))
    return highest, 0.0
