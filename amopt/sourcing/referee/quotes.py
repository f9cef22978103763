"""What the referee says of quotes: how well curves fit them, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC
from statistics import correlation
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount
from amopt.sourcing.referee.rows import Row, compare_rows

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.entries import Offer, OfferTerms
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["check_fits", "check_quotes", "has_quotes", "quote_age"]

_DAY = 86400.0

ROUNDING = 1e-12
"""Share of the variance that rounding may explain or leave unexplained."""


def check_fits(terms: OrderTerms, notebook: Notebook, table: Sequence[Row]) -> None:
    """Recompute the table of fits: powers first, then lines, in the order of the file."""
    expected = [
        _row(notebook, offer)
        for kind in ("power", "line")
        for offer in terms.instance.offers
        if offer.between == kind
    ]
    compare_rows(notebook, "fits", table, expected, ("part", "supplier", "route", "material"))


def _row(notebook: Notebook, offer: Offer) -> dict[str, Any]:
    """Return the right row of an offer."""
    quotes = [(q.quantity, q.cost_per_part, q.lead_time_weeks) for q in offer.quotes]
    if offer.between == "power":
        x = [math.log(q) for q, _, _ in quotes]
        cost, weeks = ([math.log(quote[k]) for quote in quotes] for k in (1, 2))
    else:
        x = [q for q, _, _ in quotes]
        cost, weeks = [q * price for q, price, _ in quotes], [time for _, _, time in quotes]
    row: dict[str, Any] = {
        "part": offer.part,
        "supplier": offer.supplier,
        "between": offer.between,
        "route": offer.route,
        "material": offer.material,
    }
    for name, y in (("cost", cost), ("weeks", weeks)):
        r_squared, p_value = _fit(x, y, notebook.tolerance)
        row |= {f"{name}_r_squared": r_squared, f"{name}_p_value": p_value}
    return row


def _fit(x: Sequence[float], y: Sequence[float], tolerance: float) -> tuple[Amount, Any]:
    """Return R-squared, and the p-value of no slope; None for it with two points or fewer.

    With n points, R-squared of values that depend on nothing is distributed as
    Beta(1/2, (n - 2)/2): the p-value is the probability of more. What rounding leaves of the
    variance is no less than :data:`ROUNDING`, which bounds how well a tiny p-value is known.
    """
    from scipy.special import betainc

    freedom = len(x) - 2
    size = math.fsum(value * value for value in y)
    mean = math.fsum(y) / len(y)
    if math.fsum((value - mean) ** 2 for value in y) <= 1e-24 * size:
        return Amount(1.0), Amount(1.0) if freedom > 0 else None
    r_squared = correlation(x, y) ** 2
    if freedom <= 0:
        return Amount(r_squared, 1.0), None

    def p_value(unexplained: float) -> float:
        return float(betainc(freedom / 2, 0.5, min(1.0, max(0.0, unexplained))))

    left = 1.0 - r_squared
    p = p_value(left)
    known = p_value(left + ROUNDING) - p_value(left - ROUNDING)
    return Amount(r_squared, 1.0), Amount(p, known / tolerance)


def has_quotes(instance: Instance) -> bool:
    """Return whether offers of the file have their quotes on record, or lack them."""
    return bool(instance.unquoted) or any(offer.quoted for offer in instance.offers)


def check_quotes(instance: Instance, notebook: Notebook, rows: Mapping[str, Sequence[Row]]) -> None:
    """Recompute the table of quotes from the file and the orders."""
    orders = [row for row in rows["orders"] if row["committed"] is not True]
    expected = []
    for offer in instance.offers:
        if offer.quoted is not None:
            key = (offer.supplier, offer.part, offer.route, offer.material)
            own = (row for row in orders if tuple(row[name] for name in _KEY) == key)
            expected.append(
                _quote_row(instance, offer, sum(float(row["quantity"]) for row in own), "")
            )
    expected += [_quote_row(instance, entry, 0.0, entry.why) for entry in instance.unquoted]
    compare_rows(notebook, "quotes", rows["quotes"], expected, _KEY)


_KEY = ("supplier", "part", "route", "material")


def _quote_row(instance: Instance, offer: OfferTerms, ordered: float, why: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        **{name: getattr(offer, name) for name in _KEY},
        "ordered": float(ordered),
        "why": why,
        **dict.fromkeys(("source", "fetched_at", "age_days", "reference", "request")),
    }
    if (quoted := offer.quoted) is not None:
        fetched = quoted.fetched_at.astimezone(UTC)
        shown = fetched.strftime("%Y-%m-%dT%H:%M:%S")
        micro = f".{fetched.microsecond:06d}" if fetched.microsecond else ""
        row["source"], row["request"] = quoted.source, quoted.request
        row["reference"], row["fetched_at"] = quoted.reference, f"{shown}{micro}Z"
        row["age_days"] = quote_age(instance, offer)
    return row


def quote_age(instance: Instance, offer: OfferTerms) -> float | None:
    """Return the days from the fetching of an offer's quotes to the time of the instance."""
    if offer.quoted is None or instance.quotes is None:
        return None
    as_of = instance.quotes.as_of.timestamp()
    return float((as_of - offer.quoted.fetched_at.timestamp()) / _DAY)
