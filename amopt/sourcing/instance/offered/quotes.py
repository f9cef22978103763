"""What is wrong with the quotes of offers, and with the curves that are fitted to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from amopt.instance.findings import Problem
from amopt.phrases import stated
from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.instance.contents import Contents
    from amopt.sourcing.instance.entries import Offer

__all__ = ["offer_problems"]


def offer_problems(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with the quantities, prices and curves of offers."""
    fitted: dict[int, Offer] = {}
    for index, offer in enumerate(instance.offers):
        if offer.supplier == CONVENTIONAL:
            yield Problem(
                "reserved-supplier",
                ("offers", index, "supplier"),
                f"{CONVENTIONAL!r} is how tables name conventional supply.",
                "Give the supplier another name.",
            )
        quantities = [quote.quantity for quote in offer.quotes]
        repeated = [quantity for quantity, times in Counter(quantities).items() if times > 1]
        if repeated:
            yield Problem(
                "duplicate-entry",
                ("offers", index, "quotes"),
                f"the quantity {repeated[0]:g} is quoted more than once.",
                "Keep one quote for each quantity.",
            )
            continue
        yield from _rising(index, offer)
        if offer.smallest > offer.largest:
            yield Problem(
                "quantity-range",
                ("offers", index),
                f"the smallest quantity, {offer.smallest:g}, is above the largest, "
                f"{offer.largest:g}.",
                "Swap them, or leave one out.",
            )
        elif offer.between in ("power", "line"):
            fitted[index] = offer
        elif offer.between == "all_units":
            yield from _falling(index, offer)
    yield from _fits(fitted)


def _fits(offers: Mapping[int, Offer]) -> Iterator[Problem]:
    """Yield what is wrong with fitted curves; all lines are fitted at once."""
    lines: dict[int, Offer] = {}
    for index, offer in offers.items():
        if len(offer.quotes) < 2:
            yield Problem(
                "too-few-quotes",
                ("offers", index, "quotes"),
                f"between: {offer.between} fits a curve, and there is one quote.",
                "Add a quote at another quantity, or write between: linear.",
            )
        elif offer.between == "line":
            lines[index] = offer
        elif any(quote.cost_per_part <= 0 or quote.lead_time_weeks <= 0 for quote in offer.quotes):
            yield _not_positive(index, "a power cannot be fitted to a price or lead time of zero.")
    if not lines:
        return
    from amopt.sourcing.instance.curves import least_values

    least = least_values(list(lines.values())).tolist()
    for (index, offer), value in zip(lines.items(), least, strict=True):
        if value < 0:
            yield _not_positive(
                index,
                f"the fitted line falls below zero (to {value:g}) between {offer.smallest:g} and "
                f"{offer.largest:g} parts.",
            )


def _not_positive(index: int, message: str) -> Problem:
    advice = "Write between: linear, which passes through the quotes."
    return Problem("curve-not-positive", ("offers", index, "between"), message, advice)


def _rising(index: int, offer: Offer) -> Iterator[Problem]:
    quotes = sorted(offer.quotes, key=lambda quote: quote.quantity)
    for low, high in pairwise(quotes):
        if high.cost_per_part > low.cost_per_part:
            yield Problem(
                "rising-price",
                ("offers", index, "quotes"),
                f"a part costs {stated(high.cost_per_part)} at {stated(high.quantity)} parts, and "
                f"{stated(low.cost_per_part)} at {stated(low.quantity)}.",
            )
            return


def _falling(index: int, offer: Offer) -> Iterator[Problem]:
    quotes = sorted(offer.quotes, key=lambda quote: quote.quantity)
    for low, high in pairwise(quotes):
        if high.quantity * high.cost_per_part < low.quantity * low.cost_per_part:
            yield Problem(
                "falling-total",
                ("offers", index, "quotes"),
                f"{high.quantity:g} parts cost less in all than {low.quantity:g}.",
                "Check the unit prices.",
            )
            return
