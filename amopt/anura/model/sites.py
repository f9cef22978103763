"""Facilities with work centres -> sites and types of machine; production -> print options."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from amopt.anura.model.network import Reading, number
from amopt.anura.model.products import components
from amopt.anura.model.remarks import Sort
from amopt.anura.model.sameness import same
from amopt.anura.model.tables import Row

__all__ = ["Sites", "sites_of"]

STATES = {"Open": "open", "Closed": "closed", "Consider": "candidate"}


@dataclass
class Sites:
    """What is made where.

    Attributes
    ----------
    sites, machines
        Entries of an instance file.
    prints
        Print options by product.
    made
        What facilities without work centres make: facility, product, cost a piece, kg of CO2.
    """

    sites: list[dict[str, Any]] = field(default_factory=list)
    machines: list[dict[str, Any]] = field(default_factory=list)
    prints: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    made: list[tuple[str, str, float, float]] = field(default_factory=list)


def sites_of(reading: Reading, life_years: float | None) -> Sites:
    """Return sites, machines and print options.

    Parameters
    ----------
    reading
        The model.
    life_years
        Over how many years a machine is written off; None for the horizon, in which the schema's
        models pay all of it.
    """
    found = Sites()
    kinds = _machines(reading, life_years, found)
    _sites(reading, kinds, found)
    _prints(reading, kinds, found)
    return found


def _kind(name: str) -> str:
    """Return the type of machine that a work centre is: its name before a final `` #k``."""
    return re.sub(r"\s*#\d+$", "", name)


def _machines(
    reading: Reading, life_years: float | None, found: Sites
) -> dict[str, list[tuple[Row, str]]]:
    """Read the types of machine; return the work centres of each facility with their types."""
    by_site: dict[str, list[tuple[Row, str]]] = defaultdict(list)
    known: dict[str, dict[str, Any]] = {}
    for row in reading.model.rows("WorkCenters"):
        if row.choice("WorkCenterStatus", tuple(STATES), "Open") == "Closed":
            row.remark(Sort.LEFT_OUT, "WorkCenterStatus", "a work centre that is closed")
            continue
        kind = _kind(row.text("WorkCenterName"))
        machine: dict[str, Any] = {"name": kind}
        price = number(row, "FixedStartupCost")
        if price:
            machine["price"] = price
            machine["life_years"] = life_years or reading.horizon.total
            if life_years is None:
                reason = "the price is paid within the horizon: --life-years writes it off longer"
                row.remark(Sort.ASSUMED, "FixedStartupCost", reason)
        if upkeep := number(row, "FixedOperatingCost"):
            machine["yearly_cost"] = _yearly(reading, row, "FixedOperatingCost", upkeep)
        if row.has("ThroughputCapacity"):
            size = reading.units.size(row, "ThroughputCapacityUOM", "Time", default="Quantity")
            if size is not None:
                hours = row.amount("ThroughputCapacity") * size
                machine["hours_per_year"] = _yearly(reading, row, "ThroughputCapacity", hours)
        machine |= {"utilisation_limit": 1.0, "queue_allowance_weeks": 0.0}
        if not same(known.setdefault(kind, machine), machine):
            row.refuse("WorkCenterName", f"work centres of the type {kind!r} differ: name it apart")
        for facility in reading.naming.of(row, "FacilityName", "facilities"):
            by_site[facility].append((row, kind))
    if len(known) > 1:
        for row in reading.model.rows("WorkCenters"):
            reason = "amopt limits the machines of a site together, and not those of a type"
            row.refuse("WorkCenterName", reason)
    found.machines = list(known.values())
    return by_site


def _yearly(reading: Reading, row: Row, column: str, amount: float) -> float:
    """Return what holds for a period as what holds for a year."""
    years = reading.horizon.years
    if len(set(years)) > 1:
        row.remark(Sort.ASSUMED, column, "it holds for a period, and they differ: by the first")
    return amount / years[0]


def _sites(reading: Reading, kinds: dict[str, list[tuple[Row, str]]], found: Sites) -> None:
    """Read the facilities that have work centres; of the others say what is lost."""
    for row in reading.model.rows("Facilities"):
        name = row.text("FacilityName")
        state = STATES[row.choice("FacilityStatus", tuple(STATES), "Open")]
        already = row.choice("InitialState", ("Existing", "Potential"), "Existing") == "Existing"
        costs = [number(row, column) for column in ("FixedStartupCost", "FixedOperatingCost")]
        if name not in kinds:
            if any(costs) and state == "candidate":
                reason = "a facility without work centres is not opened or closed in amopt"
                row.refuse("FixedOperatingCost", reason)
            elif any(costs):
                row.remark(Sort.LEFT_OUT, "FixedOperatingCost", "a cost that no decision changes")
            continue
        site: dict[str, Any] = {"place": name, "state": state}
        if already:
            site["already_open"] = True
        if costs[0]:
            site["opening_cost"] = costs[0]
        if costs[1]:
            site["yearly_cost"] = _yearly(reading, row, "FixedOperatingCost", costs[1])
        owned = Counter(kind for one, kind in kinds[name] if _exists(one))
        site["most_machines"] = len(kinds[name])
        if owned:
            site["owned"] = [{"machine": kind, "count": n} for kind, n in owned.items()]
        found.sites.append(site)


def _exists(row: Row) -> bool:
    """Return whether a work centre is there; one that must be bought is refused."""
    existing = row.choice("InitialState", ("Existing", "Potential"), "Existing") == "Existing"
    status = row.choice("WorkCenterStatus", tuple(STATES), "Open")
    if not existing and status == "Open":
        row.refuse("WorkCenterStatus", "a machine may be bought, and need not: Consider")
    return existing


def _prints(reading: Reading, kinds: dict[str, list[tuple[Row, str]]], found: Sites) -> None:
    """Read who can make what: rows of one product and type must agree over sites."""
    bills = components(reading)
    emitted: dict[str, float] = {}
    options: dict[tuple[str, str], dict[str, Any]] = {}
    makers: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in reading.model.rows("ProductionPolicies"):
        if row.text("OptimizationPolicy", "To Optimize") != "To Optimize":
            row.refuse("OptimizationPolicy", "production is chosen for the optimum alone")
        extra = bills.get(row.text("BOMName"), 0.0)
        for product in reading.naming.of(row, "ProductName", "products"):
            size = reading.units.size(row, "UnitCostUOM", "Quantity", product=product) or 1.0
            cost = number(row, "UnitCost") / size + extra
            co2 = _co2(reading, row, product)
            name, hours = _hours(reading, row, product)
            kind = _kind(name)
            facilities = reading.naming.of(row, "FacilityName", "facilities")
            if not kind:
                found.made += [(facility, product, cost, co2) for facility in facilities]
                continue
            for facility in facilities:
                makers[product, kind] += _centres(row, facility, name, kinds)
            option = {"machine": kind, "hours": hours, "material_cost": cost}
            if not same(options.setdefault((product, kind), option), option):
                row.refuse("ProductionRate", "hours and cost of a product differ over sites")
            if hours and not same(emitted.setdefault(kind, co2 / hours), co2 / hours):
                row.refuse("CO2EmissionRate", "an hour of a machine emits the same for all parts")
    _require_all(makers, kinds, found)
    for (product, _), option in options.items():
        found.prints.setdefault(product, []).append(option)
    for machine in found.machines:
        if rate := emitted.get(machine["name"]):
            machine["kg_co2_per_hour"] = rate


def _centres(
    row: Row, facility: str, name: str, kinds: dict[str, list[tuple[Row, str]]]
) -> list[Row]:
    """Return the work centres of a facility that a policy names: one, or all of a type."""
    there = [one for one, kind in kinds.get(facility, ()) if kind == _kind(name)]
    named = [one for one in there if one.text("WorkCenterName") == name]
    found = named or (there if name == _kind(name) else [])
    if not found:
        row.wrong("WorkCenterName", f"{facility!r} has no work centre {name!r}", "unknown-name")
    return found


def _require_all(
    makers: dict[tuple[str, str], list[Row]],
    kinds: dict[str, list[tuple[Row, str]]],
    found: Sites,
) -> None:
    """Refuse work centres that may not make what others of their type do."""
    closed = {site["place"] for site in found.sites if site["state"] == "closed"}
    for (product, kind), able in makers.items():
        numbers = {row.number for row in able}
        for facility, centres in kinds.items():
            for row, own in centres if facility not in closed else ():
                if own == kind and row.number not in numbers:
                    reason = f"it does not make {product!r}, and others of its type do"
                    row.refuse("WorkCenterName", reason)


def _co2(reading: Reading, row: Row, product: str) -> float:
    """Return the emissions of making a piece, in kg."""
    if not row.has("CO2EmissionRate"):
        return 0.0
    size = reading.units.size(row, "CO2EmissionRateUOM", "Quantity", product=product)
    return row.amount("CO2EmissionRate") * reading.co2 / (size or 1.0)


def _hours(reading: Reading, row: Row, product: str) -> tuple[str, float]:
    """Return the work centre of a row and the hours a piece; an empty text for none."""
    name = row.text("ProcessName")
    steps = [
        one for one in reading.model.rows("Processes") if name and one.text("ProcessName") == name
    ]
    if len(steps) > 1:
        steps[1].refuse("StepName", "a process has one step in amopt")
    step = steps[0] if steps else row
    centre = step.text("WorkCenterName") or row.text("WorkCenterName")
    if not centre:
        return "", 0.0
    rate = step.amount("ProcessingRate" if steps else "ProductionRate")
    if not rate:
        step.wrong(
            "ProcessingRate" if steps else "ProductionRate", "no rate is given", "missing-key"
        )
        return centre, 0.0
    units = reading.units
    pieces = units.size(step, "RateQuantityUOM", "Quantity", product=product) or 1.0
    time = units.size(step, "RateTimeUOM", "Time") or 1.0
    hours = time / (rate * pieces)
    if steps:
        lot = step.positive("LotSize", 1.0)
        hours += step.amount("FixedTime") * (units.size(step, "FixedTimeUOM", "Time") or 1.0) / lot
        hours /= step.positive("YieldPercentage", 100.0) / 100.0
        if number(step, "UnitCost") or number(step, "FixedCost"):
            step.refuse("UnitCost", "the cost of a step is not taken: put it in ProductionPolicies")
    return centre, hours
