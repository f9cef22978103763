"""The full process of every part as one linear program in Pyomo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.mdp.formulation import formulate
from amopt.printing.limit_rows import limit_rows
from amopt.printing.parameters import Parameters
from amopt.printing.process.processes import entries, factored_process, full_process

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.printing.instance import PrintingInstance
    from amopt.printing.process.steps import PrintingProcess

__all__ = ["formulate_process"]

MOST_ENTRIES = 3_000_000
"""Probabilities up to which the program is written in Pyomo, which takes some 500 bytes each."""


def formulate_process(
    instance: PrintingInstance,
    parameters: Parameters,
    form: str,
    highest: Sequence[int] | None = None,
) -> ConcreteModel:
    r"""Return the occupation measures of the processes of all parts, within the limits of the file.

    ``model.part[name]`` is the dual of :func:`amopt.mdp.formulation.formulate`, from the state
    (0, 0, 0); ``model.objective`` the cost of a cycle of all parts: on average cost :math:`L` times
    the gains, else :math:`1 - \alpha^L` times the values.

    Parameters
    ----------
    instance, parameters
        The instance, and the parameters of its parts.
    form
        ``"full"`` or ``"factored"``.
    highest
        The most parts of each kind on the shelf; left out, as many as the best plan without limits
        may have.

    Raises
    ------
    UsageError
        When the program would not fit into memory, or its occupation measure is discounted where
        limits do not discount what they count.
    """
    from pyomo.environ import Block, ConcreteModel, Objective

    if instance.limits and not parameters.is_average:
        raise UsageError(
            f"the {form} program counts discounted, and the limits of the file do not; take the "
            "form 'collapsed', or the criterion 'average'"
        )
    expected = entries(parameters, form)
    if expected.sum() > MOST_ENTRIES:
        index = int(np.argmax(expected))
        raise UsageError(
            f"the {form} program has about {expected.sum():,.0f} probabilities, "
            f"{expected[index]:,.0f} of part {instance.parts[index].name!r} alone, and is written "
            f"up to {MOST_ENTRIES:,}; take the form 'collapsed'"
        )
    days = parameters.cycle_days
    scale = days if parameters.is_average else -float(np.expm1(days * np.log(parameters.discount)))
    build = full_process if form == "full" else factored_process
    model = ConcreteModel(name=f"{instance.name}, {form} process")
    model.instance, model.parameters, model.done = instance, parameters, []
    model.part = Block([part.name for part in instance.parts])
    costs: list[Any] = []
    for index, part in enumerate(instance.parts):
        one, top = parameters.take([index]), None if highest is None else highest[index]
        built = build(one, top)
        start = np.zeros(built.process.states)
        start[built.start] = 1.0
        block = formulate(built.process, start)
        block.objective.deactivate()
        model.part[part.name].transfer_attributes_from(block)
        costs.append(model.part[part.name].objective.expr)
        if instance.limits:
            model.done.append(_done(one, partial(build, highest=top)))
    model.objective = Objective(expr=scale * sum(costs))
    if instance.limits:
        add_limits(model)
    return model


def add_limits(model: Any) -> None:
    r"""Keep the limits of the file, which count by cycle.

    .. math:: L \sum_k \sum_a c_{\ell a k} \sum_j A_{akj} x_{kj} \le b_\ell \qquad \forall \ell

    with :math:`x_{kj}` how often a day part :math:`k` takes pair :math:`j` of its process, and
    :math:`A_{akj}` what that does of kind :math:`a`.
    """
    from pyomo.environ import Constraint

    days = model.parameters.cycle_days
    rows = {row.limit.name: row for row in limit_rows(model.instance)}

    def keep(m: Any, name: str) -> Any:
        terms = []
        for k, part in enumerate(m.part):
            x, coefficients = m.part[part].occupation, rows[name].coefficients
            does = days * sum(
                float(numbers[k]) * m.done[k][kind] for kind, numbers in coefficients.items()
            )
            terms += [
                amount * x[pair]
                for pair, amount in zip(m.part[part].pairs, does.tolist(), strict=True)
                if amount
            ]
        return sum(terms) <= rows[name].most if terms else Constraint.Feasible

    model.limits = Constraint(list(rows), rule=keep)


def _done(
    parameters: Parameters, build: Callable[[Parameters], PrintingProcess]
) -> dict[str, NDArray[np.float64]]:
    """Return what each pair of a part's process does by kind: its costs where one kind costs 1."""
    cost_of = {
        "orders": "order_cost",
        "prints": "print_cost",
        "expedites": "expedite_cost",
        "stock_days": "holding_cost",
        "down_days": "backorder_cost",
    }
    found = {}
    for kind, counted in cost_of.items():
        costs: dict[str, Any] = {
            name: np.where(np.isfinite(getattr(parameters, name)), float(name == counted), np.inf)
            for name in cost_of.values()
        }
        process = build(replace(parameters, **costs)).process
        found[kind] = np.array(process.cost)
    assert process.state_names is not None
    replenished = np.array([name[0] == 0 for name in process.state_names])
    found["base_stock"] = found["stock_days"] * replenished[process.state_of_pair]
    return found
