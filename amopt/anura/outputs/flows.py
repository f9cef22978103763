"""What the answers of both decisions share: demand, flows over lanes, and what is bought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = ["Row", "add", "bought", "demand", "flow", "flow_type", "legs", "position", "together"]

Row = dict[str, Any]

HOURS_A_WEEK = 168.0

_ADDED = ("FlowQuantity", "FlowWeight", "TransportationCost", "TotalCost", "CO2Emissions")
"""What adds up where several places are supplied over one lane."""


def together(flows: list[Row]) -> list[Row]:
    """Return the flows with those of one lane, product and period added up."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in flows:
        key = tuple(value for name, value in row.items() if name not in _ADDED)
        if key in found:
            add(found[key], **{name: row[name] for name in _ADDED})
        else:
            found[key] = dict(row)
    return list(found.values())


def position(network: SupplyNetwork, place: str, before: str = "") -> Row:
    """Return the latitude and longitude of a place, where it has them."""
    known = network.places.get(place)
    if known is None or known.latitude is None:
        return {}
    return {f"{before}Latitude": known.latitude, f"{before}Longitude": known.longitude}


def legs(
    network: SupplyNetwork, start: str, end: str, by: Any, kg: float
) -> Iterator[tuple[str, str, str, float, float, float]]:
    """Yield the legs of the best route: from, to, mode, cost, weeks and kg of CO2 a part."""
    if start == end or start not in network.places or end not in network.places:
        return
    route = network.routes([start], [end], by=by, kg_per_part=kg)
    path, modes = route.path(start, end), route.modes(start, end)
    for tail, head, mode in zip(path, path[1:], modes, strict=False):
        leg = network.routes([tail], [head], by=by, kg_per_part=kg)
        measures = float(leg.cost[0, 0]), float(leg.weeks[0, 0]), float(leg.kg_co2[0, 0])
        yield tail, head, mode, *measures


def flow(
    network: SupplyNetwork, leg: tuple[str, str, str, float, float, float], quantity: float
) -> Row:
    """Return what of a flow does not depend on product and period."""
    tail, head, mode, cost, weeks, kg_co2 = leg
    return {
        "OriginName": tail,
        "DestinationName": head,
        "ModeName": mode,
        "FlowQuantity": quantity,
        "FlowQuantityUOM": "EA",
        "TransportationCost": cost * quantity,
        "TotalCost": cost * quantity,
        "TransportTime": weeks * HOURS_A_WEEK,
        "TransportTimeUOM": "HR",
        "CO2Emissions": kg_co2 * quantity,
        **position(network, tail, "Origin"),
        **position(network, head, "Destination"),
    }


def flow_type(leg: tuple[Any, ...], suppliers: set[str], customers: set[str]) -> str:
    """Return the schema's word for a leg."""
    words = {
        (True, True): "Drop Ship",
        (True, False): "Procurement",
        (False, True): "Customer Fulfillment",
        (False, False): "Replenishment",
    }
    return words[leg[0] in suppliers, leg[1] in customers]


def add(sums: Row, **amounts: float) -> None:
    """Add amounts to the sums of a row."""
    for key, amount in amounts.items():
        sums[key] = sums.get(key, 0.0) + amount


def demand(network: SupplyNetwork, place: str, part: str, period: str, quantity: float) -> Row:
    """Return a demand, all of which is met."""
    return {
        "PeriodName": period,
        "CustomerName": place,
        "ProductName": part,
        "OriginalDemandQuantity": quantity,
        "ServedDemandQuantity": quantity,
        "UnservedDemandQuantity": 0.0,
        "DemandQuantityUOM": "EA",
        **position(network, place),
    }


def bought(paid: Mapping[tuple[str, str, str], Row]) -> Iterator[tuple[str, Row]]:
    """Yield what is bought by product, and by supplier."""
    totals: dict[tuple[str, str], Row] = {}
    for (supplier, part, period), sums in paid.items():
        yield (
            "OptimizationSupplySummary",
            {
                "PeriodName": period,
                "SupplierName": supplier,
                "ProductName": part,
                "SuppliedQuantityUOM": "EA",
                **sums,
            },
        )
        add(
            totals.setdefault((supplier, period), {}),
            TotalSuppliedQuantity=sums["SuppliedQuantity"],
            TotalSupplyCost=sums["SupplyCost"],
            TotalCO2Emissions=sums["CO2Emissions"],
        )
    for (supplier, period), sums in totals.items():
        yield (
            "OptimizationSupplierSummary",
            {
                "PeriodName": period,
                "SupplierName": supplier,
                "SuppliedQuantityUOM": "EA",
                **sums,
            },
        )
