"""What a planner sees of distributions: how often how much raw material, prints, days down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.drawing import BLUE, GREEN, new_figure, plain
from amopt.errors import UsageError
from amopt.printing.behaviour.distributions import Behaviour
from amopt.printing.behaviour.practice import todays_policy
from amopt.printing.decision import best_policy
from amopt.printing.instance import PrintingInstance
from amopt.printing.policy import Policy

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["exceedance", "figures"]

LEAST = 1e-6
"""Probabilities below are not drawn."""


def figures(instance: PrintingInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title: of distributions, not of a simulation.

    Of an answer that was read from a file the policies are those of the instance.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if not solution.rows.get("distributions"):
        return {}
    policies = getattr(solution, "policies", None)
    drawn = {
        f"How likely more than so many {what.replace('_', ' ')} are in a cycle": exceedance(
            instance, what, policies=policies
        )
        for what in ("prints", "down_days")
    }
    return {title: one for title, one in drawn.items() if any(len(line.x) for line in one.data)}


def exceedance(
    instance: PrintingInstance,
    what: str = "prints",
    *,
    year: bool = False,
    policies: Mapping[str, Policy] | None = None,
) -> Any:
    """Return a plotly figure of the probability that more than so much happens, of all parts.

    Parameters
    ----------
    instance
        The instance; what is done today is drawn too where it says so.
    what
        ``prints``, ``expedites``, ``orders``, ``down_days`` or ``material_cm3``.
    year
        Of a year instead of a cycle.
    policies
        By name, as :attr:`~amopt.printing.behaviour.answer.BehaviourSolution.policies` has them;
        left out, ``optimum``, and ``today`` as the instance states it.

    Raises
    ------
    UsageError
        When there is no such count, or plotly is not installed.
    """
    from amopt.printing.behaviour.cycle import COUNTS
    from amopt.printing.behaviour.distributions import cycles_a_year

    if what not in (*COUNTS, "material_cm3"):
        raise UsageError(f"{what!r} is not counted: take {', '.join(COUNTS)} or material_cm3")
    cycles = cycles_a_year(instance) if year else 1
    if policies is None:
        policies = {"optimum": best_policy(instance)}
        if instance.policy:
            policies["today"] = todays_policy(instance)
    figure = new_figure()
    for name, policy in policies.items():
        colour = GREEN if name == "optimum" else BLUE
        behaviour = Behaviour(instance, policy)
        found = (
            behaviour.material(cycles)
            if what == "material_cm3"
            else behaviour.count(what, None, cycles)
        )
        more = np.maximum(1.0 - np.cumsum(found.chances), 0.0)
        # Only where it falls: a distribution of raw material has far more points than steps.
        steps = np.flatnonzero((found.chances > LEAST**2) & (more >= LEAST))
        figure.add_scatter(
            x=found.step * steps,
            y=more[steps],
            name=plain(name),
            mode="lines",
            line={"shape": "hv", "color": colour},
        )
    figure.update_xaxes(title=f"{what.replace('_', ' ')} a {'year' if year else 'cycle'}")
    figure.update_yaxes(title="probability of more", type="log")
    return figure
