"""An answer of sourcing as rows of the schema's output tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from amopt.anura.outputs.flows import Row, add, bought, demand, flow, flow_type, legs

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance as Sourcing

__all__ = ["of_sourcing"]


def of_sourcing(instance: Sourcing, solution: Solution) -> Iterator[tuple[str, Row]]:
    """Yield the rows of each output table, with its name."""
    network, period = instance.supply_network, "Model Horizon"
    kg = {part.name: part.weight_kg for part in instance.parts}
    ships = {entry.part: entry.place for entry in instance.conventional}
    places = {line.place for line in instance.lines if line.place is not None}
    by = "cost" if instance.transport == "cheapest" else "weeks"
    paid: dict[tuple[str, str, str], Row] = {}
    suppliers = {row["supplier"] for row in solution.rows["orders"]}
    suppliers |= {place for place in ships.values() if place is not None}
    for row in solution.rows["orders"]:
        part, quantity = row["part"], float(row["quantity"])
        start = ships.get(part) if row["supplier"] == "conventional" else row["supplier"]
        add(
            paid.setdefault((start or row["supplier"], part, period), {}),
            SuppliedQuantity=quantity,
            SupplyCost=row["cost"] - row["transport"],
            CO2Emissions=row["kg_co2"],
        )
        for leg in legs(network, start or "", row["place"] or "", by, kg[part]):
            yield (
                "OptimizationFlowSummary",
                {
                    "DepartingPeriodName": period,
                    "ArrivingPeriodName": period,
                    "FlowType": flow_type(leg, suppliers, places),
                    "ProductName": part,
                    "FlowWeight": kg[part] * quantity,
                    "FlowWeightUOM": "KG",
                    **flow(network, leg, quantity),
                },
            )
    needed: dict[tuple[str, str], float] = defaultdict(float)
    for line in instance.lines:
        needed[line.place or "", line.part] += line.quantity
    for (place, part), quantity in needed.items():
        yield "OptimizationDemandSummary", demand(network, place, part, period, quantity)
    yield from bought(paid)
    yield (
        "OptimizationNetworkSummary",
        {
            "TotalSupplyChainCost": solution.rows["totals"][0]["cost"],
            "TotalTransportationCost": sum(row["transport"] for row in solution.rows["orders"]),
            "TotalSupplyCost": sum(row["SupplyCost"] for row in paid.values()),
            "TotalServedDemandQuantity": sum(needed.values()),
            "QuantityUOM": "EA",
            "TotalCO2Emissions": solution.rows["totals"][0]["kg_co2"],
        },
    )
