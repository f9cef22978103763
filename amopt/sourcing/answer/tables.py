"""The rows of an answer's tables: orders, lines, savings, capacities, licences and totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.answer.notes import PLACED_BEFORE
from amopt.sourcing.answer.purchases import order_numbers, purchases
from amopt.sourcing.answer.quotes import quote_age, quote_tables
from amopt.sourcing.evaluation import Evaluation, goods_of, whole_conventional
from amopt.sourcing.instance.curves import fits_of
from amopt.sourcing.instance.fields import CONVENTIONAL, Offer
from amopt.sourcing.offers.analysis import SCENARIOS, Analysis, scenarios
from amopt.sourcing.offers.discounts import discounts
from amopt.sourcing.offers.duties import duties
from amopt.sourcing.offers.source_frontier import CORNERS, SAYS, break_even, source_frontier
from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["order_rows", "switchover_rows", "tables"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _number(value: float) -> float | None:
    """Return a number that JSON can hold: nothing for what is not known or has no end."""
    return float(value) if np.isfinite(value) else None


def _amount(value: float, *, divisible: bool) -> float | int:
    return float(value) if divisible else round(float(value))


def tables(
    plan: Evaluation,
    rule: tuple[Evaluation, tuple[str, ...]],
    switchover: list[dict[str, Any]],
    granted: Mapping[tuple[str, str | None], tuple[float, float]],
) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of an answer.

    Parameters
    ----------
    plan
        The plan.
    rule
        The frontier rule's plan, and the lines that it could not fill.
    switchover
        The rows of every offer against conventional supply.
    granted
        Prints that each licence granted before a register was subtracted, and those that the
        register records.
    """
    supply = plan.supply
    usual = whole_conventional(supply)
    orders = order_rows(plan)
    return {
        "orders": orders,
        **purchases(plan, orders),
        "lines": _line_rows(plan, orders, usual, *rule),
        "switchover": switchover,
        "fits": _fit_rows(supply),
        "capacities": _capacity_rows(plan),
        "licences": _licence_rows(supply, orders, granted),
        "totals": [_totals(plan, usual, *rule)],
        **quote_tables(supply.instance, orders),
    }


def order_rows(plan: Evaluation) -> list[dict[str, Any]]:
    """Return the orders of a plan, in the order of the file: new ones, then those committed."""
    supply = plan.supply
    scenario = _scenarios(plan)
    day = supply.instance.order_date
    order_date = None if day is None else day.isoformat()
    number_of = order_numbers(plan)
    goods = goods_of(supply, plan.quantity)
    duty, off = duties(supply, plan.quantity, goods), discounts(supply, goods)
    rows: list[tuple[int, dict[str, Any]]] = []
    for o in np.flatnonzero(plan.quantity > 0).tolist():
        line, source = int(supply.line[o]), supply.sources[supply.source[o]]
        entry = supply.instance.lines[line]
        amount = plan.quantity[o]
        row = {
            "line": entry.line,
            "place": entry.place,
            "supplier": supply.supplier[o],
            "quantity": _amount(amount, divisible=entry.divisible),
            "cost": float(plan.order_cost[o]),
            "weeks": float(plan.order_weeks[o]),
            "scenario": scenario[o],
            "delivery_date": supply.instance.delivery_date(entry, float(plan.order_weeks[o])),
            "order_date": order_date,
            "order": number_of[o],
            "part": entry.part,
            "route": source.route if isinstance(source, Offer) else None,
            "material": source.material if isinstance(source, Offer) else None,
            "kg_co2": float(supply.kg_co2[o] * amount),
            "transport": float(supply.transport_cost[o] * amount),
            "duty": float(duty[o]),
            "royalty": float(supply.royalty[o] * amount),
            "discount": float(off[o]),
            "committed": False,
            "placed_as": None,
            "quote_age_days": (
                quote_age(supply.instance, source) if isinstance(source, Offer) else None
            ),
        }
        rows.append((line, row))
    return [
        row for own in (rows, _committed_rows(supply)) for _, row in sorted(own, key=itemgetter(0))
    ]


def _committed_rows(supply: SupplyOptions) -> list[tuple[int, dict[str, Any]]]:
    """Return what is ordered already, each row with its line."""
    rows = []
    number = {entry.line: index for index, entry in enumerate(supply.instance.lines)}
    for order, cost, weeks, kg_co2, _ in supply.commitments:
        line = number[order.line]
        entry = supply.instance.lines[line]
        row = {
            "line": entry.line,
            "place": entry.place,
            "supplier": order.supplier,
            "quantity": _amount(order.quantity, divisible=entry.divisible),
            "cost": cost,
            "weeks": weeks,
            "scenario": "",
            "delivery_date": supply.instance.agreed_day(order)
            or supply.instance.delivery_date(entry, weeks),
            "order_date": None,
            "order": None,
            "part": entry.part,
            "route": order.route,
            "material": order.material,
            "kg_co2": kg_co2,
            "transport": None,
            "duty": None,
            "royalty": None,
            "discount": None,
            "committed": True,
            "placed_as": order.order or PLACED_BEFORE,
            "quote_age_days": None,
        }
        rows.append((line, row))
    return rows


def _scenarios(plan: Evaluation) -> dict[int, str]:
    """Return the scenario of each AM order against conventional supply of its quantity.

    What is compared is a line's share of the order, and of conventional supply of all its parts.
    """
    supply = plan.supply
    used = np.flatnonzero(plan.quantity > 0)
    usual = supply.conventional_of_line[supply.line[used]]
    found = dict.fromkeys(used.tolist(), "")
    known = (usual >= 0) & ~supply.conventional[used]
    option, other = used[known], usual[known]
    amount = supply.by_pool(plan.quantity)[supply.pool[option]]
    share = plan.quantity[option] / amount
    cost = _saving(supply.total.take(other).at(amount) * share, plan.order_cost[option])
    weeks = _saving(supply.lead_time.take(other).at(amount), plan.order_weeks[option])
    for o, code in zip(option.tolist(), scenarios(cost, weeks).tolist(), strict=True):
        found[o] = SCENARIOS[code]
    return found


def _saving(usual: Floats, own: Floats) -> Floats:
    same = np.isclose(usual, own, rtol=1e-9, atol=0.0)
    return np.where(same, 0.0, usual - own)


class _Before(NamedTuple):
    """What was ordered of a line before."""

    parts: float = 0.0
    cost: float = 0.0


def _before(supply: SupplyOptions) -> dict[str, _Before]:
    """Return what was ordered of each line before, by line."""
    found: dict[str, _Before] = defaultdict(_Before)
    for order, cost, *_ in supply.commitments:
        own = found[order.line]
        found[order.line] = _Before(own.parts + order.quantity, own.cost + cost)
    return found


def _line_rows(
    plan: Evaluation,
    orders: list[dict[str, Any]],
    usual: Evaluation,
    rule: Evaluation,
    unfilled: tuple[str, ...],
) -> list[dict[str, Any]]:
    rows = []
    before = _before(plan.supply)
    days: dict[str, str] = {}
    for order in orders:
        if order["delivery_date"] is not None:
            days[order["line"]] = max(order["delivery_date"], days.get(order["line"], ""))
    for index, entry in enumerate(plan.supply.instance.lines):
        ruled = entry.line not in unfilled
        rows.append(
            {
                "line": entry.line,
                "place": entry.place,
                "quantity": _amount(entry.quantity, divisible=entry.divisible),
                "cost": float(plan.cost[index]),
                "downtime_cost": float(plan.downtime_cost[index]),
                "weeks": float(plan.weeks[index]),
                "cost_of_conventional": _number(usual.cost[index]),
                "cost_of_frontier_rule": float(rule.cost[index]) if ruled else None,
                "delivery_date": days.get(entry.line),
                "parts_before": _amount(before[entry.line].parts, divisible=entry.divisible),
                "cost_before": before[entry.line].cost,
                "part": entry.part,
                "kg_co2": float(plan.kg_co2[index]),
                "unmet": _amount(plan.unmet[index], divisible=entry.divisible),
                "penalty": float(plan.penalty[index]),
                "downtime_cost_of_conventional": _number(usual.downtime_cost[index]),
                "downtime_cost_of_frontier_rule": (
                    float(rule.downtime_cost[index]) if ruled else None
                ),
            }
        )
    return rows


def _totals(
    plan: Evaluation, usual: Evaluation, rule: Evaluation, unfilled: tuple[str, ...]
) -> dict[str, float | None]:
    ruled = not unfilled
    return {
        "cost": float(plan.cost.sum()),
        "downtime_cost": float(plan.downtime_cost.sum()),
        "weeks": float(plan.weeks.max(initial=0.0)),
        "kg_co2": float(plan.kg_co2.sum()),
        "cost_before": plan.supply.committed_cost,
        "unmet": float(plan.unmet.sum()),
        "penalty": float(plan.penalty.sum()),
        "cost_of_conventional": _number(usual.cost.sum()),
        "downtime_cost_of_conventional": _number(usual.downtime_cost.sum()),
        "cost_of_frontier_rule": float(rule.cost.sum()) if ruled else None,
        "downtime_cost_of_frontier_rule": float(rule.downtime_cost.sum()) if ruled else None,
    }


def switchover_rows(
    supply: SupplyOptions, option: Ints, analysis: Analysis
) -> list[dict[str, Any]]:
    """Return one row for each comparison of an offer with conventional supply."""
    lines, offers = supply.instance.lines, supply.instance.offers
    default = supply.instance.hours_per_week
    hours = np.array([x.hours_per_week or default for x in lines], dtype=float)
    line = supply.line[option]
    rate, says = break_even(analysis.cost_saving, analysis.weeks_saved, hours[line])
    corner, below = source_frontier(
        np.where(supply.usable[option], line, -1),
        analysis.reduced_cost_quantity,
        analysis.reduced_time_quantity,
        [supply.supplier[o] for o in option.tolist()],
    )
    numbers = {
        "cost_saving": analysis.cost_saving,
        "weeks_saved": analysis.weeks_saved,
        "reduced_cost_quantity": analysis.reduced_cost_quantity,
        "reduced_time_quantity": analysis.reduced_time_quantity,
        "total_saving": analysis.total_saving,
        "break_even_cost_per_hour": rate,
        "below_source_frontier": below,
    }
    columns: dict[str, Iterator[Any]] = {
        name: map(_number, values.tolist()) for name, values in numbers.items()
    }
    columns["scenario"] = (SCENARIOS[code] for code in analysis.scenario.tolist())
    codes = analysis.scenario_with_downtime.tolist()
    columns["scenario_with_downtime"] = (SCENARIOS[code] for code in codes)
    columns["on_frontier"] = iter(analysis.on_frontier.tolist())
    columns["source_frontier"] = (CORNERS[code] for code in corner.tolist())
    columns["break_even_says"] = (SAYS[code] for code in says.tolist())
    own = [lines[n] for n in line.tolist()]
    columns["part"] = (entry.part for entry in own)
    columns["line"] = (entry.line for entry in own)
    columns["quantity"] = (_amount(x.quantity, divisible=x.divisible) for x in own)
    asked = [offers[source] for source in supply.source[option].tolist()]
    for name in ("supplier", "route", "material"):
        columns[name] = iter([getattr(offer, name) for offer in asked])
    columns["excluded"] = (supply.excluded[o] for o in option.tolist())
    told = zip(*(columns[name] for name in _SWITCHOVER), strict=True)
    return [dict(zip(_SWITCHOVER, values, strict=True)) for values in told]


_SWITCHOVER = (
    *("part", "supplier", "cost_saving", "weeks_saved", "scenario", "scenario_with_downtime"),
    *("reduced_cost_quantity", "reduced_time_quantity", "on_frontier", "total_saving"),
    *("break_even_cost_per_hour", "break_even_says", "source_frontier", "below_source_frontier"),
    *("line", "quantity", "route", "material", "excluded"),
)
"""The columns of the comparisons, in this order."""


def _fit_rows(supply: SupplyOptions) -> list[dict[str, Any]]:
    """Return how well curves fit, an offer a row; a p-value needs three quotes."""
    rows = []
    for kind in ("power", "line"):
        offers = [offer for offer in supply.instance.offers if offer.between == kind]
        if not offers:
            continue
        cost, weeks = fits_of(offers)
        measures = (cost.r_squared, cost.p_value, weeks.r_squared, weeks.p_value)
        for offer, *found in zip(offers, *(m.tolist() for m in measures), strict=True):
            by_cost, p_cost, by_weeks, p_weeks = map(_number, found)
            rows.append(
                {
                    "part": offer.part,
                    "supplier": offer.supplier,
                    "between": kind,
                    "cost_r_squared": by_cost,
                    "cost_p_value": p_cost,
                    "weeks_r_squared": by_weeks,
                    "weeks_p_value": p_weeks,
                    "route": offer.route,
                    "material": offer.material,
                }
            )
    return rows


def _capacity_rows(plan: Evaluation) -> list[dict[str, Any]]:
    supply = plan.supply
    hours, held_hours, parts, held = (defaultdict[str, float](float) for _ in range(4))
    for o in np.flatnonzero(plan.quantity > 0).tolist():
        hours[supply.supplier[o]] += float(supply.hours[o] * plan.quantity[o])
        parts[supply.supplier[o]] += float(plan.quantity[o])
    for order, _, _, _, used in supply.commitments:
        held_hours[order.supplier] += used
        held[order.supplier] += order.quantity
    return [
        {
            "supplier": entry.supplier,
            "machine_hours": hours[entry.supplier] + held_hours[entry.supplier],
            "machine_hours_before": held_hours[entry.supplier],
            "machine_hours_limit": entry.machine_hours,
            "parts": parts[entry.supplier] + held[entry.supplier],
            "parts_before": held[entry.supplier],
            "parts_limit": entry.parts,
        }
        for entry in supply.instance.capacities
    ]


def _licence_rows(
    supply: SupplyOptions,
    orders: list[dict[str, Any]],
    granted: Mapping[tuple[str, str | None], tuple[float, float]],
) -> list[dict[str, Any]]:
    rows = []
    printed: dict[tuple[str, str | None], list[float]] = defaultdict(lambda: [0, 0])
    for row in orders:
        if row["supplier"] != CONVENTIONAL:
            for key in ((row["part"], row["supplier"]), (row["part"], None)):
                printed[key][0] += row["quantity"]
                printed[key][1] += row["quantity"] if row["committed"] else 0
    for licence in supply.instance.licences:
        planned, held = printed[licence.part, licence.supplier]
        key = licence.part, licence.supplier
        allowed, recorded = granted.get(key, (licence.prints, 0.0))
        rows.append(
            {
                "part": licence.part,
                "supplier": licence.supplier or "any",
                "granted": allowed,
                "recorded": recorded,
                "planned": float(planned),
                "placed_before": float(held),
                "left": licence.prints - planned,
            }
        )
    return rows
