"""What the referee says of the tables of lines and totals, and of what stands beside the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount
from amopt.sourcing.referee.rows import Row, compare_rows
from amopt.sourcing.referee.use import Placed, Totals, bills

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.entries import Line
    from amopt.sourcing.referee.orders import Orders
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["check_lines", "check_totals", "objective_of", "totals_of", "whole_conventional"]

Beside = Mapping[str, Totals | None]
"""Another way of filling each line; None where it cannot."""


def whole_conventional(terms: OrderTerms) -> Beside:
    """Return what conventional supply of all lines would come to, by line.

    Lines of a part share an order and the part's tooling as orders do; what is committed is left
    out. An order below the minimum is made up to it.
    """
    apart = terms.instance.orders == "by_line"
    asked: dict[Hashable, float] = defaultdict(float)
    able = [x for x in terms.lines.values() if terms.conventional_rates(x) is not None]
    for line in able:
        asked[line.part, apart and line.line] += line.quantity
    placed = []
    for line in able:
        order = line.part, apart and line.line
        whole = max(asked[order], terms.conventional[line.part].minimum_order)
        placed.append(Placed(line, None, line.quantity * (whole / asked[order]), order))
    found: dict[str, Totals | None] = dict.fromkeys(terms.lines)
    for own, bill in zip(placed, bills(terms, placed, anew=True), strict=True):
        found[own.line.line] = total = Totals()
        total.add("", own.quantity, bill)
    return found


def check_lines(
    terms: OrderTerms,
    notebook: Notebook,
    table: Sequence[Row],
    orders: Orders,
    beside: Mapping[str, Beside],
) -> None:
    """Recompute the table of lines; other ways of filling them stand beside, by name."""
    by_line, before = orders.by_line, orders.before
    expected = []
    for name, line in terms.lines.items():
        total, rate = by_line[name], terms.downtime_per_week[name]
        expected.append(
            {
                "line": name,
                "place": line.place,
                "part": line.part,
                "quantity": float(line.quantity),
                "cost": total.cost,
                "downtime_cost": _times(rate, total.weeks),
                "weeks": total.weeks,
                "delivery_date": orders.days.get(name),
                "kg_co2": total.kg_co2,
                "unmet": unmet(line, total),
                "penalty": _penalty(line, total),
                "parts_before": before[name].quantity,
                "cost_before": before[name].cost,
                **_costs_beside({what: own[name] for what, own in beside.items()}, rate),
            }
        )
    compare_rows(notebook, "lines", table, expected, ("line",))


def unmet(line: Line, total: Totals) -> float:
    """Return the parts that a line asks for and does not get."""
    short = line.quantity - total.quantity
    return short if short > 1e-9 * line.quantity else 0.0


def _penalty(line: Line, total: Totals) -> float:
    return (line.unmet_penalty_per_part or 0.0) * unmet(line, total)


def _costs_beside(totals: Beside, rate: float) -> dict[str, Amount | None]:
    """Return what other ways of filling a line would cost, in the columns of the table."""
    found: dict[str, Amount | None] = {}
    for what, total in totals.items():
        found[f"cost_of_{what}"] = None if total is None else total.cost
        found[f"downtime_cost_of_{what}"] = None if total is None else _times(rate, total.weeks)
    return found


def _times(rate: float, amount: Amount) -> Amount:
    return Amount(rate * amount.value, rate * amount.scale)


def _sum(amounts: Sequence[Amount]) -> Amount:
    return Amount(
        sum(amount.value for amount in amounts),
        sum(max(abs(amount.value), amount.scale) for amount in amounts),
    )


def check_totals(
    terms: OrderTerms,
    notebook: Notebook,
    table: Sequence[Row],
    orders: Orders,
    beside: Mapping[str, Beside],
) -> None:
    """Recompute the table of totals, which has one row."""
    by_line, before = orders.by_line, orders.before
    expected = totals_of(terms, by_line)
    expected["unmet"] = sum((unmet(x, by_line[n]) for n, x in terms.lines.items()), 0.0)
    expected["penalty"] = _penalties(terms, by_line)
    expected["cost_before"] = _sum([total.cost for total in before.values()])
    for what, own in beside.items():
        known = {name: total for name, total in own.items() if total is not None}
        whole = len(known) == len(terms.lines)
        cost = _sum([total.cost for total in known.values()])
        expected[f"cost_of_{what}"] = cost if whole else None
        expected[f"downtime_cost_of_{what}"] = _downtime(terms, known) if whole else None
    notebook.require(len(table) == 1, f"totals: there are {len(table)} rows instead of one")
    for row in table:
        notebook.compare("totals", row, expected)


def totals_of(terms: OrderTerms, by_line: Mapping[str, Totals]) -> dict[str, Any]:
    """Return cost, downtime cost, latest delivery and emissions of all lines."""
    totals = by_line.values()
    return {
        "cost": _sum([total.cost for total in totals]),
        "downtime_cost": _downtime(terms, by_line),
        "weeks": max((total.weeks for total in totals), key=_value, default=Amount(0.0)),
        "kg_co2": sum((total.kg_co2 for total in totals), 0.0),
    }


def _penalties(terms: OrderTerms, by_line: Mapping[str, Totals]) -> float:
    return sum((_penalty(line, by_line[name]) for name, line in terms.lines.items()), 0.0)


def _value(amount: Amount) -> float:
    return amount.value


def _downtime(terms: OrderTerms, by_line: Mapping[str, Totals]) -> Amount:
    rates = terms.downtime_per_week
    return _sum([_times(rates[name], total.weeks) for name, total in by_line.items()])


def objective_of(terms: OrderTerms, by_line: Mapping[str, Totals]) -> Amount:
    """Return the weighted sum that the instance minimises."""
    weights = terms.instance.minimise
    totals = by_line.values()
    return _sum(
        [
            _times(weights.cost, _sum([total.cost for total in totals])),
            _times(weights.downtime, _downtime(terms, by_line)),
            _times(weights.weeks, _sum([total.weeks for total in totals])),
            Amount(weights.kg_co2 * sum(total.kg_co2 for total in totals)),
            Amount(_penalties(terms, by_line)),
        ]
    )
