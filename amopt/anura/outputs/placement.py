"""An answer of placement as rows of the schema's output tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from amopt.anura.outputs.flows import Row, add, bought, demand, flow, flow_type, legs, position

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance as Placement
    from amopt.solution import Solution

__all__ = ["of_placement"]

Need = tuple[str, str, str]
"""A place, a part that it needs, and a period."""


def of_placement(instance: Placement, solution: Solution) -> Iterator[tuple[str, Row]]:
    """Yield the rows of each output table, with its name."""
    years = {period.name: period.years for period in instance.horizon}
    yield from _sites(instance, solution, years)
    yield from _fleet(instance, solution, years)
    yield from _supply(instance, solution, years)
    bill = {row["cost"]: row["optimum"] or 0.0 for row in solution.rows["bill"]}
    fixed = sum(bill[kind] for kind in ("sites", "machines", "operators", "moving"))
    yield (
        "OptimizationNetworkSummary",
        {
            "TotalSupplyChainCost": bill["total"],
            "TotalFixedStartupCost": bill["opening"],
            "TotalFixedOperatingCost": fixed,
            "TotalTransportationCost": bill["transport"],
            "TotalProductionCost": bill["printing"],
            "TotalSupplyCost": bill["conventional"],
            "TotalServedDemandQuantity": sum(_needed(instance, years).values()),
            "QuantityUOM": "EA",
            "TotalCO2Emissions": sum(
                row["kg_co2"] * years[row["period"]] for row in solution.rows["supply"]
            ),
        },
    )


def _needed(instance: Placement, years: Mapping[str, float]) -> dict[Need, float]:
    """Return the parts that each place needs in each period."""
    return {
        (demand.place, demand.part, period.name): instance.rate(demand, t) * years[period.name]
        for demand in instance.demand
        for t, period in enumerate(instance.horizon)
    }


def _sites(
    instance: Placement, solution: Solution, years: Mapping[str, float]
) -> Iterator[tuple[str, Row]]:
    """Yield a row for each site and period: what is open, and what that costs."""
    known = {site.place: site for site in instance.sites}
    before = {name: site.already_open for name, site in known.items()}
    printed: dict[tuple[str, str], float] = defaultdict(float)
    needed = _needed(instance, years)
    for row in solution.rows["supply"]:
        if row["machine"]:
            key = row["place"], row["part"], row["period"]
            printed[row["source"], row["period"]] += row["share"] * needed[key]
    for row in solution.rows["sites"]:
        site = known[row["place"]]
        opened = row["open"] and not before[row["place"]]
        before[row["place"]] = row["open"]
        running = site.yearly_cost * years[row["period"]] if row["open"] else 0.0
        starting = site.opening_cost if opened else 0.0
        yield (
            "OptimizationFacilitySummary",
            {
                "PeriodName": row["period"],
                "FacilityName": row["place"],
                "InitialState": "Existing" if site.already_open else "Potential",
                "InitialStatus": {"candidate": "Consider"}.get(site.state, site.state.capitalize()),
                "OptimizedStatus": "Open" if row["open"] else "Closed",
                "OperatingCost": running,
                "StartupCost": starting,
                "TotalFacilityCost": running + starting,
                "TotalProductionQuantity": printed[row["place"], row["period"]],
                "QuantityUOM": "EA",
                **position(instance.supply_network, row["place"]),
            },
        )


def _fleet(
    instance: Placement, solution: Solution, years: Mapping[str, float]
) -> Iterator[tuple[str, Row]]:
    """Yield a row for each machine that stands somewhere, the hours shared alike."""
    known = {machine.name: machine for machine in instance.machines}
    for row in solution.rows["fleet"]:
        machine, length = known[row["machine"]], years[row["period"]]
        factor = _price_factor(instance, solution, row)
        for k in range(1, row["count"] + 1):
            upkeep = machine.yearly_cost * length
            written_off = factor * machine.price / machine.life_years * length
            yield (
                "OptimizationWorkCenterSummary",
                {
                    "PeriodName": row["period"],
                    "WorkCenterName": f"{row['machine']} #{k}",
                    "FacilityName": row["place"],
                    "OptimizedStatus": "Open",
                    "OperatingCost": upkeep,
                    "StartupCost": written_off,
                    "ThroughputTime": row["hours"] * length / row["count"],
                    "ThroughputTimeUOM": "HR",
                    "ThroughputCapacity": machine.hours_per_year * length,
                    "ThroughputCapacityUOM": "HR",
                    "ThroughputUtilization": 100.0 * row["utilisation"],
                },
            )


def _price_factor(instance: Placement, solution: Solution, row: Mapping[str, Any]) -> float:
    """Return what share of the price the machines of a row were bought at, in the mean.

    Those of before are paid. Where machines do not change, all are of the period.
    """
    factors = {period.name: period.machine_price_factor for period in instance.horizon}
    held = [
        (one["machines"], factors.get(one["bought"], 0.0))
        for one in solution.rows.get("holdings", ())
        if (one["machine"], one["period"]) == (row["machine"], row["period"])
        and one["place"] in ("", None, row["place"])
    ]
    if "holdings" not in solution.rows:
        return factors[row["period"]]
    number = sum(many for many, _ in held)
    return sum(many * factor for many, factor in held) / number if number else 0.0


def _supply(
    instance: Placement, solution: Solution, years: Mapping[str, float]
) -> Iterator[tuple[str, Row]]:
    """Yield demand, flows, what is printed, and what is bought."""
    network, needed = instance.supply_network, _needed(instance, years)
    yield from _flows(instance, solution, needed)
    for (place, part, period), quantity in needed.items():
        yield "OptimizationDemandSummary", demand(network, place, part, period, quantity)
    yield from _printed(instance, solution, needed)
    yield from bought(_bought(instance, solution, needed))


def _flows(
    instance: Placement, solution: Solution, needed: Mapping[Need, float]
) -> Iterator[tuple[str, Row]]:
    """Yield a row for each leg of the way of each supply."""
    network = instance.supply_network
    kg = {part.name: part.kg for part in instance.parts}
    start = {(one.supplier, one.part): one.from_ or one.supplier for one in instance.conventional}
    sites = {site.place for site in instance.sites}
    suppliers = {*start.values()} - sites
    customers = {one.place for one in instance.demand} - sites
    for row in solution.rows["supply"]:
        place, part, period, source = (row[key] for key in ("place", "part", "period", "source"))
        quantity = row["share"] * needed[place, part, period]
        first = source if row["machine"] else start.get((source, part), source)
        for leg in legs(network, first, place, row["route"], kg[part]):
            yield (
                "OptimizationFlowSummary",
                {
                    "DepartingPeriodName": period,
                    "ArrivingPeriodName": period,
                    "FlowType": flow_type(leg, suppliers, customers),
                    "ProductName": part,
                    "FlowWeight": kg[part] * quantity,
                    "FlowWeightUOM": "KG",
                    **flow(network, leg, quantity),
                },
            )


def _printed(
    instance: Placement, solution: Solution, needed: Mapping[Need, float]
) -> Iterator[tuple[str, Row]]:
    """Yield a row for each site, part and period: what is printed there, and what that costs."""
    option = {(part.name, one.machine): one for part in instance.parts for one in part.print}
    machines = {machine.name: machine for machine in instance.machines}
    sites = {site.place: site for site in instance.sites}
    speed = {period.name: period.print_speed_factor for period in instance.horizon}
    made: dict[tuple[str, str, str], Row] = {}
    for row in solution.rows["supply"]:
        if not row["machine"]:
            continue
        part, period = row["part"], row["period"]
        used, machine = option[part, row["machine"]], machines[row["machine"]]
        quantity = row["share"] * needed[row["place"], part, period]
        where, hours = sites[row["source"]], used.hours / speed[period]
        sold = {contract.machine: contract.cost_per_hour for contract in where.contracts}
        per_hour = machine.cost_per_hour + sold.get(machine.name, 0.0)
        add(
            made.setdefault((row["source"], part, period), {}),
            ProductionQuantity=quantity,
            ProductionTime=hours * quantity,
            ProductionCost=(used.material_cost + hours * per_hour + where.fee_per_part) * quantity,
            CO2Emissions=hours * machine.kg_co2_per_hour * quantity,
        )
    for (site, part, period), sums in made.items():
        yield (
            "OptimizationProductionSummary",
            {
                "StartingPeriodName": period,
                "CompletionPeriodName": period,
                "FacilityName": site,
                "ProductName": part,
                "ProductionQuantityUOM": "EA",
                "ProductionTimeUOM": "HR",
                **sums,
                **position(instance.supply_network, site),
            },
        )


def _bought(
    instance: Placement, solution: Solution, needed: Mapping[Need, float]
) -> dict[tuple[str, str, str], Row]:
    """Return what is bought of each supplier, part and period, and what that costs."""
    priced = {(one.supplier, one.part): one for one in instance.conventional}
    paid: dict[tuple[str, str, str], Row] = {}
    for row in solution.rows["supply"]:
        part, period, supplier = row["part"], row["period"], row["source"]
        entry = None if row["machine"] else priced.get((supplier, part))
        if entry is not None:
            quantity = row["share"] * needed[row["place"], part, period]
            add(
                paid.setdefault((supplier, part, period), {}),
                SuppliedQuantity=quantity,
                SupplyCost=entry.cost_per_part * quantity,
                CO2Emissions=entry.kg_co2_per_part * quantity,
            )
    return paid
