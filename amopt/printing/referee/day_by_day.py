r"""The referee's own evaluation of one part: day by day on the real states, no closed form.

After the decision of a day the systems are counted as :math:`(R, P)`: regular and printed parts in
operation; :math:`N - R - P` systems wait. Regular and printed parts fail independently, so a matrix
:math:`W` of values over :math:`(R, P)` becomes :math:`T_r W T_p^\top` a day earlier, with
:math:`T_r[R, R'] = P(R - R' \text{ of } R \text{ fail})`, and likewise :math:`T_p`.

Above :data:`MOST_SYSTEMS_BY_STATE` systems these matrices no longer fit; there the evaluation uses
that systems which wait do so independently of each other, which makes the value linear in
:math:`R`, :math:`P` and the systems that wait: checked at the corners, it holds everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_SYSTEMS_BY_STATE", "Evaluation", "Plan", "Terms", "binomial"]

Floats = NDArray[np.float64]

MOST_SYSTEMS_BY_STATE = 100
"""Up to so many systems the real states are gone through one by one."""

TAIL = 1e-14
"""Share of the cost beyond which no level of stock needs to be looked at."""


NEGLIGIBLE = 1e-40
"""Probabilities below are far below rounding, whatever they multiply."""

LONG = 10_000_000
"""Products beyond which sequences are convolved by Fourier transforms."""


@dataclass(frozen=True)
class Terms:
    """The parameters of one part, as the source writes them."""

    N: int
    L: int
    alpha: float
    c_r: float
    c_p: float
    c_e: float
    b: float
    h: float
    p_r: float
    p_p: float


@dataclass(frozen=True)
class Plan:
    """What a planner would do: stock after a replenishment, and an action a day to go.

    ``actions[n]`` is ``"wait"``, ``"print"`` or ``"expedite"`` for n = 1..L-1; ``actions[0]`` is
    not used.
    """

    base_stock: int
    actions: tuple[str, ...]


def binomial(trials: int, probability: float, most: int | None = None) -> Floats:
    """Return P(B = 0), ..., P(B = most) of B ~ Binomial(trials, probability)."""
    highest = trials if most is None else min(trials, most)
    chances: Floats = _binomials(np.array([trials]), probability, highest)[0]
    return chances


def _binomials(trials: NDArray[np.int64], probability: float, most: int) -> Floats:
    """Return P(B = k) for k = 0..most in columns and some numbers of trials in rows.

    By the ratios of successive probabilities, whose logarithms lose nothing at many trials.
    """
    trials = trials[:, None]
    if probability in (0.0, 1.0):
        sure = np.arange(most + 1) == trials * int(probability)
        return np.asarray(sure, dtype=np.float64)
    k = np.arange(most)
    left = trials - k
    odds = np.log(probability) - np.log1p(-probability)
    ratios = np.where(left > 0, np.log(np.maximum(left, 1) / (k + 1.0)) + odds, -np.inf)
    logarithms = np.concatenate([trials * np.log1p(-probability), ratios], axis=1)
    return np.asarray(np.exp(np.cumsum(logarithms, axis=1)))


def _failures(systems: int, probability: float) -> Floats:
    """Return T with T[R, R'] the probability that R' of R parts survive a day."""
    R, left = np.indices((systems + 1, systems + 1))
    chances = _binomials(np.arange(systems + 1), probability, systems)
    return np.where(left <= R, chances[R, np.maximum(R - left, 0)], 0.0)


class Evaluation:
    """What a plan costs and does, and how far from the best it can be.

    Parameters
    ----------
    terms
        The parameters of the part.
    plan
        The plan.
    """

    def __init__(self, terms: Terms, plan: Plan) -> None:
        self.terms, self.plan = terms, plan
        self._amounts: dict[float, dict[str, float]] = {}

    @property
    def possible(self) -> bool:
        """Whether every action of the plan has a source."""
        costs = {"print": self.terms.c_p, "expedite": self.terms.c_e}
        return all(np.isfinite(costs.get(action, 0.0)) for action in self.plan.actions[1:])

    def amounts(self, alpha: float) -> dict[str, float]:
        """Return expected orders, prints, expedites, stock days and down days of a cycle.

        Days count by ``alpha`` to the power of their distance from the start of the cycle. What
        comes forward in time are expectations: a distribution of the stock while there is any, and
        the expected regular, printed and missing parts on the event that there is none.
        """
        if alpha not in self._amounts:
            self._amounts[alpha] = self._forward(alpha)
        return self._amounts[alpha]

    def _forward(self, alpha: float) -> dict[str, float]:
        """Go forward in time from a full shelf; see :meth:`amounts`."""
        terms, stock = self.terms, self.plan.base_stock
        N, L = terms.N, terms.L
        chance = binomial(N, terms.p_r)
        beyond, at_least = _overshoots(chance, stock)
        shelf = np.zeros(stock + 1)  # shelf[I] = P(I parts on the shelf) for I >= 1
        shelf[stock] = 1.0
        regular = printed = missing = 0.0
        if stock == 0:
            shelf[0], regular = 0.0, float(N)
        total = {"orders": 0.0, "prints": 0.0, "expedites": 0.0, "down_days": 0.0}
        total["stock_days"] = float(stock)
        for n in range(L - 1, -1, -1):
            weight = alpha ** (L - n)
            emptied, short = float(at_least @ shelf), float(beyond @ shelf)
            shelf = _taken(shelf, chance)
            gone = printed if n == 0 else terms.p_p * printed
            missing += terms.p_r * regular + gone + short
            regular += emptied * N - short - terms.p_r * regular
            printed -= gone
            if n == 0:
                left = float(np.arange(stock + 1) @ shelf)
                total["orders"] = stock + weight * (missing - left)
                break
            total["stock_days"] += weight * float(np.arange(stock + 1) @ shelf)
            action = self.plan.actions[n]
            if action == "print":
                total["prints"] += weight * missing
                printed, missing = printed + missing, 0.0
            elif action == "expedite":
                total["expedites"] += weight * missing
                regular, missing = regular + missing, 0.0
            total["down_days"] += weight * missing
        return total

    @cached_property
    def cost(self) -> float:
        """The expected cost of a cycle, discounted to its start."""
        terms, total = self.terms, self.amounts(self.terms.alpha)
        parts = (
            (terms.c_r, total["orders"]),
            (terms.c_p, total["prints"]),
            (terms.c_e, total["expedites"]),
            (terms.h, total["stock_days"]),
            (terms.b, total["down_days"]),
        )
        return sum(price * amount for price, amount in parts if np.isfinite(price))

    @cached_property
    def _backward(self) -> _Backward:
        exact = self.terms.N <= MOST_SYSTEMS_BY_STATE
        return (_by_state if exact else _by_corner)(self.terms, self.plan)

    @property
    def cost_backward(self) -> float:
        """The same cost, evaluated backward in time from the values of states."""
        return float(self._backward.cycle_cost[self.plan.base_stock])

    @property
    def residual(self) -> float:
        """Largest amount by which some decision in some state beats the plan's, in money."""
        found = self._backward
        return max(found.ordering_residual, float(found.residuals.max(initial=0.0)))

    @property
    def error_per_cycle(self) -> float:
        r"""Proven bound on what a cycle of the plan costs above the best, in money.

        The values :math:`W` of the plan satisfy :math:`T W \ge W - \epsilon_n` in all states with
        n days to go. Over a cycle, :math:`T^L W \ge W - \sum_n \alpha^{L-n} \epsilon_n`.
        """
        terms, found = self.terms, self._backward
        days = terms.L - np.arange(1, terms.L)
        return found.ordering_residual + float(terms.alpha**days @ found.residuals)

    @property
    def excess(self) -> float:
        """The same bound, with the rounding that shows between the two evaluations."""
        return self.error_per_cycle + abs(self.cost_backward - self.cost)

    @property
    def stake(self) -> float:
        """A thousandth of a part and of a day down: costs far below it are rounding, in money."""
        return 1e-3 * (self.terms.c_r + self.terms.b)

    @property
    def horizon(self) -> float:
        """The factor from the cost of a cycle to the value of a start, or to the cost a day."""
        days, alpha = self.terms.L, self.terms.alpha
        return 1.0 / days if alpha == 1.0 else float(-1.0 / np.expm1(days * np.log(alpha)))


@dataclass(frozen=True)
class _Backward:
    """Values backward in time.

    ``residuals[n - 1]`` is the largest Bellman residual of all states with n days to go and an
    empty shelf; ``cycle_cost[S]`` the cost of a cycle from S parts, for every S that may be best;
    ``tail`` bounds what any S beyond could be better by.
    """

    residuals: Floats
    cycle_cost: Floats
    tail: float
    base_stock: int

    @property
    def ordering_residual(self) -> float:
        """What another base-stock level could be better by."""
        best = float(self.cycle_cost.min())
        return max(0.0, float(self.cycle_cost[self.base_stock]) - best + self.tail)


def _by_state(terms: Terms, plan: Plan) -> _Backward:
    """Go through all states (n, R, P)."""
    N, L, alpha = terms.N, terms.L, terms.alpha
    survive, keep = _failures(N, terms.p_r), _failures(N, terms.p_p)
    R, P = np.indices((N + 1, N + 1))
    waiting = N - R - P
    valid = waiting >= 0
    waiting = np.maximum(waiting, 0)
    # n = 0: whoever waits is given a regular part; printed parts are thrown away.
    value = np.where(valid, terms.c_r * (N - R), 0.0)
    ahead = np.where(valid, alpha * (survive @ (terms.c_r * (N - np.arange(N + 1))))[:, None], 0.0)
    residuals = np.zeros(L - 1)
    entry = np.zeros((L, N + 1))  # value with n days to go and k systems that wait, none printed
    entry[0] = value[::-1, 0]
    dearest = terms.c_r
    for n in range(1, L):
        if n > 1:
            ahead = np.where(valid, alpha * (survive @ value @ keep.T), 0.0)
        waited = ahead + terms.b * waiting
        if plan.actions[n] == "print":
            value = waited[R, np.maximum(N - R, 0)] + terms.c_p * waiting
        elif plan.actions[n] == "expedite":
            value = waited[np.maximum(N - P, 0), P] + terms.c_e * waiting
        else:
            value = waited
        value = np.where(valid, value, 0.0)
        best = np.where(valid, waited, np.inf)
        for axis, price in ((0, terms.c_e), (1, terms.c_p)):
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


def _by_corner(terms: Terms, plan: Plan) -> _Backward:
    """Value one system of each kind: the value of a state is their sum."""
    N, L, alpha = terms.N, terms.L, terms.alpha
    regular, printed, missing = 0.0, terms.c_r, terms.c_r
    residuals = np.zeros(L - 1)
    worth = np.zeros((L, 2))  # of a regular and a missing part
    worth[0] = regular, missing
    dearest = terms.c_r
    for n in range(1, L):
        waits = terms.b + alpha * missing
        ahead = (1 - terms.p_r) * regular + terms.p_r * missing
        printed_ahead = (1 - terms.p_p) * printed + terms.p_p * missing
        regular, printed = alpha * ahead, alpha * printed_ahead
        choices = {"wait": waits, "print": terms.c_p + printed, "expedite": terms.c_e + regular}
        missing = choices[plan.actions[n]]
        residuals[n - 1] = N * max(0.0, missing - min(choices.values()))
        worth[n] = regular, missing
        dearest = max(dearest, missing - regular)
    return _from_stock(terms, plan, residuals, worth, dearest)


def _from_stock(
    terms: Terms, plan: Plan, residuals: Floats, entry: Floats, dearest: float
) -> _Backward:
    """Add the days on which there is stock, and try every base-stock level.

    ``entry[n]`` is the value with n days to go and 0, 1, ..., N systems that wait; or, where it has
    two columns only, the value of one regular and of one missing part.
    """
    N, L, alpha = terms.N, terms.L, terms.alpha
    highest, tail = _highest(terms, plan.base_stock, dearest)
    level = np.arange(highest + 1)
    chance = binomial(N, terms.p_r, highest)
    beyond, at_least = _overshoots(binomial(N, terms.p_r), highest)
    value = -terms.c_r * level.astype(float)
    for n in range(L):
        if len(entry[n]) == N + 1 and N <= MOST_SYSTEMS_BY_STATE:
            emptied = _emptied(binomial(N, terms.p_r), entry[n], highest)
        else:
            # as many wait as there are failures beyond the shelf; all others run on regular parts
            emptied = entry[n, 0] * (N * at_least - beyond) + entry[n, 1] * beyond
        stays = _delayed(np.concatenate([[0.0], value[1:]]), chance)
        value = terms.h * level + alpha * (stays + emptied)
    cost = value + terms.c_r * level
    return _Backward(residuals, cost, tail, plan.base_stock)


def _overshoots(chance: Floats, highest: int) -> tuple[Floats, Floats]:
    """Return E(D - I)^+ and P(D >= I) for I = 0..highest, sums without a difference."""
    at_least, beyond = np.zeros(highest + 1), np.zeros(highest + 1)
    tails = np.cumsum(chance[::-1])[::-1]
    excess = np.cumsum(tails[:0:-1])[::-1]
    known = min(len(tails), highest + 1)
    at_least[:known] = tails[:known]
    known = min(len(excess), highest + 1)
    beyond[:known] = excess[:known]
    return beyond, at_least


def _emptied(chance: Floats, entry: Floats, highest: int) -> Floats:
    """Return E[entry(D - I); D >= I] for I = 0..highest."""
    found = np.zeros(highest + 1)
    known = np.convolve(chance, entry[::-1])[len(entry) - 1 :][: highest + 1]
    found[: len(known)] = known
    return found


def _delayed(values: Floats, chance: Floats) -> Floats:
    """Return sum over d of chance[d] values[I - d] for every index I of ``values``."""
    found = np.zeros(len(values))
    support = np.flatnonzero(chance > NEGLIGIBLE)
    if support.size and support[0] < len(values):
        first, last = int(support[0]), int(support[-1])
        found[first:] = _product(chance[first : last + 1], values)[: len(values) - first]
    return found


def _product(one: Floats, other: Floats) -> Floats:
    """Return the convolution of two sequences, by Fourier transforms where they are long."""
    if len(one) * len(other) < LONG:
        return np.convolve(one, other)
    from scipy.signal import oaconvolve  # late: few need it

    return np.asarray(oaconvolve(one, other))


def _taken(shelf: Floats, chance: Floats) -> Floats:
    """Return the distribution of the stock after failures; what is 0 or below is not counted."""
    after = _delayed(shelf[::-1], chance)[::-1]
    after[0] = 0.0
    return after


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
            if tail <= TAIL * (1 + dearest):
                return highest, float(tail)
        highest = min(trials, highest + max(20, highest // 4))
    return highest, 0.0
