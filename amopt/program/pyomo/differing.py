"""Plans that differ from known ones: what counts as a choice, and the constraints for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["Choice", "all_or_nothing", "require_difference"]

_ROUNDING = 1e-6
"""Part of a step by which an amount of steps may miss what they add up to."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that tells plans apart: an amount of 0, or of one or more steps.

    Attributes
    ----------
    expression
        The amount, in the variables of the model; never below 0.
    most
        The most that it may be.
    step
        The least by which two plans differ that choose otherwise.
    top
        The largest amount that is a choice of its own; beyond it is the same choice.
    """

    expression: Any
    most: float
    step: float
    top: float


def require_difference(
    model: ConcreteModel,
    choices: Mapping[Any, Choice],
    known: Sequence[Mapping[Any, float]],
    apart: int,
) -> None:
    r"""Require that at least so many choices differ from those of each known plan.

    .. math::

        e_j \ge (v_{jk} + s_j) d^+_{jk}, \quad
        e_j \le (v_{jk} - s_j) + (M_j - v_{jk} + s_j) (1 - d^-_{jk}), \quad
        \sum_j (d^+_{jk} + d^-_{jk}) \ge D

    for choice :math:`j` with the amount :math:`e_j \le M_j` and the step :math:`s_j`, plan
    :math:`k` with the amounts :math:`v_{jk}`; :math:`d` is binary. Balas and Jeroslow (1972),
    "Canonical cuts on the unit hypercube", SIAM Journal on Applied Mathematics 23, for binaries.

    Parameters
    ----------
    model
        The formulation.
    choices
        Its choices by name.
    known
        The amounts of each known plan by choice; one left out is 0.
    apart
        How many choices differ at least, D.
    """
    from pyomo.environ import Binary, ConstraintList, Var, VarList

    model.differs = VarList(domain=Binary)
    model.differing = ConstraintList()
    for plan in known:
        differs: list[Var] = []
        for name, choice in choices.items():
            value, step = plan.get(name, 0.0), choice.step
            hair = _ROUNDING * step
            if value + step <= choice.top + hair:
                more = model.differs.add()
                model.differing.add(choice.expression >= (value + step) * more)
                differs.append(more)
            if value - step >= -hair:
                fewer, least = model.differs.add(), value - step
                model.differing.add(
                    choice.expression <= least + (choice.most - least) * (1 - fewer)
                )
                differs.append(fewer)
        model.differing.add(sum(differs) >= apart)


def all_or_nothing(variables: Any) -> None:
    """Let each variable of a block be 0 or 1, and nothing between."""
    from pyomo.environ import Binary

    for variable in variables.values():
        variable.domain = Binary
