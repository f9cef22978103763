"""Parts that are not supplied, where a line says what each of them costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.program.family import Family
from amopt.sourcing.formulation.variables import linear

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "add_unmet"]


def add_unmet(model: ConcreteModel) -> None:
    r"""Fill a line but for the parts whose penalty is paid.

    .. math:: Q_l \le \sum_s q_{ls} + \nu_l \le Q_l + \text{surplus}_l

    This is the demand of a line that states a penalty :math:`\pi_l` for each part that it does not
    get; :math:`\sum_l \pi_l \nu_l` is in the objective, and in no budget.
    """
    from pyomo.environ import Constraint

    supply = model.supply
    needed, surplus = model.needed.tolist(), supply.surplus.tolist()
    ones = [1.0] * len(model.x)
    number = {line.line: n for n, line in enumerate(supply.instance.lines)}

    def filled(_: Any, name: str) -> Any:
        n = number[name]
        supplied = linear(model.of_line[name], ones, model.x)
        return needed[n], supplied + model.unmet[name], needed[n] + surplus[n]

    model.filled_or_paid = Constraint(list(model.unmet), rule=filled)


FAMILIES = (
    Family(
        "unmet",
        add_unmet,
        scope=("lines[].unmet_penalty_per_part",),
        rows=("filled_or_paid",),
    ),
)
"""Parts that are not supplied."""
