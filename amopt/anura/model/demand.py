"""What is needed where: demand by place, part and period, and dated orders."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from amopt.anura.model.network import Reading
from amopt.anura.model.remarks import Sort
from amopt.anura.model.tables import Row

__all__ = ["Demands", "demands_of", "orders_of", "single_source"]

Demands = dict[tuple[str, str], list[float]]
"""Pieces a year in each period, by place and part."""

TABLES = (
    ("CustomerDemand", "CustomerName", "customers"),
    ("FacilityDemand", "FacilityName", "facilities"),
)


def demands_of(reading: Reading) -> Demands:
    """Return the demand, what is stated several times added up."""
    found: Demands = {}
    for table, column, kind in TABLES:
        for row in reading.model.rows(table):
            status = row.choice("DemandStatus", ("Include", "Exclude", "Consider"), "Include")
            if status == "Exclude":
                row.remark(Sort.LEFT_OUT, "DemandStatus", "demand that the model excludes")
                continue
            if status == "Consider":
                row.refuse("DemandStatus", "demand is always met in amopt")
            if row.has("MinQuantity") or row.has("MaxQuantity"):
                row.refuse("MinQuantity", "demand is a number, not a range")
            reading.naming.no_aggregate(row, "ProductName")
            for product in reading.naming.of(row, "ProductName", "products"):
                _add(reading, row, product, reading.naming.of(row, column, kind), found)
    return found


def _add(reading: Reading, row: Row, product: str, places: list[str], found: Demands) -> None:
    """Add the demand that a row states for a product."""
    size = reading.units.size(row, "QuantityUOM", "Quantity", product=product)
    quantity = row.amount("Quantity") * (size or 0.0)
    members = reading.naming.members(row.text("PeriodName"))
    for period in reading.horizon.period_of(row, members):
        rates = reading.horizon.per_year(quantity, period)
        for place in places:
            before = found.setdefault((place, product), [0.0] * len(rates))
            found[place, product] = [old + new for old, new in zip(before, rates, strict=True)]


def orders_of(reading: Reading) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Yield the dated orders: name, place, part, pieces, days from the first one's to its dates."""
    rows = reading.model.rows("CustomerOrders")
    days = [day for row in rows if (day := row.date("OrderDate")) is not None]
    first = min(days, default=reading.horizon.start)
    for row in rows:
        if not row.has("OrderID"):
            row.wrong("OrderID", "the cell is blank", "missing-key")
        product = _one(reading, row, "ProductName", "products")
        place = _one(reading, row, "CustomerName", "customers")
        if product is None or place is None:
            continue
        size = reading.units.size(row, "QuantityUOM", "Quantity", product=product)
        name, line = row.text("OrderID"), row.text("LineItemID")
        yield (
            row,
            {
                "name": f"{name}/{line}" if line else name,
                "place": place,
                "part": product,
                "quantity": row.amount("Quantity") * (size or 0.0),
                "released": _weeks(first, row.date("OrderDate")) or 0.0,
                "due": _weeks(first, row.date("DueDate")),
                "window": _weeks(row.date("OrderDate") or first, row.date("DueDate")),
                "first": first,
            },
        )


def _one(reading: Reading, row: Row, column: str, what: str) -> str | None:
    """Return what an order names; of several it is refused."""
    names = reading.naming.of(row, column, what)
    if len(names) > 1:
        row.refuse(column, f"an order names one of the {what}, and this one {len(names)}")
    return names[0] if names else None


def _weeks(start: datetime.date | None, end: datetime.date | None) -> float | None:
    return None if start is None or end is None else (end - start).days / 7.0


def single_source(reading: Reading) -> bool:
    """Return whether every place has one source of each part; refused where they differ."""
    rows = reading.model.rows("Customers")
    flags = {row.flag("SingleSource") for row in rows}
    if len(flags) == 2:
        row = next(row for row in rows if row.flag("SingleSource"))
        row.refuse("SingleSource", "one source for all customers or for none")
    return flags == {True}
