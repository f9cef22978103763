"""What a caller adds to a formulation: constraints and variables, and nothing else."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.program.family import Extend, Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FIXED", "extended"]


def extended(model: ConcreteModel, extend: Extend | None) -> ConcreteModel:
    """Let a caller add constraints and variables to a formulation.

    What is fixed becomes a constraint: the variable's bounds go on to hold, and where no plan is
    left, the fixing is named among what clashes. What the formulation itself had fixed stays so.

    Parameters
    ----------
    model
        The formulation.
    extend
        What adds to it; None where there is nothing.

    Returns
    -------
    ConcreteModel
        The same model.

    Raises
    ------
    UsageError
        When the objective is changed: the referee would not know it; when a variable is fixed
        without a finite value.
    """
    if extend is None:
        return model
    before, own = _objectives(model), _fixings(model)
    extend(model)
    after = _objectives(model)
    same = [
        a is b
        for old, new in zip(before, after, strict=False)
        for a, b in zip(old, new, strict=True)
    ]
    if len(before) != len(after) or not all(same):
        raise UsageError(
            f"extend changes the objective of {model.name!r}: the instance says what is minimised; "
            "add constraints and variables only. For another objective, solve what amopt.formulate "
            "returns and read it back"
        )
    fixed(model, own)
    return model


def _objectives(model: ConcreteModel) -> list[tuple[Any, Any, Any]]:
    """Return the active objectives, each with its expression and sense."""
    from pyomo.environ import Objective

    found = model.component_data_objects(Objective, active=True)
    return [(own, own.expr, own.sense) for own in found]


def _fixings(model: ConcreteModel) -> dict[str, float | None]:
    """Return the values of the fixed variables by name."""
    from pyomo.environ import Var

    return {x.name: x.value for x in model.component_data_objects(Var) if x.fixed}


def fixed(model: ConcreteModel, own: dict[str, float | None] | None = None) -> None:
    r"""Keep what a caller fixed.

    .. math:: x = \hat x
    """
    from pyomo.environ import Constraint, Var

    own = own or {}
    held: dict[str, tuple[Any, float]] = {}
    for x in model.component_data_objects(Var):
        if not x.fixed or (x.name in own and own[x.name] == x.value):
            continue
        if x.value is None:
            raise UsageError(f"extend fixes {x.name} without a value")
        if not isfinite(x.value):
            raise UsageError(f"extend fixes {x.name} at {x.value}, which is no finite number")
        held[x.name] = x, x.value
    for name, (x, _) in held.items():
        if name in own:
            x.fix(own[name])
        else:
            x.unfix()
    if held:
        model.fixed = Constraint(list(held), rule=lambda _, name: held[name][0] == held[name][1])


def _fixed(_: Any, name: Any) -> str:
    return f"what {name} is fixed at"


def _leave_free(_: Any, name: Any, __: float) -> str:
    return f"leave {name} free"


FIXED = Family("fixed", fixed, says=_fixed, remedy=_leave_free)
"""What a caller fixed."""
