"""Products and what they cost in stock, bought and as components."""

from __future__ import annotations

from typing import Any

from amopt.anura.model.network import Reading, number
from amopt.anura.model.remarks import Sort
from amopt.anura.model.sameness import same
from amopt.anura.model.tables import Row

__all__ = ["bought_at", "components", "dimensions", "held_at", "weights", "worth"]


def weights(reading: Reading) -> dict[str, float]:
    """Return the kg of a piece of each product; a blank one is 0 and remarked on."""
    found = {}
    for row in reading.model.rows("Products"):
        name = row.text("ProductName")
        size = reading.units.size(row, "UnitWeightUOM", "Weight")
        if row.has("UnitWeight"):
            found[name] = row.amount("UnitWeight") * (size or 0.0)
        else:
            row.remark(Sort.ASSUMED, "UnitWeight", "0 kg, where the schema says 1")
            found[name] = 0.0
    return found


def worth(reading: Reading) -> dict[str, float]:
    """Return the value of a piece of each product, where it is stated."""
    found = {}
    for row in reading.model.rows("Products"):
        name = row.text("ProductName")
        if row.has("UnitValue"):
            size = reading.units.size(row, "UnitValueUOM", "Quantity", product=name)
            found[name] = row.amount("UnitValue") / (size or 1.0)
    for row in reading.model.rows("InventoryPolicies"):
        if row.has("UnitValue"):
            for name in reading.naming.of(row, "ProductName", "products", blank=True):
                size = reading.units.size(row, "UnitValueUOM", "Quantity", product=name)
                value = row.amount("UnitValue") / (size or 1.0)
                if not same(found.setdefault(name, value), value):
                    row.refuse("UnitValue", "a part is worth the same everywhere in amopt")
    return found


def held_at(reading: Reading) -> dict[str, float]:
    """Return what holding a product costs a year, as a share of its value."""
    setting = reading.setting("InventoryCarryingCostPercentage")
    general = setting.amount("InventoryCarryingCostPercentage") / 100.0 if setting else 0.0
    found = dict.fromkeys(reading.products, general)
    stated: dict[str, float] = {}
    for row in reading.model.rows("InventoryPolicies"):
        reading.naming.of(row, "FacilityName", "facilities", "customers", blank=True)
        if row.has("CarryingCostPercentage") and row.flag("StockingSite", default=True):
            share = row.amount("CarryingCostPercentage") / 100.0
            for name in reading.naming.of(row, "ProductName", "products", blank=True):
                if not same(stated.setdefault(name, share), share):
                    row.refuse("CarryingCostPercentage", "stock costs the same share everywhere")
    return found | stated


def bought_at(reading: Reading) -> list[tuple[Row, str, str, float]]:
    """Return what suppliers ask a piece: the row, supplier, product, price."""
    found: list[tuple[Row, str, str, float]] = []
    seen: set[tuple[str, str]] = set()
    for row in reading.model.rows("SupplierCapabilities"):
        suppliers = reading.naming.of(row, "SupplierName", "suppliers")
        for product in reading.naming.of(row, "ProductName", "products"):
            size = reading.units.size(row, "UnitCostUOM", "Quantity", product=product) or 1.0
            price = 0.0 if _named(reading, row) else number(row, "UnitCost") / size
            for supplier in suppliers:
                if (supplier, product) in seen:
                    message = f"{supplier!r} supplies {product!r} in another row, too"
                    row.wrong("SupplierName", message, "duplicate-key")
                seen.add((supplier, product))
                found.append((row, supplier, product, price))
    return found


def _named(reading: Reading, row: Row) -> bool:
    """Return whether a price is the name of step costs."""
    said = row.text("UnitCost")
    return any(said and one.text("StepCostName") == said for one in reading.model.rows("StepCosts"))


def components(reading: Reading) -> dict[str, float]:
    """Return what the components of a bill of materials cost, by its name."""
    prices: dict[str, float] = {}
    stepped = set()
    for supplied, _, product, price in bought_at(reading):
        if _named(reading, supplied):
            stepped.add(product)
            continue
        prices[product] = min(price, prices.get(product, price))
    found: dict[str, float] = {}
    for row in reading.model.rows("BillsOfMaterials"):
        name, product = row.text("BOMName"), row.text("ProductName")
        role = row.choice("ProductType", ("End Product", "Byproduct", "Component"), "Component")
        if role == "Byproduct":
            row.refuse("ProductType", "by-products are not taken")
        if role != "Component":
            continue
        size = reading.units.size(row, "QuantityUOM", "Quantity", product=product) or 1.0
        if product not in prices:
            said = f"nobody supplies the component {product!r}"
            if product in stepped:
                said = f"the component {product!r} has step costs, which are not taken here"
            row.refuse("ProductName", said)
        cost = row.amount("Quantity", 1.0) * size * prices.get(product, 0.0)
        found[name] = found.get(name, 0.0) + cost
    return found


def dimensions(row: Row, reading: Reading) -> dict[str, Any]:
    """Return length, width and height in mm, where all three and their unit are stated."""
    keys = {"UnitLength": "length_mm", "UnitWidth": "width_mm", "UnitHeight": "height_mm"}
    stated = {key: row.amount(column) for column, key in keys.items() if row.has(column)}
    if not stated:
        return {}
    if not row.has("DimensionUOM"):
        row.refuse(
            "DimensionUOM", "a blank unit is the primary distance, which no part is sized by"
        )
        return {}
    size = reading.units.size(row, "DimensionUOM", "Distance") or 0.0
    return {key: value * size * 1e6 for key, value in stated.items() if value}
