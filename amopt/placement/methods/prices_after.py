"""The relaxation of the whole program first; prices where it is not the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.placement.methods.bounded_plan import BoundedPlan, bounded
from amopt.placement.methods.lagrangian import LagrangianSearch
from amopt.placement.methods.programs import ProgramSearch, array_programs

if TYPE_CHECKING:
    from amopt.placement.methods.programs import Progress
    from amopt.placement.supply.supply import Supply
    from amopt.program.solver import highs
    from amopt.program.time import Budget

__all__ = ["PricesAfter"]


class PricesAfter(ProgramSearch):
    """Solves the relaxation and the forms as programs, and the optimum by prices.

    For single sources: prices and local search find good plans where the solver by itself is slow,
    and the program that they leave is smaller.
    """

    def __init__(self, supply: Supply, options: highs.Options, budget: Budget) -> None:
        super().__init__(array_programs(supply), options, budget)
        self._prices = LagrangianSearch(supply, options, budget)

    def finish(self, progress: Progress | None) -> BoundedPlan:
        """Find a plan by prices; by the whole program where they find none."""
        self._prices.begin()
        found = self._prices.finish(progress)
        if found.plan is None:
            return found if self._budget.is_over else super().finish(progress)
        outcome = bounded(found.outcome, found.plan, self.relaxation, self._options.gap)
        by_prices = outcome.bound == found.outcome.bound
        return replace(
            found,
            outcome=outcome,
            relaxation=self.relaxation,
            prices=found.prices if by_prices else None,
        )
