"""What a map can scale: one parameter of an instance, multiplied by a factor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance, Machine

__all__ = ["PARAMETERS", "axis", "scaled"]

Sensitivity = Callable[["Instance", float], "Instance"]


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


PARAMETERS: Mapping[str, Sensitivity] = {
    "machine_price": _machine_price,
    "operators": _operators,
    "print_hours": _print_hours,
    "demand": _demand,
    "transport": _transport,
    "conventional_price": _conventional_price,
    "downtime": _downtime,
}
"""What a map can scale, each by a factor: the price of machines, the cost of operators, the hours
of printing, demand, the cost of transport, the price of conventional supply and of downtime."""


def scaled(instance: Instance, parameter: str, factor: float) -> Instance:
    """Return an instance with one parameter scaled by a factor.

    Raises
    ------
    UsageError
        When there is no such parameter, or the factor is negative.
    """
    _require(parameter, factor)
    return PARAMETERS[parameter](instance, factor)


def axis(text: str) -> tuple[str, list[float]]:
    """Return the parameter and the factors of a text such as ``machine_price=0.1,1,10``.

    Raises
    ------
    UsageError
        When the text does not name a parameter and its factors so.
    """
    parameter, equals, factors = text.partition("=")
    try:
        numbers = [float(factor) for factor in factors.split(",")]
    except ValueError:
        numbers = []
    if not equals or not numbers:
        raise UsageError(
            f"{text!r} does not say what to scale by which factors: write it as "
            "machine_price=0.1,1,10"
        )
    for number in numbers:
        _require(parameter.strip(), number)
    return parameter.strip(), numbers


def _require(parameter: str, factor: float) -> None:
    if parameter not in PARAMETERS:
        raise UsageError(
            f"there is no parameter {parameter!r}: choose one of {', '.join(PARAMETERS)}"
        )
    if not 0 <= factor < float("inf"):
        raise UsageError(f"the factor of {parameter} must be 0 or more, not {factor}")
    if parameter == "demand" and factor == 0:
        raise UsageError("the factor of demand must be above 0: without demand no form can win")
