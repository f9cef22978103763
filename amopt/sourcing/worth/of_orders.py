"""How large orders are at least and at most, and what lines may have beyond what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from amopt.sourcing.formulation.orders import largest_order_says, smallest_order_says
from amopt.sourcing.instance.curves import quotes_of
from amopt.sourcing.instance.entries import CONVENTIONAL, Conventional
from amopt.sourcing.worth.stated import StatedLimit

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance, Line, Offer

__all__ = ["of_order_sizes", "of_surplus"]

ANY_PART = 1e-6
"""The smallest order of parts that are divisible, where any is taken."""


def of_order_sizes(instance: Instance) -> Iterator[StatedLimit]:
    """Yield the smallest and largest orders that the file states and that any plan could meet.

    A smallest order that any order reaches, and a largest beyond what all lines ask for, are none.
    """
    asked = {line.part: 0.0 for line in instance.lines}
    for line in instance.lines:
        asked[line.part] += line.quantity + line.surplus
    divisible = {line.part for line in instance.lines if line.divisible}
    sources: list[Offer | Conventional] = [*instance.offers, *instance.conventional]
    for n, source in enumerate(sources):
        if source.part not in asked:
            continue
        low, high = ANY_PART if source.part in divisible else 1.0, asked[source.part]
        least: float | None
        most: float | None
        if isinstance(source, Conventional):
            least, most = source.minimum_order, None
        else:
            least, most = source.smallest_quantity, source.largest_quantity
            low, high = _positive(source, low, high)
        if least is not None and least > low:
            yield StatedLimit(
                *("smallest_order", ("", n), smallest_order_says(instance, ("", n))),
                *(least, -1.0, "parts"),
                at=_size_at(instance, n, low, least=True),
                used=_ordered(source, min),
                low=low,
                high=high if most is None else most,
                hinted=False,
            )
        if most is not None and most < high:
            yield StatedLimit(
                *("largest_order", ("", n), largest_order_says(instance, ("", n))),
                *(most, 1.0, "parts"),
                at=_size_at(instance, n, high, least=False),
                used=_ordered(source, max),
                low=low if least is None else least,
                high=high,
                hinted=False,
            )


def of_surplus(instance: Instance) -> Iterator[StatedLimit]:
    """Yield what lines may have beyond what they ask for, where that is anything."""
    for n, line in enumerate(instance.lines):
        placed = sum(order.quantity for order in instance.committed if order.line == line.line)
        low = max(0.0, placed - line.quantity)
        if line.surplus > low:
            free = line.surplus + _enough(instance, line)
            yield StatedLimit(
                *("surplus", line.line, f"the surplus of line {line.line!r}, {line.surplus:g}"),
                *(line.surplus, 1.0, "parts"),
                at=_surplus_at(instance, n, free),
                used=_beyond(line),
                low=low,
                high=free,
                hinted=False,
            )


def _positive(offer: Offer, low: float, high: float) -> tuple[float, float]:
    """Return between which quantities a fitted line is not below zero."""
    if offer.between != "line":
        return low, high
    for curve in quotes_of([offer]).curves():
        fixed, rate = float(curve.fixed[0]), float(curve.rate[0])
        if fixed < 0 < rate:
            low = max(low, -fixed / rate)
        if rate < 0:
            high = min(high, -fixed / rate)
    return low, high


def _enough(instance: Instance, line: Line) -> float:
    """Return parts of a line beyond which no further one saves anything.

    Beyond the last quote the price a part is that quote's, so that more are of use only to reach a
    quote, a smallest order, or an amount that is spent at a supplier; from every supplier at most.
    """
    enough = 0.0
    for offer in instance.offers:
        if offer.part != line.part:
            continue
        last = max(offer.smallest, *(quote.quantity for quote in offer.quotes))
        if offer.between in ("power", "line") and offer.largest < float("inf"):
            last = max(last, offer.largest)
        cheapest = min((q.cost_per_part for q in offer.quotes if q.cost_per_part > 0), default=1.0)
        enough += last + _amount(instance, offer.supplier) / cheapest
    return enough + sum(c.minimum_order for c in instance.conventional if c.part == line.part)


def _amount(instance: Instance, supplier: str) -> float:
    """Return the most that is asked to be spent at a supplier, for anything that depends on it."""
    amounts = [0.0]
    for terms in instance.suppliers:
        if terms.supplier == supplier:
            amounts.append(terms.minimum_order_value or 0.0)
            tiers = () if terms.spend_discounts is None else terms.spend_discounts.tiers
            amounts += [tier.from_ for tier in tiers]
    return max(amounts)


def _size_at(
    instance: Instance, index: int, free: float, *, least: bool
) -> Callable[[float | None], Instance]:
    """Return what changes the smallest or largest order of a source, by its number."""

    def at(value: float | None) -> Instance:
        new = free if value is None else value
        offers, usual = list(instance.offers), list(instance.conventional)
        if index < len(offers):
            name = "smallest_quantity" if least else "largest_quantity"
            offers[index] = offers[index].model_copy(update={name: new})
        else:
            number = index - len(offers)
            usual[number] = usual[number].model_copy(update={"minimum_order": new})
        return instance.unchecked_copy(offers=tuple(offers), conventional=tuple(usual))

    return at


def _surplus_at(instance: Instance, index: int, free: float) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        lines = list(instance.lines)
        new = free if value is None else value
        lines[index] = lines[index].model_copy(update={"surplus": new})
        return instance.unchecked_copy(lines=tuple(lines))

    return at


def _ordered(
    source: Offer | Conventional, of: Callable[[Any], float]
) -> Callable[[Solution], float | None]:
    """Return what tells the smallest, or largest, new order at a source; None without any."""

    def used(solution: Solution) -> float | None:
        key: tuple[str, ...] = CONVENTIONAL, source.part
        if not isinstance(source, Conventional):
            key = source.key
        columns = ("supplier", "part", "route", "material")[: len(key)]
        own = [
            row["quantity"]
            for row in solution.rows["purchase_orders"]
            if tuple(row[column] for column in columns) == key
        ]
        return float(of(own)) if own else None

    return used


def _beyond(line: Line) -> Callable[[Solution], float]:
    """Return what tells the parts of a line beyond what it asks for."""

    def used(solution: Solution) -> float:
        own = [row["quantity"] for row in solution.rows["orders"] if row["line"] == line.line]
        return max(0.0, float(sum(own)) - line.quantity)

    return used
