"""Instances that the printing tests share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from amopt.printing import closed_form
from amopt.printing.instance import Discounted, Part, PrintingInstance, System
from amopt.printing.parameters import Parameters


def one_part(**changes: Any) -> PrintingInstance:
    """Return the worked example of the source (table 3.1), with changes by field name.

    ``print_cost=None`` takes the printer away; ``discount=None`` asks for average cost.
    """
    given: dict[str, Any] = {
        "count": 3,
        "backorder_cost_per_day": 30.0,
        "cycle_days": 14,
        "discount": 0.9995,
        "order_cost": 100.0,
        "print_cost": 50.0,
        "expedite_cost": None,
        "failure_probability_per_day": 0.01,
        "printed_failure_probability_per_day": 0.2,
        "holding_cost_per_day": 1.0,
    } | changes
    discount = given.pop("discount")
    if given["print_cost"] is None:
        given["printed_failure_probability_per_day"] = None
    system = System(
        name="machine",
        count=given.pop("count"),
        backorder_cost_per_day=given.pop("backorder_cost_per_day"),
    )
    return PrintingInstance(
        amopt=1,
        kind="printing",
        name="one part",
        cycle_days=given.pop("cycle_days"),
        criterion="average" if discount is None else Discounted(discount_per_day=discount),
        systems=(system,),
        parts=(Part(name="part", system="machine", **given),),
    )


def parameters_of(**changes: Any) -> Parameters:
    """Return the parameters of :func:`one_part`."""
    return one_part(**changes).parameters


def lowest_cycle_cost(parameters: Parameters) -> Any:
    """Return the cost of a cycle of the best policy, in money, shape (parts,)."""
    return closed_form.cycle_cost(parameters, closed_form.best_policy(parameters))


@st.composite
def small_instances(
    draw: Any, *, largest_fleet: int = 5, longest_cycle: int = 5
) -> PrintingInstance:
    """Draw instances small enough for the full process, on both criteria, with every option."""
    probability = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.001, 0.6))
    order_cost = draw(st.floats(1.0, 300.0))
    expediting = draw(st.booleans())
    return one_part(
        count=draw(st.integers(1, largest_fleet)),
        cycle_days=draw(st.integers(2, longest_cycle)),
        discount=draw(st.sampled_from([None, 0.9, 0.99, 0.9995])),
        order_cost=order_cost,
        print_cost=draw(st.one_of(st.none(), st.just(0.0), st.floats(0.5, 300.0))),
        expedite_cost=order_cost * draw(st.floats(1.01, 4.0)) if expediting else None,
        backorder_cost_per_day=draw(st.one_of(st.just(0.0), st.floats(0.5, 500.0))),
        failure_probability_per_day=draw(probability),
        printed_failure_probability_per_day=draw(probability),
        holding_cost_per_day=draw(st.one_of(st.just(0.0), st.floats(0.01, 5.0))),
    )


def in_units(instance: Any, unit: float) -> Any:
    """Return an instance whose money is counted in other units."""

    def counted(entry: Any, names: tuple[str, ...]) -> Any:
        amounts = {name: getattr(entry, name) for name in names}
        changed = {name: unit * value for name, value in amounts.items() if value is not None}
        return entry.model_copy(update=changed)

    money = ("order_cost", "print_cost", "expedite_cost", "holding_cost_per_day")
    return instance.unchecked_copy(
        parts=tuple(counted(part, money) for part in instance.parts),
        systems=tuple(counted(one, ("backorder_cost_per_day",)) for one in instance.systems),
    )
