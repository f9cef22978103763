"""Which limits of a portfolio clash, and what would mend it, told by prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import InfeasibleError, LeastChange, Limit, NoAnswerError
from amopt.printing.instance import PrintingInstance
from amopt.printing.limit_rows import LimitRow, limit_rows, remedy, says
from amopt.printing.methods.master import KEPT, Master
from amopt.program.infeasible.search import Limits, Search
from amopt.program.infeasible.sentences import no_plan

if TYPE_CHECKING:
    from amopt.program.solver.highs import Options
    from amopt.program.time import Budget

__all__ = ["explain"]


def explain(
    instance: PrintingInstance, options: Options, budget: Budget
) -> InfeasibleError | NoAnswerError:
    """Return the error that says which limits of an instance clash, and what would mend it.

    Parameters
    ----------
    instance
        The instance.
    options
        Limits of the solves.
    budget
        The time for the solve; the explanation has what is left of it.
    """
    oracle = _Oracle(instance, options, budget.to_explain())
    search = Search(tuple(oracle.rows), oracle.feasible, oracle.least_changes)
    return no_plan(search.reasons())


class _Oracle:
    """Answers what can be kept, and by how much limits have to give way for that."""

    def __init__(self, instance: PrintingInstance, options: Options, budget: Budget) -> None:
        self._instance, self._options, self._budget = instance, options, budget
        self.rows: dict[Limit, LimitRow] = {
            Limit("limits", row.limit.name, says(instance, row.limit.name)): row
            for row in limit_rows(instance)
        }

    def feasible(self, kept: Limits) -> bool:
        """Return whether some limits can be kept together."""
        if not kept:
            return True
        master = self._master(kept)
        return not (master.excess() > KEPT * master.scale).any()

    def least_changes(self, limits: Limits, kept: Limits) -> tuple[LeastChange, ...] | None:
        """Return by how much limits have to give way, together; None where that is no help."""
        master = self._master((*limits, *kept))
        gives_way = np.arange(len(master.rows)) < len(limits)
        if kept:  # policies that keep the others have to be known
            others = self._master(kept)
            if (others.excess() > KEPT * others.scale).any():
                return None
            master.know(others.columns)
        excess = master.solve(elastic=gives_way, costs=False).excess[: len(limits)]
        amounts = [float(f"{amount:.12g}") for amount in excess.tolist()]
        return tuple(
            LeastChange(limit, amount, remedy(self._instance, limit.key, amount))
            for limit, amount in zip(limits, amounts, strict=True)
        )

    def _master(self, limits: Limits) -> Master:
        rows = tuple(self.rows[limit] for limit in limits)
        return Master(self._instance.parameters, rows, self._options, self._budget)
