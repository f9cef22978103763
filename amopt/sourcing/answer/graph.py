"""The answer on the supply network: who makes what, and what travels on which lane."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from amopt.network import SupplyNetwork
from amopt.phrases import unlike
from amopt.sourcing.instance.fields import CONVENTIONAL

if TYPE_CHECKING:
    import networkx as nx

    from amopt.network import RouteTable
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["graph"]

PLACE = "place"
"""What the end of an order is called whose line names no place, where nothing else is."""

Lanes = list[tuple[str, str, str]]
"""The lanes of a route: from, to, mode."""


def graph(instance: Instance, solution: Solution) -> nx.DiGraph[str]:
    """Return the network with the answer on it; see :meth:`SourcingSolution.graph`."""
    import networkx as nx

    found: nx.DiGraph[str] = nx.DiGraph(
        decision=solution.kind, name=solution.name, currency=solution.currency
    )
    for node in instance.network.places:
        found.add_node(node.name, **node.model_dump(exclude={"name"}, exclude_none=True))
    routes = _Routes(instance)
    for row in solution.rows["orders"]:
        lanes = routes.of(row["supplier"], row["part"], row["place"])
        _add(found, lanes[0][0], "ordered", row)
        _add(found, lanes[-1][1], "delivered", row)
        for tail, head, mode in lanes:
            if not found.has_edge(tail, head):
                found.add_edge(tail, head, modes=[])
            lane = found.edges[tail, head]
            if mode and mode not in lane["modes"]:
                lane["modes"].append(mode)
            _add_up(lane, row)
    for row in solution.rows["capacities"]:
        limits = {key: value for key, value in row.items() if key != "supplier"}
        found.add_node(row["supplier"])
        found.nodes[row["supplier"]]["capacity"] = limits
    return found


def _add(found: nx.DiGraph[str], node: str, what: str, row: Any) -> None:
    """Add an order to what is ordered at a node, or delivered to it."""
    found.add_node(node)
    _add_up(found.nodes[node].setdefault(what, {}), row)


def _add_up(sums: dict[str, Any], row: Any) -> None:
    """Add an order to sums of parts, orders and money; the weeks are those of the latest."""
    sums["quantity"] = sums.get("quantity", 0) + row["quantity"]
    sums["orders"] = sums.get("orders", 0) + 1
    sums["cost"] = sums.get("cost", 0.0) + row["cost"]
    sums["weeks"] = max(sums.get("weeks", 0.0), row["weeks"])
    lines = sums.setdefault("quantity_by_line", {})
    lines[row["line"]] = lines.get(row["line"], 0) + row["quantity"]


class _Routes:
    """The lanes that orders travel on."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.network = SupplyNetwork.from_instance(instance.network)
        self.weight = {part.name: part.weight_kg for part in instance.parts}
        suppliers = {offer.supplier for offer in instance.offers}
        self.nowhere = unlike(PLACE, suppliers | self.network.places.keys())
        self.made_at = {entry.part: entry.place for entry in instance.conventional}
        self.tables: dict[tuple[str, str, float], RouteTable] = {}

    def of(self, supplier: str, part: str, place: str | None) -> Lanes:
        """Return the lanes from a supplier to a place; one of no mode where none is stated."""
        start = supplier
        if supplier == CONVENTIONAL:
            start = self.made_at.get(part) or CONVENTIONAL
        end = place or self.nowhere
        if place is None or not {start, end} <= self.network.places.keys():
            return [(start, end, "")]
        key = start, end, self.weight[part]
        if key not in self.tables:
            self.tables[key] = self.network.routes(
                [start],
                [end],
                by="weeks" if self.instance.transport == "fastest" else "cost",
                kg_per_part=key[2],
            )
        table = self.tables[key]
        modes = table.modes(start, end)
        lanes = [
            (tail, head, mode)
            for (tail, head), mode in zip(pairwise(table.path(start, end)), modes, strict=True)
        ]
        return lanes or [(start, end, "")]
