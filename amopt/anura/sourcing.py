"""A model -> the data of a sourcing instance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from amopt.anura.model.demand import demands_of, orders_of
from amopt.anura.model.network import Reading, network_of, number
from amopt.anura.model.products import bought_at, dimensions, weights
from amopt.anura.model.remarks import Sort
from amopt.anura.model.tables import Row

__all__ = ["sourcing_of"]

GROUP = "AM"
"""The group of suppliers that print, in the table of groups."""

BEHAVIOURS = {"All Item": "all_units", "Incremental": "incremental"}


def sourcing_of(reading: Reading, am: tuple[str, ...]) -> dict[str, Any]:
    """Return the data, without what every instance says of itself.

    Parameters
    ----------
    reading
        The model.
    am
        Suppliers that print; left out, those of the group ``AM``.
    """
    lines = _lines(reading)
    wanted = {line["part"] for line in lines}
    kg = weights(reading)
    parts = [
        {"name": name, "weight_kg": kg[name], **dimensions(row, reading)}
        for row in reading.model.rows("Products")
        if (name := row.text("ProductName")) in wanted
    ]
    offers, conventional = _supply(reading, am, wanted, lines)
    capacities = []
    for row in reading.model.rows("Suppliers"):
        if row.has("SupplierCapacity"):
            size = reading.units.size(row, "SupplierCapacityUOM", "Quantity") or 1.0
            pieces = row.amount("SupplierCapacity") * size
            capacities.append({"supplier": row.text("SupplierName"), "parts": pieces})
    price = reading.setting("CO2Cost")
    weight = price.amount("CO2Cost") / reading.co2 if price is not None else 0.0
    data: dict[str, Any] = {
        "network": network_of(reading),
        "parts": parts,
        "lines": lines,
        "conventional": conventional,
        "offers": offers,
        "capacities": capacities,
        "minimise": {"cost": 1.0, **({"kg_co2": weight} if weight else {})},
    }
    return {key: value for key, value in data.items() if value not in ([], {})}


def _lines(reading: Reading) -> list[dict[str, Any]]:
    """Return the order lines: dated orders, or else one line for each demand."""
    orders = list(orders_of(reading))
    if orders:
        return [_line(order) for _, order in orders]
    lines = []
    for (place, part), rates in demands_of(reading).items():
        pieces = sum(rate * y for rate, y in zip(rates, reading.horizon.years, strict=True))
        quantity = round(pieces, 9)
        line = {"line": f"{place}: {part}", "part": part, "place": place, "quantity": quantity}
        if quantity:
            lines.append(line if quantity == int(quantity) else {**line, "divisible": True})
    if lines:
        reason = "no orders: each demand of the whole horizon is a line"
        reading.model.remarks.add(Sort.ASSUMED, "CustomerDemand", "", reason)
    return lines


def _line(order: dict[str, Any]) -> dict[str, Any]:
    line = {"line": order["name"], "part": order["part"], "place": order["place"]}
    line["quantity"] = order["quantity"]
    if order["window"] is not None:
        line["need_by_weeks"] = order["window"]
    if order["quantity"] != int(order["quantity"]):
        line["divisible"] = True
    return line


def _supply(
    reading: Reading, am: tuple[str, ...], wanted: set[str], lines: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return offers and conventional supply: one of those a part, the others are offers too."""
    printers = am or tuple(reading.naming.members(GROUP))
    asked = [entry for entry in bought_at(reading) if entry[2] in wanted]
    others = Counter(product for _, supplier, product, _ in asked if supplier not in printers)
    needing: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        needing[line["part"]].append(line["quantity"])
    offers, conventional = [], []
    for row, supplier, product, price in asked:
        steps = _steps(reading, row)
        most, least = _most(reading, row, product), _least(reading, supplier, product)
        few = most is not None and most < sum(needing[product])
        if supplier not in printers and others[product] == 1 and not steps:
            if few:
                row.refuse("SupplyCapacity", "conventional supply has no capacity in sourcing")
            if least > min(needing[product]):
                _refuse_least(reading, supplier, product)
            conventional.append(
                {
                    "part": product,
                    "place": supplier,
                    "cost_per_part": price,
                    "lead_time_weeks": 0.0,
                    **_emitted(reading, row, product),
                }
            )
            continue
        if supplier not in printers:
            reason = "conventional supply, taken as an offer: one a part is not an offer"
            row.remark(Sort.ASSUMED, "SupplierName", reason)
        if not steps:
            number(row, "UnitCost")
            steps = {"between": "all_units", "quotes": [_quote(1.0, price)]}
        offer = {"supplier": supplier, "part": product, **steps, **_emitted(reading, row, product)}
        if most is not None and len(needing[product]) == 1:
            offer["largest_quantity"] = most
        elif few:
            row.refuse("SupplyCapacity", "several lines need the part")
        if least:
            offer["smallest_quantity"] = least
        offers.append(offer)
    return offers, conventional


def _quote(quantity: float, price: float) -> dict[str, float]:
    return {"quantity": quantity, "cost_per_part": price, "lead_time_weeks": 0.0}


def _emitted(reading: Reading, row: Row, product: str) -> dict[str, float]:
    if not row.has("CO2EmissionRate"):
        return {}
    size = reading.units.size(row, "CO2EmissionRateUOM", "Quantity", product=product) or 1.0
    return {"kg_co2_per_part": row.amount("CO2EmissionRate") * reading.co2 / size}


def _steps(reading: Reading, row: Row) -> dict[str, Any]:
    """Return the quotes of step costs that a price names; none where it is a number."""
    said = row.text("UnitCost")
    rows = [
        one for one in reading.model.rows("StepCosts") if said and one.text("StepCostName") == said
    ]
    if not rows:
        return {}
    behaviours = {one.text("StepCostBehavior", "All Item") for one in rows}
    known = behaviours.pop() if len(behaviours) == 1 else ""
    if known not in BEHAVIOURS:
        rows[0].refuse("StepCostBehavior", "All Item or Incremental alone is taken for a price")
    quotes: dict[float, dict[str, float]] = {}
    for one in rows:
        size = reading.units.size(one, "ThroughputLevelUOM", "Quantity") or 1.0
        level = max(one.amount("ThroughputLevel") * size, 1.0)
        quote = _quote(level, one.amount("Cost"))
        if quotes.setdefault(level, quote) != quote:
            message = f"two prices from {level:g} pieces on"
            one.wrong("ThroughputLevel", message, "duplicate-key")
    between = BEHAVIOURS.get(known, "all_units")
    return {"between": between, "quotes": [quotes[level] for level in sorted(quotes)]}


def _least(reading: Reading, supplier: str, product: str) -> float:
    """Return the smallest order of a part at a supplier."""
    least = 0.0
    for row in _ordered(reading, supplier, product):
        size = reading.units.size(row, "MinimumOrderQuantityUOM", "Quantity", product=product)
        least = max(least, row.amount("MinimumOrderQuantity") * (size or 1.0))
    return least


def _refuse_least(reading: Reading, supplier: str, product: str) -> None:
    for row in _ordered(reading, supplier, product):
        row.refuse("MinimumOrderQuantity", "conventional supply has no least order in sourcing")


def _ordered(reading: Reading, supplier: str, product: str) -> Iterator[Row]:
    """Yield the policies that state a smallest order of a part at a supplier."""
    for row in reading.model.rows("ProcurementPolicies"):
        if row.has("MinimumOrderQuantity"):
            sources = reading.naming.of(row, "SourceName", "facilities", "suppliers")
            products = reading.naming.of(row, "ProductName", "products", blank=True)
            if supplier in sources and product in products:
                yield row


def _most(reading: Reading, row: Row, product: str) -> float | None:
    """Return the pieces that a supplier has; None where it does not say."""
    if not row.has("SupplyCapacity"):
        return None
    size = reading.units.size(row, "SupplyCapacityUOM", "Quantity", product=product) or 1.0
    return row.amount("SupplyCapacity") * size
