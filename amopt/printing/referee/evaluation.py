"""The referee's own evaluation of one part: day by day on the real states, no closed form.

What a plan does is followed forward in time; what it costs is summed from that, and a second time
backward, through the values of states (:mod:`amopt.printing.referee.backward`), which also proves
how far from the best it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from amopt.printing.referee.backward import MOST_SYSTEMS_BY_STATE, Backward, by_corner, by_state
from amopt.printing.referee.plan import StatedPlan, Terms
from amopt.printing.referee.probabilities import binomial, overshoots, taken

__all__ = ["KINDS", "SELDOM", "Evaluation"]

KINDS = ("orders", "prints", "expedites", "stock_days", "down_days")
"""What is counted in a cycle."""

SELDOM = 1e-3
"""The part of all failures, of a part or of a day down, far below which a number is rounding."""


class Evaluation:
    """What a plan costs and does, and how far from the best it can be.

    Parameters
    ----------
    terms
        The parameters of the part.
    plan
        The plan.
    by_states
        Whether the real states may be gone through one by one, where they are few enough; else the
        value of a state is taken as linear (:mod:`amopt.printing.referee.backward`).
    """

    def __init__(self, terms: Terms, plan: StatedPlan, *, by_states: bool = True) -> None:
        self.terms, self.plan, self.by_states = terms, plan, by_states
        self._amounts: dict[float, dict[str, float]] = {}

    def know(self, amounts: Mapping[float, dict[str, float]], **worked_out: float) -> None:
        """Take what was worked out for many parts at once.

        Parameters
        ----------
        amounts
            What :meth:`amounts` returns, by its argument.
        worked_out
            ``cost_backward``, ``residual`` and ``error_per_cycle``.
        """
        self._amounts.update(amounts)
        vars(self).update(worked_out)

    @cached_property
    def possible(self) -> bool:
        """Whether every action of the plan has a source."""
        costs = {"print": self.terms.c_p, "expedite": self.terms.c_e}
        return all(
            np.isfinite(costs.get(action, 0.0))
            for n in range(1, self.terms.L)
            for action, _ in self.plan.taken(n)
        )

    def amounts(self, alpha: float) -> dict[str, float]:
        """Return expected orders, prints, expedites, stock days and down days of a cycle.

        Days count by ``alpha`` to the power of their distance from the start of the cycle. What
        comes forward in time are expectations: a distribution of the stock while there is any, and
        the expected regular, printed and missing parts on the event that there is none.
        """
        if alpha not in self._amounts:
            found = [
                (share, self._forward(alpha, level)) for level, share in self.plan.levels.items()
            ]
            self._amounts[alpha] = {
                kind: sum(share * amounts[kind] for share, amounts in found) for kind in KINDS
            }
        return self._amounts[alpha]

    def _forward(self, alpha: float, stock: int) -> dict[str, float]:
        """Go forward in time from a full shelf; see :meth:`amounts`."""
        terms = self.terms
        N, L = terms.N, terms.L
        chance = binomial(N, terms.p_r)
        beyond, at_least = overshoots(chance, stock)
        shelf = np.zeros(stock + 1)  # shelf[I] = P(I parts on the shelf) for I >= 1
        shelf[stock] = 1.0
        regular = printed = missing = 0.0
        if stock == 0:
            shelf[0], regular = 0.0, float(N)
        total = dict.fromkeys(KINDS, 0.0)
        total["stock_days"] = float(stock)
        for n in range(L - 1, -1, -1):
            weight = alpha ** (L - n)
            emptied, short = float(at_least @ shelf), float(beyond @ shelf)
            shelf = taken(shelf, chance)
            gone = printed if n == 0 else terms.p_p * printed
            missing += terms.p_r * regular + gone + short
            regular += emptied * N - short - terms.p_r * regular
            printed -= gone
            if n == 0:
                left = float(np.arange(stock + 1) @ shelf)
                total["orders"] = stock + weight * (missing - left)
                break
            total["stock_days"] += weight * float(np.arange(stock + 1) @ shelf)
            shares = dict(self.plan.taken(n))
            prints, expedites = (missing * shares.get(kind, 0.0) for kind in ("print", "expedite"))
            total["prints"] += weight * prints
            total["expedites"] += weight * expedites
            printed, regular = printed + prints, regular + expedites
            missing = missing * shares.get("wait", 0.0)
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
        spent = sum(price * amount for price, amount in parts if np.isfinite(price))
        happening = self.amounts(1.0)
        for kind, price in (
            ("orders", terms.charged_c_r),
            ("prints", terms.charged_c_p),
            ("expedites", terms.charged_c_e),
            ("stock_days", terms.charged_h),
            ("down_days", terms.charged_b),
        ):
            spent += price * happening[kind]
        return spent + terms.room * self.plan.base_stock

    @cached_property
    def _backward(self) -> Backward:
        exact = self.by_states and self.terms.N <= MOST_SYSTEMS_BY_STATE
        return (by_state if exact else by_corner)(self.terms, self.plan)

    @cached_property
    def cost_backward(self) -> float:
        """The same cost, evaluated backward in time from the values of states."""
        return self._backward.cost

    @cached_property
    def residual(self) -> float:
        """Largest amount by which some decision in some state beats the plan's, in money."""
        found = self._backward
        return max(found.ordering_residual, float(found.residuals.max(initial=0.0)))

    @cached_property
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
        """A thousandth of a part and of a day down, in money, with the prices of limits on both.

        Costs far below it are rounding.
        """
        terms = self.terms
        return SELDOM * (terms.c_r + terms.charged_c_r + terms.b + terms.charged_b)

    @property
    def horizon(self) -> float:
        """The factor from the cost of a cycle to the value of a start, or to the cost a day."""
        days, alpha = self.terms.L, self.terms.alpha
        return 1.0 / days if alpha == 1.0 else float(-1.0 / np.expm1(days * np.log(alpha)))
