"""Which form wins where: a map over two parameters.

Khajavi, Partanen and Holmström (2014) compare central with distributed machines at two states of
technology: four points of such a map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.placement.methods import solve
from amopt.placement.model import FORMS
from amopt.program.highs import Options

if TYPE_CHECKING:
    from amopt.placement.instance import Instance, Machine

__all__ = ["KNOBS", "map_forms", "turned"]

Knob = Callable[["Instance", float], "Instance"]

NEAR = 1e-6
"""Relative difference below which two forms cost the same."""


def _machines(instance: Instance, change: Callable[[Machine], Mapping[str, Any]]) -> Instance:
    machines = tuple(m.model_copy(update=dict(change(m))) for m in instance.machines)
    return instance.model_copy(update={"machines": machines})


def _machine_price(instance: Instance, factor: float) -> Instance:
    return _machines(instance, lambda m: {"price": m.price * factor})


def _operators(instance: Instance, factor: float) -> Instance:
    return _machines(
        instance,
        lambda m: {
            "yearly_cost": m.yearly_cost * factor,
            "cost_per_hour": m.cost_per_hour * factor,
        },
    )


def _print_hours(instance: Instance, factor: float) -> Instance:
    parts = tuple(
        part.model_copy(
            update={
                "print": tuple(
                    option.model_copy(update={"hours": option.hours * factor})
                    for option in part.print
                )
            }
        )
        for part in instance.parts
    )
    return instance.model_copy(update={"parts": parts})


def _demand(instance: Instance, factor: float) -> Instance:
    demand = tuple(
        entry.model_copy(
            update={
                "per_year": entry.per_year * factor,
                "by_period": tuple(rate * factor for rate in entry.by_period),
            }
        )
        for entry in instance.demand
    )
    return instance.model_copy(update={"demand": demand})


def _transport(instance: Instance, factor: float) -> Instance:
    network = instance.network
    lanes = tuple(
        lane.model_copy(
            update={
                "cost_per_part": lane.cost_per_part * factor,
                "cost_per_kg": lane.cost_per_kg * factor,
            }
        )
        for lane in network.lanes
    )
    modes = tuple(
        mode.model_copy(
            update={
                "cost_per_part": mode.cost_per_part * factor,
                "cost_per_kg_km": mode.cost_per_kg_km * factor,
            }
        )
        for mode in network.modes
    )
    network = network.model_copy(update={"lanes": lanes, "modes": modes})
    return instance.model_copy(update={"network": network})


def _conventional_price(instance: Instance, factor: float) -> Instance:
    entries = tuple(
        entry.model_copy(update={"cost_per_part": entry.cost_per_part * factor})
        for entry in instance.conventional
    )
    return instance.model_copy(update={"conventional": entries})


def _downtime(instance: Instance, factor: float) -> Instance:
    parts = tuple(
        part.model_copy(update={"downtime_cost_per_hour": part.downtime_cost_per_hour * factor})
        for part in instance.parts
    )
    return instance.model_copy(update={"parts": parts})


KNOBS: Mapping[str, Knob] = {
    "machine_price": _machine_price,
    "operators": _operators,
    "print_hours": _print_hours,
    "demand": _demand,
    "transport": _transport,
    "conventional_price": _conventional_price,
    "downtime": _downtime,
}
"""What a map can turn, each by a factor: the price of machines, the cost of operators, the hours of
printing, demand, the cost of transport, the price of conventional supply, the cost of downtime."""


def turned(instance: Instance, knob: str, factor: float) -> Instance:
    """Return an instance with one knob turned by a factor.

    Raises
    ------
    UsageError
        When there is no such knob, or the factor is negative.
    """
    if knob not in KNOBS:
        raise UsageError(f"there is no knob {knob!r}: choose one of {', '.join(KNOBS)}")
    if not 0 <= factor < float("inf"):
        raise UsageError(f"the factor of {knob} must be 0 or more, not {factor}")
    return KNOBS[knob](instance, factor)


def map_forms(
    instance: Instance,
    *,
    x: tuple[str, Sequence[float]],
    y: tuple[str, Sequence[float]],
    executor: Executor | None = None,
    options: Options | None = None,
) -> list[dict[str, Any]]:
    """Return which form of plan wins at each point of a grid.

    Parameters
    ----------
    instance
        The instance at factors of one.
    x, y
        A knob of :data:`KNOBS` and the factors by which it is turned.
    executor
        Anything that maps: processes here, or machines elsewhere; left out, one after the other.
        Processes must be spawned, not forked.
    options
        Limits of each solve.

    Returns
    -------
    list of dict
        A row a point, x running fastest: the two factors under the knobs' names, the cost of each
        form in money (None where it cannot be), and under ``winner`` the cheapest of central,
        distributed and conventional: ``"in between"`` where the optimum is cheaper than all three.

    Raises
    ------
    UsageError
        When a knob is unknown, or both are the same.
    """
    if x[0] == y[0]:
        raise UsageError(f"a map needs two different knobs, and both are {x[0]!r}")
    points = [(float(a), float(b)) for b in y[1] for a in x[1]]
    turns = [turned(turned(instance, x[0], a), y[0], b) for a, b in points]
    limits = [options or Options()] * len(points)
    rows = executor.map(_costs, turns, limits) if executor else map(_costs, turns, limits)
    return [
        {x[0]: a, y[0]: b, **costs, "winner": _winner(costs)}
        for (a, b), costs in zip(points, rows, strict=True)
    ]


def _costs(instance: Instance, options: Options) -> dict[str, float | None]:
    """Return the cost of each form."""
    try:
        answer = solve(instance, options=options)
    except (InfeasibleError, NoAnswerError):
        return dict.fromkeys(FORMS)
    total = next(row for row in answer.rows["bill"] if row["cost"] == "total")
    return {form: total[form] for form in FORMS}


def _winner(costs: Mapping[str, float | None]) -> str | None:
    pure = {form: cost for form, cost in costs.items() if form != "optimum" and cost is not None}
    best = costs["optimum"]
    if best is None:
        return None
    # Where two forms cost the same, the one with less to run wins.
    order = ("conventional", "central", "distributed")
    found = min((form for form in order if form in pure), key=lambda form: pure[form], default="")
    if found and pure[found] <= best + NEAR * abs(best):
        return found
    return "in between"
