"""What the referee says of savings, switchover quantities and the performance frontier."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.referee import Amount, is_number
from amopt.sourcing.instance.entries import Line
from amopt.sourcing.referee.rows import Row, require_rows
from amopt.sourcing.referee.switchover.at_once import right_rows
from amopt.sourcing.referee.switchover.corners import Points, check_corners, nondominated
from amopt.sourcing.referee.terms import saving, scenario

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.entries import Offer
    from amopt.sourcing.referee.quote_pricing import (
        ConventionalRates,
        Curve,
        QuotePricing,
        Rates,
        Terms,
    )
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["Reach", "check_switchover"]

Reach = dict[str, list[float]]
"""Parts that each offer makes of a line at reduced cost and in reduced time; none if excluded.

By line, the offers of its part in the order of the file.
"""

NEAR = 1e-8
"""Relative difference within which an offer is neither below nor above conventional supply."""

ENDLESS = 2**40
"""An order that stands for those without end."""


def check_switchover(terms: OrderTerms, notebook: Notebook, table: Sequence[Row]) -> Reach:
    """Recompute the comparison of every offer with conventional supply.

    A quantity at reduced cost, or in reduced time, is stated; it is right when all whole orders up
    to it are below conventional supply, and the next is not.

    Returns
    -------
    reach : dict
        How far each offer of each line can be used at reduced cost and in reduced time; as far as
        it goes where there is nothing to compare with. Empty where rows are missing.
    """
    expected = list(_comparisons(terms))
    keys = [
        (line.line, offer.supplier, offer.part, offer.route, offer.material)
        for line, offer in expected
    ]
    stated = [
        (row["line"], row["supplier"], row["part"], row["route"], row["material"]) for row in table
    ]
    require_rows(notebook, "switchover", stated, keys)
    if stated != keys:
        return {}
    why = [terms.exclusion(offer, line) for line, offer in expected]
    right, checks = right_rows(terms, table, expected, why, near=NEAR, tolerance=notebook.tolerance)
    notebook.checks += checks
    reach: Reach = {}
    groups: dict[str, int] = {}
    points: list[tuple[int, int, float, float]] = []
    own = zip(table, expected, why, right.tolist(), strict=True)
    for number, (row, (line, offer), excluded, is_right) in enumerate(own):
        known = is_right or _check_row(terms, notebook, row, line, offer, excluded=excluded)
        by_cost, by_time = (math.inf if row[end] is None else row[end] for end in _QUANTITIES)
        most = min(by_cost, by_time) if known else offer.largest
        reach.setdefault(line.line, []).append(0.0 if excluded else most)
        if known and not row["excluded"]:
            group = groups.setdefault(line.line or f" {line.part}", len(groups))
            points.append((number, group, by_cost, by_time))
    _check_frontiers(notebook, table, points)
    return reach


def _check_frontiers(
    notebook: Notebook, table: Sequence[Row], points: Sequence[tuple[int, int, float, float]]
) -> None:
    """Recompute who is on the frontier of each group, and what lies below that of the source."""
    number, group, by_cost, by_time = zip(*points, strict=True) if points else ((), (), (), ())
    compared = Points(
        np.array(number, dtype=np.int64),
        np.array(group, dtype=np.int64),
        np.array(by_cost, dtype=float),
        np.array(by_time, dtype=float),
    )
    check_corners(notebook, table, compared)
    best = nondominated(compared)
    for place, row in enumerate(table):
        given = row["on_frontier"]
        if given is (place in best):
            notebook.checks += 1
        else:
            notebook.same(partial(_where, row, ", on_frontier"), given, place in best)


def _comparisons(terms: OrderTerms) -> Iterator[tuple[Line, Offer]]:
    """Yield each line with each offer of its part; then parts without a line, of one piece."""
    for line in terms.lines.values():
        for offer in terms.offers_of_part.get(line.part, ()):
            yield line, offer
    asked = {line.part for line in terms.lines.values()}
    for part in sorted(terms.offers_of_part.keys() - asked):
        for offer in terms.offers_of_part[part]:
            yield Line(line=part, part=part, quantity=1).model_copy(update={"line": ""}), offer


def _where(row: Row, rest: str = "") -> str:
    """Return which row it is, in words, and what of it."""
    return f"switchover of {row['part']!r} at {row['supplier']!r}{rest}"


def _check_row(
    terms: OrderTerms, notebook: Notebook, row: Row, line: Line, offer: Offer, *, excluded: str
) -> bool:
    """Recompute a row; return whether there is anything to compare the offer with."""
    where, q = partial(_where, row), line.quantity
    pricing, rates = terms.pricing_of(offer), terms.offer_rates(offer, line)
    conventional, usual = terms.conventional_rates(line), terms.of_conventional(line, q)
    words = {
        "line": line.line,
        "part": line.part,
        "supplier": offer.supplier,
        "route": offer.route,
        "material": offer.material,
        "quantity": float(q),
        "excluded": excluded,
        "on_frontier": row["on_frontier"],  # looked at once all rows are known
        "source_frontier": row["source_frontier"],
        "below_source_frontier": row["below_source_frontier"],
    }
    if usual is None or conventional is None:
        notebook.compare(where, row, {**_NOTHING, **words})
        return False
    own, rate = rates.of(pricing, q), terms.downtime_per_week.get(line.line, 0.0)
    hours = line.hours_per_week or terms.instance.hours_per_week
    even = _break_even(own, usual, hours)
    notebook.compare(where, row, {**words, **_savings(own, usual, rate, row), **even})
    differences = _differences(pricing, rates, conventional)
    for key, difference in zip(_QUANTITIES, differences, strict=True):
        _check_reduced(notebook, partial(_where, row, f": {key}"), row[key], difference)
    return True


_QUANTITIES = ("reduced_cost_quantity", "reduced_time_quantity")
_NOTHING = {
    **dict.fromkeys(("cost_saving", "weeks_saved", "total_saving", *_QUANTITIES)),
    **dict.fromkeys(("scenario", "scenario_with_downtime", "break_even_says"), ""),
    "break_even_cost_per_hour": None,
}
"""What is stated where there is nothing to compare with."""


def _break_even(own: Terms, usual: Terms, hours: float) -> dict[str, Any]:
    """Return the right break-even rate, and on which side of it the offer is worth it."""
    cost, weeks = saving(usual.cost, own.cost), saving(usual.weeks, own.weeks)
    says = {True: "up to" if weeks < 0 else "always", False: "from" if weeks > 0 else "never"}
    said = says[cost > 0]
    rate: Amount | None = None
    if said == "always" and weeks > 0:
        rate = Amount(0.0)
    elif said in ("from", "up to"):
        spread = (usual.cost + abs(own.cost) + own.cost_terms) / abs(weeks * hours)
        size = 1 + (usual.weeks + abs(own.weeks) + own.weeks_terms) / abs(weeks)
        rate = Amount(-cost / (weeks * hours), spread * size)
    return {"break_even_cost_per_hour": rate, "break_even_says": said}


def _savings(own: Terms, usual: Terms, rate: float, row: Row) -> dict[str, Any]:
    """Return the right savings and scenarios, and the quantities as they are stated."""
    cost, weeks = saving(usual.cost, own.cost), saving(usual.weeks, own.weeks)
    money = usual.cost + abs(own.cost) + own.cost_terms
    time = usual.weeks + abs(own.weeks) + own.weeks_terms
    total, size = cost + rate * weeks, money + rate * time
    plain = scenario(cost, weeks)
    better = "I" if weeks >= 0 and total > 0 else plain
    if abs(total) <= NEAR * size and row["scenario_with_downtime"] in (plain, "I"):
        better = row["scenario_with_downtime"] if weeks >= 0 else plain
    return {
        "cost_saving": Amount(cost, money),
        "weeks_saved": Amount(weeks, time),
        "total_saving": Amount(total, size),
        "scenario": plain,
        "scenario_with_downtime": better,
        "reduced_cost_quantity": row["reduced_cost_quantity"],  # looked at after that
        "reduced_time_quantity": row["reduced_time_quantity"],
    }


@dataclass(slots=True)
class _Difference:
    """The cost or the weeks of an offer beside those of conventional supply.

    Attributes
    ----------
    quoted, terms
        What the quotes ask for a quantity, and the absolute values that it is the sum of.
    fixed, rate
        What comes to that once, and a part.
    usual_fixed, usual_rate
        What conventional supply asks once, and a part.
    least, last
        The least and the largest whole order; None where orders have no end.
    pricing, measure
        The offer's quotes, and where their ends have the cost (1) or the weeks (2).
    jumps
        Whether what is quoted jumps between ends, where its supplier is closed: it then goes up
        where it rose, so that ends decide all the same.
    """

    quoted: Curve
    terms: Curve
    fixed: float
    rate: float
    usual_fixed: float
    usual_rate: float
    least: int
    last: int | None
    pricing: QuotePricing
    measure: int
    jumps: bool = False

    def is_above(self, q: float) -> bool:
        """Return whether the offer is above, by more than rounding of what is added up."""
        mine, other = self._both(q)
        return mine > other and (mine - other) / self._size(q, mine, other) > NEAR

    def is_not_below(self, q: float) -> bool:
        """Return whether the offer is not below by more than rounding of what is added up."""
        mine, other = self._both(q)
        return mine >= other or (mine - other) / self._size(q, mine, other) >= -NEAR

    def _both(self, q: float) -> tuple[float, float]:
        quoted = self.quoted(q)
        return quoted + self.fixed + self.rate * q, self.usual_fixed + self.usual_rate * q

    def _size(self, q: float, mine: float, other: float) -> float:
        return max(abs(mine), other, self.terms(q))

    def first_not_below(self, last: int) -> int | None:
        """Return an order of at most ``last`` parts that is not below; None if all are below.

        Between ends of pieces the two differ by a straight line, so that these decide. A power
        beside a line is convex, so that its ends decide too, or concave, so that its summit does.
        """
        for q in (self.least, last, *self._summits(last)):
            if self.is_above(q):
                return q
        step, room, least = self.rate - self.usual_rate, self.usual_fixed, self.least
        ends, fixed = self.pricing.ends, self.fixed
        for q, quoted in zip(ends[0], ends[self.measure], strict=True):
            if q >= last:  # they rise
                break
            # Only where the offer seems to be above is it worth to look at rounding.
            seems = self.jumps or quoted + fixed + step * q > room
            if seems and q > least and self.is_above(q):
                return q
        return None

    def _summits(self, last: int) -> tuple[int, ...]:
        return (self._summit(self.least, last),) if self.pricing.curved else ()

    def _summit(self, low: int, high: int) -> int:
        """Return the order at which a concave difference is largest."""
        rate = self.rate - self.usual_rate

        def above(q: int) -> float:
            return self.quoted(q) + rate * q

        while high - low > 2:
            third = (high - low) // 3
            left, right = low + third, high - third
            low, high = (left, high) if above(left) < above(right) else (low, right)
        return max(range(low, high + 1), key=above)


def _differences(
    pricing: QuotePricing, rates: Rates, conventional: ConventionalRates
) -> tuple[_Difference, _Difference]:
    """Return cost and weeks of an offer beside conventional supply of a line."""
    least, last = pricing.least, pricing.last
    # With duty on what is quoted, all beside it is measured in what is quoted.
    beside = rates.fee, rates.cost, conventional.fixed, conventional.rate
    fee, cost, fixed, rate = (amount / (1 + rates.duty) for amount in beside)
    money = pricing.total, pricing.total_terms, fee, cost, fixed, rate
    own: tuple[Curve, Curve, float, float]
    if rates.closed:
        own = partial(rates.made, pricing), pricing.lead_time_terms, rates.moved, 0.0
    else:
        own = pricing.lead_time, pricing.lead_time_terms, rates.weeks, rates.before_per_part
    time = *own, conventional.weeks, 0.0
    return (
        _Difference(*money, least, last, pricing, 1),
        _Difference(*time, least, last, pricing, 2, bool(rates.closed)),
    )


def _check_reduced(
    notebook: Notebook, where: Callable[[], str], stated: Any, difference: _Difference
) -> None:
    """Check that all whole orders up to a quantity are below conventional supply, the next not.

    None says that all are, without end; zero that the least order is not.
    """
    least, last = difference.least, difference.last
    if stated is None:
        if notebook.require(last is None, lambda: f"{where()} is missing; the offer has an end"):
            above = difference.first_not_below(max(least, ENDLESS))
            notebook.require(
                above is None, lambda: f"{where()} is missing; {above} parts are not below"
            )
        return
    fits = is_number(stated) and stated >= 0 and float(stated).is_integer()
    if not notebook.require(fits, lambda: f"{where()} is {stated!r}, not a number of parts"):
        return
    reached = int(stated)
    if reached:
        within = least <= reached <= (reached if last is None else last)
        if not notebook.require(
            within, lambda: f"{where()} is {reached}, and no such order is taken"
        ):
            return
        above = difference.first_not_below(reached)
        notebook.require(
            above is None, lambda: f"{where()} is {reached}, and {above} parts are not below"
        )
    after = max(reached + 1, least)
    if last is None or after <= last:
        ends = difference.is_not_below(after)
        notebook.require(ends, lambda: f"{where()} is {reached}, and {after} parts are below, too")
