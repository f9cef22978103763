"""The answer on the network: the place with its stock and plan, and what flows to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.printing.instance import PrintingInstance

if TYPE_CHECKING:
    import networkx as nx

    from amopt.solution import Solution

__all__ = ["graph"]

PLACE, SUPPLIER = "place", "supplier"
"""What the two ends are called where the instance has no network."""

PRICES = ("amount", "most", "least", "dual", "yearly_worth")
"""What a graph says of a limit, where there is such a number."""


def graph(instance: PrintingInstance, solution: Solution) -> nx.DiGraph[str]:
    """Return the network with the answer on it; see :meth:`~amopt.printing.Solution.graph`."""
    import networkx as nx

    found: nx.DiGraph[str] = nx.DiGraph(
        decision=solution.kind, name=solution.name, currency=solution.currency
    )
    place, supplier = instance.place or PLACE, instance.supplied_from or SUPPLIER
    for node in instance.network.places if instance.network is not None else ():
        found.add_node(node.name, **node.model_dump(exclude={"name"}, exclude_none=True))
    rows = {row["part"]: row for row in solution.rows["parts"]}
    found.add_node(supplier)
    found.add_node(
        place,
        systems={system.name: system.count for system in instance.systems},
        stock={part: row["base_stock"] for part, row in rows.items()},
        plan={part: row["plan"] for part, row in rows.items()},
        print_threshold={part: row["print_threshold"] for part, row in rows.items()},
        prints_per_cycle={part: row["prints_per_cycle"] for part, row in rows.items()},
        down_days_per_cycle={part: row["down_days_per_cycle"] for part, row in rows.items()},
        stock_value=solution.rows["totals"][0]["stock_value"],
        yearly_cost=solution.rows["totals"][0]["yearly_cost"],
    )
    if solution.rows.get("limits"):
        found.graph["limits"] = {
            row["limit"]: {key: row[key] for key in PRICES if row[key] is not None}
            for row in solution.rows["limits"]
        }
    for part, lanes in _routes(instance, supplier, place).items():
        for tail, head, mode in lanes:
            if not found.has_edge(tail, head):
                found.add_edge(tail, head, modes=[], orders_per_cycle={}, orders=0.0)
            lane = found.edges[tail, head]
            if mode and mode not in lane["modes"]:
                lane["modes"].append(mode)
            lane["orders_per_cycle"][part] = rows[part]["orders_per_cycle"]
            lane["orders"] += rows[part]["orders_per_cycle"]
    return found


def _routes(
    instance: PrintingInstance, supplier: str, place: str
) -> dict[str, list[tuple[str, str, str]]]:
    """Return the lanes of each part's route: from, to, mode."""
    if instance.network is None:
        return {part.name: [(supplier, place, "")] for part in instance.parts}
    from amopt.network import SupplyNetwork

    network = SupplyNetwork.from_instance(instance.network)
    found: dict[float, list[tuple[str, str, Any]]] = {}
    for mass in {part.mass_kg for part in instance.parts}:
        table = network.routes([supplier], [place], kg_per_part=mass)
        path = table.path(supplier, place)
        found[mass] = list(zip(path[:-1], path[1:], table.modes(supplier, place), strict=True))
    return {part.name: found[part.mass_kg] for part in instance.parts}
