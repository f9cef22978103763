"""Places, lanes and modes of a model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amopt.anura.model.horizon import Horizon
from amopt.anura.model.naming import Naming
from amopt.anura.model.remarks import Sort
from amopt.anura.model.sameness import same
from amopt.anura.model.tables import Model, Row
from amopt.anura.model.units import HOURS_A_WEEK, Units

__all__ = ["Reading", "network_of", "number"]

_EARTH_KM = 6371.0088
_SPEED = 55.0
_DETOUR = 17.0
_KM_A_MILE = 1.609344
ROAD = "road"


@dataclass
class Reading:
    """A model that is being read.

    Attributes
    ----------
    model, units, naming, horizon
        Its tables, units, names and periods.
    co2
        Kg of CO2 that a unit of it in the model is.
    positions
        Latitude and longitude of the places that have them.
    km_per_day, detour
        How far one gets in a day, and how much longer a way is than the great circle.
    """

    model: Model
    units: Units
    naming: Naming
    horizon: Horizon
    co2: float = 1.0
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    km_per_day: float = 0.0
    detour: float = 1.0

    @property
    def products(self) -> tuple[str, ...]:
        """The names of all products."""
        return self.naming.all_of("products")

    def setting(self, column: str) -> Row | None:
        """Return the row of settings where a column of it is not blank."""
        rows = self.model.rows("ModelSettings")
        return rows[0] if rows and rows[0].has(column) else None

    def setting_or(
        self, column: str, default: float, said: str, *, positive: bool = False
    ) -> float:
        """Return a setting of 0 or more, or above 0; a blank one is remarked on."""
        row = self.setting(column)
        if row is not None:
            return row.positive(column, default) if positive else row.amount(column)
        self.model.remarks.add(Sort.ASSUMED, "ModelSettings", column, said)
        return default


def network_of(reading: Reading) -> dict[str, Any]:
    """Return places, lanes and modes as an instance file holds them."""
    places = _places(reading)
    reading.km_per_day, reading.detour = _pace(reading)
    allowed = _allowed(reading)
    lanes = list(_lanes(reading, allowed))
    network: dict[str, Any] = {"places": places, "lanes": lanes}
    if not reading.model.rows("TransportationPolicies") and not allowed:
        mode = {"name": ROAD, "km_per_day": reading.km_per_day, "detour_factor": reading.detour}
        network = {"places": places, "modes": [mode]}
        reason = "no policy of transport or sourcing: every way is open, by distance"
        reading.model.remarks.add(Sort.ASSUMED, "TransportationPolicies", "", reason)
    return network


def _pace(reading: Reading) -> tuple[float, float]:
    """Return km a day and the length of a way over the great circle."""
    circuity = reading.setting_or("CircuityFactor", _DETOUR, "17 %: what the schema says")
    speed = reading.setting_or("AverageSpeed", _SPEED, "55: what the schema says", positive=True)
    row = reading.setting("PrimarySpeedUOM")
    unit = row.choice("PrimarySpeedUOM", ("MPH", "KPH"), "MPH") if row is not None else "MPH"
    return speed * (_KM_A_MILE if unit == "MPH" else 1.0) * 24.0, 1.0 + circuity / 100.0


def _places(reading: Reading) -> list[dict[str, Any]]:
    """Return the places; those of one name in two tables are one."""
    found: dict[str, dict[str, Any]] = {}
    roles = (
        ("Facilities", "FacilityName", "site"),
        ("Customers", "CustomerName", "customer"),
        ("Suppliers", "SupplierName", "supplier"),
    )
    for table, column, role in roles:
        for row in reading.model.rows(table):
            name = row.text(column)
            if not name:
                row.wrong(column, "the cell is blank", "missing-key")
                continue
            place: dict[str, Any] = {"name": name, "role": role}
            latitude, longitude = row.number_or("Latitude"), row.number_or("Longitude")
            if latitude is not None and longitude is not None:
                place |= {"latitude": latitude, "longitude": longitude}
                here = latitude, longitude
                if reading.positions.setdefault(name, here) != here:
                    message = f"{name!r} lies elsewhere in another table"
                    row.wrong("Latitude", message, "invalid-value")
            found[name] = {**place, **found.get(name, {})}
    return list(found.values())


def _lanes(reading: Reading, allowed: dict[str, set[str]]) -> Iterator[dict[str, Any]]:
    """Yield the lanes that the policies of transport and of sourcing let be."""
    closed = {
        row.text("FacilityName")
        for row in reading.model.rows("Facilities")
        if row.choice("FacilityStatus", ("Open", "Closed", "Consider"), "Open") == "Closed"
    }
    rows = reading.model.rows("TransportationPolicies")
    stated: dict[tuple[str, str, str], tuple[dict[str, Any], set[str], Row]] = {}
    for row in rows:
        said = row.choice(
            "OptimizationPolicy",
            ("To Optimize", "By Ratio (Auto Scale)", "By Ratio (No Scale)", "Single Mode"),
            "To Optimize",
        )
        if said != "To Optimize":
            row.refuse("OptimizationPolicy", f"modes are chosen for the optimum, not {said}")
        reading.naming.no_aggregate(row, "ProductName")
        products = set(reading.naming.of(row, "ProductName", "products", blank=True))
        for origin in reading.naming.of(row, "OriginName", "facilities", "suppliers"):
            for end in reading.naming.of(row, "DestinationName", "facilities", "customers"):
                if origin == end or {origin, end} & closed:
                    continue
                if allowed and end in allowed and origin not in allowed[end]:
                    row.remark(Sort.LEFT_OUT, "OriginName", "no sourcing policy lets it supply")
                    continue
                for mode in _modes(reading, row):
                    lane = _lane(reading, row, origin, end, mode)
                    key = origin, end, mode or ROAD
                    before, others, _ = stated.setdefault(key, (lane, set(), row))
                    if not same(before, lane):
                        reason = "a lane costs the same for every product in amopt"
                        row.refuse("ProductName", reason)
                    others.update(products)
    for (origin, end, mode), (lane, products, row) in stated.items():
        if products < set(reading.products):
            row.remark(Sort.LEFT_OUT, "ProductName", "a lane is open to every product in amopt")
        yield {"from": origin, "to": end, "mode": mode, **lane}
    if not rows:
        yield from _by_distance(reading, allowed, closed)


def _by_distance(
    reading: Reading,
    allowed: dict[str, set[str]],
    closed: set[str],
) -> Iterator[dict[str, Any]]:
    """Yield lanes that cost nothing where sourcing policies alone say who supplies whom."""
    for end, origins in allowed.items():
        for origin in sorted(origins - closed - {end}) if end not in closed else ():
            km = _distance(reading, origin, end, reading.detour)
            weeks = (km or 0.0) / reading.km_per_day / 7.0
            reason = "no policy of transport: a lane costs nothing, and takes its distance"
            reading.model.remarks.add(Sort.ASSUMED, "TransportationPolicies", "", reason)
            yield {"from": origin, "to": end, "mode": ROAD, "weeks": weeks}


def _allowed(reading: Reading) -> dict[str, set[str]]:
    """Return who may supply each place, where the model has sourcing policies for its kind."""
    found: dict[str, set[str]] = {}
    for table, column, kind in (
        ("CustomerFulfillmentPolicies", "CustomerName", "customers"),
        ("ReplenishmentPolicies", "FacilityName", "facilities"),
        ("ProcurementPolicies", "FacilityName", "facilities"),
    ):
        rows = reading.model.rows(table)
        if rows and kind == "customers":
            found |= {name: set() for name in reading.naming.all_of(kind)}
        for row in rows:
            _no_ratio(row)
            products = set(reading.naming.of(row, "ProductName", "products", blank=True))
            if products < set(reading.products):
                row.remark(Sort.LEFT_OUT, "ProductName", "a lane is open to every product in amopt")
            for name in reading.naming.of(row, column, kind):
                sources = found.setdefault(name, set())
                for source in reading.naming.of(row, "SourceName", "facilities", "suppliers"):
                    if _is_in_range(reading, row, source, name):
                        sources.add(source)
    return found


def _is_in_range(reading: Reading, row: Row, source: str, name: str) -> bool:
    """Return whether a place lies within the range of a sourcing policy, as the crow flies."""
    size = reading.units.size(row, "MaxSourcingRangeUOM", "Distance") or 1.0
    if not row.has("MaxSourcingRange"):
        return True
    km = _distance(reading, source, name, 1.0)
    if km is None:
        row.refuse("MaxSourcingRange", "one of the places has no coordinates")
    return km is None or km <= row.amount("MaxSourcingRange") * size


def _no_ratio(row: Row) -> None:
    """Refuse a sourcing policy that shares out by fixed shares."""
    policies = ("To Optimize", "By Ratio (Auto Scale)", "By Ratio (No Scale)", "Single Source")
    said = row.choice("OptimizationPolicy", policies, "To Optimize")
    if said != "To Optimize":
        row.refuse("OptimizationPolicy", f"sources are chosen for the optimum, not {said}")


def _distance(reading: Reading, origin: str, end: str, detour: float) -> float | None:
    """Return the way in km, by the great circle; None where a place has no coordinates."""
    here, there = reading.positions.get(origin), reading.positions.get(end)
    if here is None or there is None:
        return None
    a, b = math.radians(here[0]), math.radians(there[0])
    turn = math.radians(there[1] - here[1])
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half))) * detour


def _modes(reading: Reading, row: Row) -> list[str]:
    """Return the modes of a policy of transport: one, those of a group, or an empty text."""
    said = row.text("ModeName")
    members = reading.naming.members(said)
    return [said] if said in reading.naming.all_of("modes") or not members else members


def _lane(reading: Reading, row: Row, origin: str, end: str, mode_name: str) -> dict[str, Any]:
    """Return what a lane costs, how long it takes and what it emits."""
    units = reading.units
    size = units.size(row, "TransportDistanceUOM", "Distance") or 1.0
    km = _distance(reading, origin, end, reading.detour)
    if row.has("TransportDistance"):
        km = row.amount("TransportDistance") * size
    hour_size = units.size(row, "TransportTimeUOM", "Time") or 1.0
    if row.has("TransportTime"):
        hours = row.amount("TransportTime") * hour_size
    elif km is not None:
        hours = km / reading.km_per_day * 24.0
    else:
        row.remark(Sort.ASSUMED, "TransportTime", "0: neither time nor coordinates are given")
        hours = 0.0
    lane: dict[str, Any] = {"weeks": hours / HOURS_A_WEEK}
    shipment = _shipment(reading, row)
    mode = _mode_row(reading, mode_name)
    for column, names, factor in (
        ("UnitCost", ("cost_per_part", "cost_per_kg"), 1.0),
        ("CO2EmissionRate", ("kg_co2_per_part", "kg_co2_per_kg"), reading.co2),
    ):
        cell = row if row.has(column) or mode is None else mode
        value = number(cell, column) * factor
        if value:
            way = _Way(km, hours, shipment, names)
            name, amount = _of_lane(reading, cell, f"{column}UOM", value, way)
            if name:
                lane[name] = lane.get(name, 0.0) + amount
    fixed = number(row, "FixedCost")
    if fixed:
        rule = row.choice("FixedCostRule", ("Prorate", "Treat As Full"), "Prorate")
        if rule != "Prorate":
            row.refuse("FixedCostRule", "shipments are not counted whole")
    added = fixed / shipment + _duty(reading, row)
    if added:
        lane["cost_per_part"] = lane.get("cost_per_part", 0.0) + added
    return lane


def number(row: Row, column: str) -> float:
    """Return a cost or rate; a name of step costs is refused."""
    said = row.text(column)
    try:
        float(said or 0)
    except ValueError:
        row.refuse(column, f"{said!r} is no number: step costs and expressions are not taken here")
        return 0.0
    return row.amount(column)


def _mode_row(reading: Reading, name: str) -> Row | None:
    """Return what the model says of the mode of a lane."""
    modes = reading.model.rows("TransportationModes")
    return next((one for one in modes if name and one.text("ModeName") == name), None)


def _shipment(reading: Reading, row: Row) -> float:
    """Return the pieces of an average shipment."""
    if not row.has("AverageShipmentSize"):
        return 1.0
    size = reading.units.size(row, "AverageShipmentSizeUOM", "Quantity")
    return row.positive("AverageShipmentSize", 1.0) * (size or 1.0)


def _duty(reading: Reading, row: Row) -> float:
    """Return the duty a piece; refused where several products share the lane."""
    rate = row.amount("DutyRate") / 100.0
    if not rate:
        return 0.0
    if len(reading.products) != 1:
        row.refuse("DutyRate", "duty differs by product, and lanes do not: split the model")
        return 0.0
    product = reading.model.rows("Products")[0]
    stated = row.has("ProductValueForDutyCost")
    cell, column = (row, "ProductValueForDutyCost") if stated else (product, "UnitValue")
    size = reading.units.size(cell, f"{column}UOM", "Quantity", product=reading.products[0])
    return rate * cell.amount(column) / (size or 1.0)


@dataclass(frozen=True, slots=True)
class _Way:
    """What rates by distance, time or shipment go by, and the fields they become."""

    km: float | None
    hours: float
    shipment: float
    fields: tuple[str, str]


def _of_lane(reading: Reading, row: Row, column: str, value: float, way: _Way) -> tuple[str, float]:
    """Return the field of a lane that a rate becomes, and its amount."""
    symbol = reading.units.symbol(row, column)
    kind = reading.units.kind(row, column, symbol)
    sizes = reading.units.sizes(symbol)
    first, _, then = kind.partition("-")
    measures = {"Distance": way.km, "Time": way.hours}
    if "Distance" in kind and way.km is None:
        row.wrong(column, "neither distance nor coordinates are given", "missing-key")
        return "", 0.0
    for measure, size in zip((first, then), sizes, strict=False):
        if (amount := measures.get(measure)) is not None:
            value *= amount / size
    if kind in ("Distance", "Time"):
        return way.fields[0], value / way.shipment
    if first in ("Quantity", "Weight") and then in ("", *measures):
        return way.fields[first == "Weight"], value / sizes[0]
    if kind:
        row.refuse(column, f"a rate by {kind} is not taken")
    return "", 0.0
