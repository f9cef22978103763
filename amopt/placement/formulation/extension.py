"""What a caller adds to a formulation: constraints and variables, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.decision import Extend

__all__ = ["FIXED", "extended"]


def extended(model: ConcreteModel, extend: Extend) -> None:
    """Let a caller add constraints and variables to a formulation.

    What is fixed becomes a constraint: the variable's bounds go on to hold, and where no plan is
    left, the fixing is named among what clashes.

    Parameters
    ----------
    model
        The formulation.
    extend
        What adds to it.

    Raises
    ------
    UsageError
        When the objective is changed: the referee would not know it.
    """
    from pyomo.environ import Objective

    before = model.objective.expr
    extend(model)
    active = list(model.component_data_objects(Objective, active=True))
    if active != [model.objective] or model.objective.expr is not before:
        raise UsageError(
            f"extend changes the objective of {model.name!r}: the instance says what is minimised; "
            "add constraints and variables only"
        )
    FIXED.add(model)


def fixed(model: ConcreteModel) -> None:
    r"""Keep what a caller fixed.

    .. math:: x = \hat x
    """
    from pyomo.environ import Constraint, Var

    held = {x.name: x for x in model.component_data_objects(Var) if x.fixed}
    values = {name: x.value for name, x in held.items()}
    for name, variable in held.items():
        if values[name] is None:
            raise UsageError(f"extend fixes {name} without a value")
        variable.unfix()
    if held:
        model.fixed = Constraint(list(held), rule=lambda _, name: held[name] == values[name])


def _fixed(_: Any, name: Any) -> str:
    return f"what {name} is fixed at"


def _leave_free(_: Any, name: Any, __: float) -> str:
    return f"leave {name} free"


FIXED = Family("fixed", fixed, says=_fixed, remedy=_leave_free)
"""What a caller fixed."""
