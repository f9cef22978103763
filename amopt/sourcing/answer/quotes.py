"""The table of quotes on record: where prices come from, and how old they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.quote_log.moment import moment_text

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import OfferTerms
    from amopt.sourcing.instance.fields import Instance

__all__ = ["quote_age", "quote_tables"]


def quote_tables(
    instance: Instance, orders: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the table ``quotes`` of an instance with quotes on record, else nothing.

    Offers that were quoted come first, then those that were left out for lack of a quote.
    """
    offers = [offer for offer in instance.offers if offer.quoted is not None]
    if not offers and not instance.unquoted:
        return {}
    ordered: dict[tuple[Any, ...], float] = {}
    for row in orders:
        if not row["committed"]:
            key = row["supplier"], row["part"], row["route"], row["material"]
            ordered[key] = ordered.get(key, 0.0) + float(row["quantity"])
    rows = [_row(instance, offer, ordered.get(offer.key, 0.0)) for offer in offers]
    rows += [{**_row(instance, entry, 0.0), "why": entry.why} for entry in instance.unquoted]
    return {"quotes": rows}


def quote_age(instance: Instance, offer: OfferTerms) -> float | None:
    """Return the age of an offer's quotes in days; None where they are not on record."""
    if offer.quoted is None or instance.quotes is None:
        return None
    return (instance.quotes.as_of - offer.quoted.fetched_at) / timedelta(days=1)


def _row(instance: Instance, offer: OfferTerms, ordered: float) -> dict[str, Any]:
    quoted = offer.quoted
    return {
        "part": offer.part,
        "supplier": offer.supplier,
        "source": None if quoted is None else quoted.source,
        "fetched_at": None if quoted is None else moment_text(quoted.fetched_at),
        "age_days": quote_age(instance, offer),
        "ordered": ordered,
        "why": "",
        "reference": None if quoted is None else quoted.reference,
        "route": offer.route,
        "material": offer.material,
        "request": None if quoted is None else quoted.request,
    }
