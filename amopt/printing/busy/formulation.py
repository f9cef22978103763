r"""The program over the portfolio of a busy printer: how much of each part every group counts.

A column is a group :math:`g` of parts with :math:`E_g`, what they cost more than alone at least
(:mod:`amopt.printing.busy.together`). Of a part's cost no more than the whole may be counted:

.. math::

    \max \sum_g E_g x_g, \qquad \sum_{g \ni i} x_g \le 1 \text{ for each part } i, \qquad x \ge 0.

The dual of a row is what one more such part would add to the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "Group", "formulate"]


@dataclass(frozen=True)
class Group:
    """Parts that share the printer, and what they cost a cycle more than alone, at least."""

    parts: tuple[int, ...]
    extra: float


def formulate(groups: Sequence[Group]) -> ConcreteModel:
    """Return the program; ``model.share[g]`` is :math:`x_g`, ``model.objective`` money a cycle."""
    from pyomo.environ import ConcreteModel, NonNegativeReals, Objective, Set, Var, maximize

    model = ConcreteModel(name="a busy printer")
    model.groups = list(groups)
    model.parts = Set(initialize=sorted({part for group in groups for part in group.parts}))
    model.columns = Set(initialize=range(len(groups)))
    model.share = Var(model.columns, domain=NonNegativeReals)
    for family in FAMILIES:
        family.add(model)
    model.objective = Objective(
        expr=sum(group.extra * model.share[g] for g, group in enumerate(groups)), sense=maximize
    )
    return model


def add_whole(model: Any) -> None:
    r"""Count no part more than once: :math:`\sum_{g \ni i} x_g \le 1`."""
    from pyomo.environ import Constraint

    holding: dict[int, list[int]] = {part: [] for part in model.parts}
    for g, group in enumerate(model.groups):
        for part in group.parts:
            holding[part].append(g)

    def rule(m: Any, part: int) -> Any:
        return sum(m.share[g] for g in holding[part]) <= 1

    model.whole = Constraint(model.parts, rule=rule)


FAMILIES: tuple[Family, ...] = (Family("whole", add_whole),)
"""The families of constraints, in the order of their rows."""
