"""The table of quotes on record: where prices come from, and how old they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.quote_log.moment import moment_text

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import OfferTerms
    from amopt.sourcing.instance.fields import Instance

__all__ = ["quote_tables"]


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


def _row(instance: Instance, offer: OfferTerms, ordered: float) -> dict[str, Any]:
    quoted, age = offer.quoted, None
    if quoted is not None and instance.quotes is not None:
        age = (instance.quotes.as_of - quoted.fetched_at) / timedelta(days=1)
    return {
        "part": offer.part,
        "supplier": offer.supplier,
        "source": None if quoted is None else quoted.source,
        "fetched_at": None if quoted is None else moment_text(quoted.fetched_at),
        "age_days": age,
        "ordered": ordered,
        "why": "",
        "reference": None if quoted is None else quoted.reference,
        "route": offer.route,
        "material": offer.material,
        "request": None if quoted is None else quoted.request,
    }
