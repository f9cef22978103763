r"""Maintenance as a linear program: the occupation measure of the process on a grid of days.

The dual of the average-cost program (Puterman 1994, section 8.8), as
:func:`amopt.mdp.formulation.formulate` writes it, of the process of
:mod:`~amopt.maintenance.process`: :math:`x_k` is how often a day pair :math:`k` is taken. Spares in
stock and downtime are linear in it, so that limits on them have prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.process import Grid, build
from amopt.mdp import SideConstraint
from amopt.mdp import formulation as mdp
from amopt.phrases import amount, rounded_up
from amopt.program.family import Family
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "formulate", "limits"]

PROCESS = ("flow_balance", "normalisation")
"""The families that say what the process is, which the floor below adds."""

YEAR = 365.0
"""Days of a year."""


def formulate(
    instance: MaintenanceInstance, *, printer: bool = True, budget: Budget | None = None
) -> ConcreteModel:
    """Return the linear program of an instance.

    Pairs are named by what is installed, its age (or the days of printing that are left), the
    status of the order (``"no order"``, days to arrival, ``"in stock"``) and the action: such as
    ``model.occupation["regular", 342, "no order", "order"]``. ``model.objective`` is the average
    cost a day, in money; ``model.grid`` holds what each pair uses.

    Parameters
    ----------
    instance
        The instance.
    printer
        Whether parts can be printed.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    grid = build(instance if printer else without_printer(instance))
    model = mdp.formulate(grid.process, budget=budget)
    model.name, model.instance, model.grid, model.printer = instance.name, instance, grid, printer
    for family in FAMILIES:
        if family.name not in PROCESS and family.is_present(instance):
            family.add(model)
    return model


def without_printer(instance: MaintenanceInstance) -> MaintenanceInstance:
    """Return the instance as if nothing could be printed."""
    return instance.unchecked_copy(printed=None)


def limits(instance: MaintenanceInstance, grid: Grid) -> list[SideConstraint]:
    """Return the limits that an instance states, as arrays."""
    stated = instance.limits
    found = []
    if stated.stock is not None:
        found.append(SideConstraint("stock", grid.held, upper=stated.stock))
    if stated.downtime_days_per_year is not None:
        used = YEAR * grid.down
        found.append(SideConstraint("downtime", used, upper=stated.downtime_days_per_year))
    return found


def _total(model: Any, uses: Any) -> Any:
    """Return what the pairs use in all."""
    from amopt.program.pyomo import linear

    used = [(x, float(amount)) for x, amount in zip(model.occupation.values(), uses, strict=True)]
    some = [(x, amount) for x, amount in used if amount] or used[:1]  # no row without a variable
    return linear([amount for _, amount in some], [x for x, _ in some])


def add_stock(model: Any) -> None:
    r"""Keep a spare on the shelf on no more than a share of the days.

    .. math:: \sum_k [k \text{ holds a spare}] \, x_k \le \sigma
    """
    from pyomo.environ import Constraint

    most = model.instance.limits.stock
    model.stock = Constraint(expr=_total(model, model.grid.held) <= most)


def add_downtime(model: Any) -> None:
    r"""Keep the system from being down on more days a year.

    .. math:: 365 \sum_k [k \text{ is down}] \, x_k \le D
    """
    from pyomo.environ import Constraint

    most = model.instance.limits.downtime_days_per_year
    model.downtime = Constraint(expr=_total(model, YEAR * model.grid.down) <= most)


FAMILIES: tuple[Family, ...] = (
    *(family for family in mdp.FAMILIES if family.name in PROCESS),
    Family(
        "stock",
        add_stock,
        scope=("limits.stock",),
        says=lambda instance, _: (
            f"a spare in stock on {amount(100 * instance.limits.stock)} % of the days"
        ),
        remedy=lambda instance, _, by: (
            "allow a spare in stock on "
            f"{rounded_up(100 * (instance.limits.stock + by))} % of the days"
        ),
    ),
    Family(
        "downtime",
        add_downtime,
        scope=("limits.downtime_days_per_year",),
        says=lambda instance, _: (
            f"downtime of {amount(instance.limits.downtime_days_per_year)} days a year"
        ),
        remedy=lambda instance, _, by: (
            "allow downtime of "
            f"{rounded_up(instance.limits.downtime_days_per_year + by)} days a year"
        ),
    ),
)
"""The families of constraints, in the order of their rows."""
