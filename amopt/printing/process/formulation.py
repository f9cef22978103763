"""The full process of every part as one linear program in Pyomo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import UsageError
from amopt.mdp.formulation import formulate
from amopt.printing.parameters import Parameters
from amopt.printing.process.processes import entries, factored_process, full_process

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.printing.instance import PrintingInstance

__all__ = ["formulate_process"]

MOST_ENTRIES = 3_000_000
"""Probabilities up to which the program is written in Pyomo, which takes some 500 bytes each."""


def formulate_process(
    instance: PrintingInstance, parameters: Parameters, form: str
) -> ConcreteModel:
    r"""Return the occupation measures of the processes of all parts.

    ``model.part[name]`` is the dual of :func:`amopt.mdp.formulation.formulate`, from the state
    (0, 0, 0); ``model.objective`` the cost of a cycle of all parts: on average cost :math:`L` times
    the gains, else :math:`1 - \alpha^L` times the values.

    Raises
    ------
    UsageError
        When the program would not fit into memory.
    """
    from pyomo.environ import Block, ConcreteModel, Objective

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
    model.instance, model.parameters = instance, parameters
    model.part = Block([part.name for part in instance.parts])
    costs: list[Any] = []
    for index, part in enumerate(instance.parts):
        built = build(parameters.take([index]))
        start = np.zeros(built.process.states)
        start[built.start] = 1.0
        block = formulate(built.process, start)
        block.objective.deactivate()
        model.part[part.name].transfer_attributes_from(block)
        costs.append(model.part[part.name].objective.expr)
    model.objective = Objective(expr=scale * sum(costs))
    return model
