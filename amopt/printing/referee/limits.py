"""The limits of the file as the referee reads them: what a plan does of each, and their prices.

A price says what a unit of a limit is worth. With the prices added to the costs of its parts, a
plan that is the best under the limits is the best without them; so the same Bellman residual that
proves a plan without limits proves one with them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from amopt.printing.instance import REPORTED_DAYS, Limit, PrintingInstance
from amopt.printing.referee.evaluation import SELDOM, Evaluation
from amopt.printing.referee.plan import Terms
from amopt.referee import Amount, Notebook, is_number

__all__ = ["Counting", "compare_limits", "hold", "priced", "right_hand_side", "used"]

Row = Mapping[str, Any]

NO_PLAN = "a limit has a price without a printer, and there is no such plan"

ADDED = {"limit", "dual"}
"""The columns that a limit of a caller's own has."""


def compare_limits(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Sequence[Row],
    evaluations: tuple[list[Evaluation], list[Evaluation]],
) -> None:
    """Compare the rows of the file's limits, and hold the plans to them."""
    cycles, counting = REPORTED_DAYS / instance.cycle_days, Counting(instance)
    for limit, row in zip(instance.limits, rows, strict=False):
        done = [used(counting, limit, plans) if plans else None for plans in evaluations]
        for amount, sourcing in zip(done, ("with", "without"), strict=True):
            if amount is not None:
                where = f"limit {limit.name!r} {sourcing} a printer"
                most, stake = right_hand_side(limit), _stake(instance, counting, limit)
                notebook.within(where, amount.value, most, stake)
        duals = [row.get("dual"), row.get("single_source_dual")]
        for dual in duals:
            fits = dual is None or (is_number(dual) and float(dual) <= 0)
            notebook.require(fits, f"limit {limit.name!r}: no limit is worth {dual!r}")
        if limit.at_least is not None:
            done = [one and Amount(1.0 - one.value, 1.0) for one in done]
        priced_alike = (duals[0] is None) == (duals[1] is None) or done[1] is None
        notebook.require(priced_alike, f"limit {limit.name!r}: one of two prices is missing")
        notebook.require(done[1] is not None or duals[1] is None, NO_PLAN)
        worth = None if duals[0] is None or not is_number(duals[0]) else -duals[0] * cycles
        expected = {
            "limit": limit.name,
            "says": limit.bound,
            "amount": done[0],
            "most": limit.at_most,
            "least": limit.at_least,
            "unit": limit.unit,
            "one_unit": limit.one_unit,
            "dual": duals[0],
            "yearly_worth": worth,
            "in_words": limit.worth_in_words(_stated(row, "yearly_worth"), instance.currency),
            "single_source_amount": done[1],
            "single_source_dual": duals[1],
        }
        notebook.compare(f"limit {limit.name!r}", row, expected)
    for row in rows[len(instance.limits) :]:
        empty = all(value is None for name, value in row.items() if name not in ADDED)
        number = row.get("dual") is None or is_number(row["dual"])
        notebook.require(empty and number, f"the limit {dict(row)} does not fit")


def _stated(row: Row, column: str) -> float | None:
    """Return a number as a row states it, which is compared by itself."""
    value = row.get(column)
    return float(value) if value is not None and is_number(value) else None


def hold(
    notebook: Notebook,
    instance: PrintingInstance,
    limit: Limit,
    evaluations: Sequence[Evaluation],
    whose: str,
) -> None:
    """Hold plans to a limit."""
    counting = Counting(instance)
    amount = used(counting, limit, evaluations)
    stake = _stake(instance, counting, limit)
    notebook.within(f"limit {limit.name!r} {whose}", amount.value, right_hand_side(limit), stake)


def right_hand_side(limit: Limit) -> float:
    """Return the most of what a limit counts: for availability, of the time that systems wait."""
    return limit.at_most if limit.at_most is not None else 1.0 - (limit.at_least or 0.0)


def used(counting: Counting, limit: Limit, evaluations: Sequence[Evaluation]) -> Amount:
    """Return how much of a limit plans use, in its unit."""
    value = scale = 0.0
    for index, one in enumerate(evaluations):
        counted = counting.of(limit, index)
        happening = {**one.amounts(1.0), "base_stock": float(one.plan.base_stock)}
        value += math.fsum(number * happening[kind] for kind, number in counted.items())
        scale += SELDOM * _failures(one.terms) * sum(counted.values())
    return Amount(value, scale)


def priced(
    counting: Counting,
    limits: Sequence[Limit],
    duals: Mapping[str, float],
    index: int,
    terms: Terms,
) -> Terms:
    """Return the parameters of a part with the prices of limits charged beside its costs.

    ``duals`` are the changes of the cost of a cycle a unit of each limit, none above 0.
    """
    extra = dict.fromkeys(
        ("orders", "prints", "expedites", "stock_days", "down_days", "base_stock"), 0.0
    )
    for limit in limits:
        for kind, number in counting.of(limit, index).items():
            extra[kind] -= duals[limit.name] * number
    return replace(
        terms,
        charged_c_r=extra["orders"],
        charged_c_p=extra["prints"],
        charged_c_e=extra["expedites"],
        charged_h=extra["stock_days"],
        charged_b=extra["down_days"],
        room=terms.room + extra["base_stock"],
    )


def _stake(instance: PrintingInstance, counting: Counting, limit: Limit) -> float:
    """Return what would be used where every failure of a cycle counted once."""
    total = 0.0
    for index in range(len(instance.parts)):
        parameters = instance.parameters
        failures = parameters.systems[index] * parameters.failure[index] * instance.cycle_days
        total += float(failures) * sum(counting.of(limit, index).values())
    return total


def _failures(terms: Terms) -> float:
    return terms.N * terms.p_r * terms.L


def _expedite_cost(instance: PrintingInstance, index: int) -> float | None:
    """Return what flying in a part costs; None where it is not possible."""
    part, surcharge = instance.parts[index], instance.expedite_surcharge
    if part.expedite_cost is not None or surcharge is None:
        return part.expedite_cost
    return part.order_cost + float(instance.transport_cost[index]) + surcharge


class Counting:
    """What one event of each kind of a part adds to a limit.

    Parameters
    ----------
    instance
        The instance.
    """

    def __init__(self, instance: PrintingInstance) -> None:
        self._instance = instance
        counts = {system.name: system.count for system in instance.systems}
        self._systems = {}
        for limit in instance.limits:
            about = {part.system for part in instance.parts if limit.holds(part)}
            self._systems[limit.name] = sum(counts[name] for name in about)

    def of(self, limit: Limit, index: int) -> dict[str, float]:
        """Return it for one part, in the unit of the limit."""
        if not limit.holds(self._instance.parts[index]):
            return {}
        days = self._instance.cycle_days
        often = REPORTED_DAYS / days if limit.per == "year" else 1.0
        return {kind: often * (number or 0.0) for kind, number in self._once(limit, index).items()}

    def _once(self, limit: Limit, index: int) -> Mapping[str, float | None]:
        """Return the same, a cycle."""
        instance, part = self._instance, self._instance.parts[index]
        counted: dict[str, Mapping[str, float | None]] = {
            "stock": {"base_stock": 1.0},
            "storage_cm3": {"base_stock": part.storage_cm3},
            "average_stock": {"stock_days": 1.0 / instance.cycle_days},
            "printer_hours": {"prints": part.print_hours},
            "material_cm3": {"prints": part.print_material_cm3},
            "availability": {"down_days": 1.0 / (instance.cycle_days * self._systems[limit.name])},
            "spending": {
                "orders": part.order_cost + float(instance.transport_cost[index]),
                "prints": part.print_cost,
                "expedites": _expedite_cost(instance, index),
            },
            "kg_co2": {
                "orders": part.kg_co2_per_order,
                "prints": part.kg_co2_per_print,
                "expedites": part.kg_co2_per_expedite,
            },
        }
        return counted.get(limit.measure, {limit.measure: 1.0})
