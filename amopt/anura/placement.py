"""A model -> the data of a placement instance."""

from __future__ import annotations

from typing import Any

from amopt.anura.model.demand import demands_of, orders_of, single_source
from amopt.anura.model.network import Reading, network_of, number
from amopt.anura.model.products import bought_at, held_at, weights, worth
from amopt.anura.model.remarks import Sort
from amopt.anura.model.sites import Sites, sites_of

__all__ = ["placement_of"]


def placement_of(reading: Reading, life_years: float | None) -> dict[str, Any]:
    """Return the data, without what every instance says of itself."""
    demands = demands_of(reading)
    network = network_of(reading)
    made = sites_of(reading, life_years)
    orders = _orders(reading)
    wanted = {part for _, part in demands} | {order["part"] for order in orders}
    horizon = reading.horizon
    data: dict[str, Any] = {
        "network": network,
        "parts": _parts(reading, made, wanted),
        "machines": made.machines,
        "sites": made.sites,
        "conventional": _conventional(reading, made, wanted),
        "demand": [_demand(key, rates) for key, rates in demands.items()],
        "periods": [
            {"name": name, "years": years}
            for name, years in zip(horizon.names, horizon.years, strict=True)
        ],
        "limits": _limits(reading),
        "minimise": _weights(reading),
        "single_source": single_source(reading),
        "orders": orders,
    }
    return {key: value for key, value in data.items() if value not in ([], {}, False)}


def _demand(key: tuple[str, str], rates: list[float]) -> dict[str, Any]:
    """Return an entry of demand, with a forecast where periods differ."""
    entry: dict[str, Any] = {"place": key[0], "part": key[1], "per_year": rates[0]}
    return entry if len(set(rates)) == 1 else {**entry, "by_period": rates}


def _parts(reading: Reading, made: Sites, wanted: set[str]) -> list[dict[str, Any]]:
    kg, value, held = weights(reading), worth(reading), held_at(reading)
    parts = []
    for row in reading.model.rows("Products"):
        name = row.text("ProductName")
        if name not in wanted:
            row.remark(Sort.LEFT_OUT, "ProductName", "a product that nobody needs")
            continue
        part: dict[str, Any] = {"name": name, "kg": kg[name]}
        if name in made.prints:
            part["print"] = made.prints[name]
        if name in value:
            part["unit_value"] = value[name]
        if held.get(name):
            part["holding_cost_per_year_per_value"] = held[name]
        if row.has("UnitVolume"):
            size = reading.units.size(row, "UnitVolumeUOM", "Volume")
            part["space"] = row.amount("UnitVolume") * (size or 1.0)
        parts.append(part)
    return parts


def _conventional(reading: Reading, made: Sites, wanted: set[str]) -> list[dict[str, Any]]:
    """Return the supply of suppliers, and of facilities that make without work centres."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row, supplier, product, price in bought_at(reading):
        if product in wanted:
            number(row, "UnitCost")
            entry = {
                "supplier": supplier,
                "from": supplier,
                "part": product,
                "cost_per_part": price,
            }
            if row.has("CO2EmissionRate"):
                size = reading.units.size(row, "CO2EmissionRateUOM", "Quantity", product=product)
                rate = row.amount("CO2EmissionRate") * reading.co2
                entry["kg_co2_per_part"] = rate / (size or 1.0)
            for column in ("SupplyCapacity",):
                if row.has(column):
                    row.refuse(column, "conventional supply has no capacity in placement")
            found[product, supplier] = entry
    for row in reading.model.rows("Suppliers"):
        if row.has("SupplierCapacity"):
            row.refuse("SupplierCapacity", "conventional supply has no capacity in placement")
    sites = {site["place"] for site in made.sites}
    for facility, product, cost, co2 in made.made:
        if product not in wanted:
            continue
        reason = "made without a work centre: supply that is not printed"
        reading.model.remarks.add(Sort.ASSUMED, "ProductionPolicies", "WorkCenterName", reason)
        called = f"{facility}, made" if facility in sites else facility
        found[product, called] = {
            "supplier": called, "from": facility, "part": product,
            "cost_per_part": cost, "kg_co2_per_part": co2,
        }  # fmt: skip
    return list(found.values())


def _limits(reading: Reading) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    row = reading.setting("MaxCO2Emissions")
    if row is not None and row.amount("MaxCO2Emissions"):
        limits["kg_co2"] = row.amount("MaxCO2Emissions") * reading.co2
    for count in reading.model.rows("FacilityCountConstraints"):
        plain = (
            count.text("ConstraintType") == "Max"
            and count.text("CountingRule", "Facilities") == "Facilities"
            and count.text("FacilityName", "ALL").casefold() == "all"
            and count.text("PeriodName", "ALL").casefold() in ("all", "model horizon")
        )
        if plain:
            limits["open_sites"] = int(count.amount("ConstraintValue"))
        else:
            count.refuse("ConstraintType", "only a Max of all facilities together is taken")
    storage = []
    for facility in reading.model.rows("Facilities"):
        if facility.has("StorageCapacity"):
            size = reading.units.size(facility, "StorageCapacityUOM", "Volume", default="Quantity")
            if size is not None:
                room = facility.amount("StorageCapacity") * size
                storage.append({"place": facility.text("FacilityName"), "at_most": room})
    return limits | ({"storage": storage} if storage else {})


def _weights(reading: Reading) -> dict[str, float]:
    row = reading.setting("CO2Cost")
    price = row.amount("CO2Cost") / reading.co2 if row is not None else 0.0
    return {"cost": 1.0, "kg_co2": price} if price else {}


def _orders(reading: Reading) -> list[dict[str, Any]]:
    orders = []
    for row, order in orders_of(reading):
        if order["due"] is None:
            row.wrong("DueDate", "placement needs the date on which an order is due", "missing-key")
            continue
        if order["quantity"] != int(order["quantity"]):
            row.refuse("Quantity", "an order is of whole pieces")
        orders.append(
            {
                "order": order["name"],
                "place": order["place"],
                "part": order["part"],
                "quantity": int(order["quantity"]),
                "release_week": order["released"],
                "due_week": order["due"],
            }
        )
    return orders
