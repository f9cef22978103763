"""The plan as a graph: situations, and what leads from one to the next."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

    from amopt.solution import Solution

__all__ = ["graph"]

ORDERED, STOCKED = "on order", "in stock"


def graph(solution: Solution) -> nx.MultiDiGraph[str]:
    """Return the plan of a maintenance solution as a graph.

    A node is what is installed with where the order is, such as ``"regular, no order"``; it has
    ``installed`` and ``order``. An edge is an ``action`` of the plan, ``from_day`` to ``to_day``
    with its ``share``, or what happens by itself: ``fails``, and ``arrives`` of an order. The graph
    has the prices of its ``limits`` where these are known.
    """
    import networkx as nx

    (total,), plan = solution.rows["totals"], solution.rows["account"][0]["sourcing"]
    limits = solution.rows["limits"]
    found: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        decision=solution.kind,
        name=solution.name,
        currency=solution.currency,
        cost_per_day=total["cost_per_day"],
        limits={limit["limit"]: limit["dual"] for limit in limits if limit["dual"] is not None},
    )
    rules = [rule for rule in solution.rows["rules"] if rule["sourcing"] == plan]
    parts = [part for part in ("regular", "printed") if any(r["installed"] == part for r in rules)]
    for installed, order in itertools.product((*parts, "none"), ("no order", ORDERED, STOCKED)):
        node = f"{installed}, {order}"
        found.add_node(node, installed=installed, order=order)
        if installed != "none":
            found.add_edge(node, f"none, {order}", action="fails")
        if order == ORDERED:
            found.add_edge(node, f"{installed}, {STOCKED}", action="arrives")
    for rule in rules:
        installed, order = _after(rule["installed"], rule["order"], rule["action"])
        if (installed, order) != (rule["installed"], rule["order"]):
            told = {name: rule[name] for name in ("action", "from_day", "to_day", "share")}
            found.add_edge(f"{rule['installed']}, {rule['order']}", f"{installed}, {order}", **told)
    return found


def _after(installed: str, order: str, action: str) -> tuple[str, str]:
    """Return what is installed, and where the order is, once an action is done."""
    if action.startswith("install"):
        installed, order = "regular", "no order"
    if action.startswith("print"):
        installed = "printed"
    return installed, ORDERED if action.endswith("order") else order
