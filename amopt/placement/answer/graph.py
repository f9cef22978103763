"""The answer on the supply network: a networkx graph that pictures and GIS tools can go on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx

    from amopt.placement.instance.fields import Instance
    from amopt.solution import Solution

__all__ = ["graph"]


def graph(instance: Instance, solution: Solution) -> networkx.MultiDiGraph[Any]:
    """Return the supply network with an answer on it.

    Nodes carry what the network says of a place and, by period, ``open``, ``machines`` and
    ``hours`` where it is a site, and ``stock`` (base-stock levels, weighted by the share of the
    period) and ``demand`` (parts a year) where something is supplied. Every supply from one place
    to another is an edge of ``kind`` = ``"supply"`` with its ``period``, ``part``, ``supplier``
    (the site itself where it prints) and ``machine``, ``parts`` a year and ``share``. A dated order
    is an edge of ``kind`` = ``"order"`` with what the table of orders says of it. The lanes of the
    network stay, ``kind`` = ``"lane"``. What is not sent from a place (a price that holds
    everywhere, an emergency shipment) is in the node's ``from_outside``, parts a year by period, or
    ``orders_from_outside``, parts by order.

    Parameters
    ----------
    instance
        The instance that was solved.
    solution
        Its answer.
    """
    import networkx as nx

    drawn: networkx.MultiDiGraph[Any] = nx.MultiDiGraph(
        decision=solution.kind, name=solution.name, currency=solution.currency
    )
    for place in instance.network.places:
        drawn.add_node(place.name, **place.model_dump(exclude_none=True, exclude={"name"}))
    for lane in instance.network.lanes:
        said = lane.model_dump(exclude_none=True, exclude={"from_", "to"})
        drawn.add_edge(lane.from_, lane.to, kind="lane", **said)
    for row in solution.rows.get("sites", ()):
        for key in ("open", "machines", "hours"):
            drawn.nodes[row["place"]].setdefault(key, {})[row["period"]] = row[key]
    demand = {(entry.place, entry.part): entry for entry in instance.demand}
    period = {entry.name: t for t, entry in enumerate(instance.horizon)}
    senders = {(entry.part, entry.supplier): entry.from_ for entry in instance.conventional}
    supplies: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in solution.rows.get("supply", ()):
        rate = instance.rate(demand[row["place"], row["part"]], period[row["period"]])
        _add_supply(drawn, row, row["share"] * rate, senders, supplies)
    for row in solution.rows.get("orders", ()):
        _add_order(drawn, row, senders)
    return drawn


def _add_supply(
    drawn: networkx.MultiDiGraph[Any],
    row: Any,
    parts: float,
    senders: dict[tuple[str, str], str | None],
    supplies: dict[tuple[str, ...], dict[str, Any]],
) -> None:
    """Put one row of supply on the graph: what it needs at the place, and where it comes from."""
    place, node = row["place"], drawn.nodes[row["place"]]
    _add(node, "stock", row["period"], row["share"] * row["stock_level"])
    _add(node, "demand", row["period"], parts)
    sender = row["source"] if row["machine"] else senders.get((row["part"], row["source"]))
    if sender is None:
        _add(node, "from_outside", row["period"], parts)
        return
    told = {key: row[key] or "" for key in ("period", "part", "machine")}
    told["supplier"] = row["source"]  # node-link data calls the tail of an edge its source
    key = (place, *told.values())
    if key not in supplies:
        added = drawn.add_edge(sender, place, kind="supply", **told, parts=0.0, share=0.0)
        supplies[key] = drawn.edges[sender, place, added]
    supplies[key]["parts"] += parts
    supplies[key]["share"] += row["share"]


def _add_order(
    drawn: networkx.MultiDiGraph[Any], row: Any, senders: dict[tuple[str, str], str | None]
) -> None:
    """Put a dated order on the graph."""
    sender = row["source"] if row["machine"] else senders.get((row["part"], row["source"]))
    if sender is None:
        _add(drawn.nodes[row["place"]], "orders_from_outside", row["order"], row["quantity"])
        return
    told = {key: value for key, value in row.items() if key not in ("place", "source")}
    told = {key: value for key, value in told.items() if value is not None}
    drawn.add_edge(sender, row["place"], kind="order", supplier=row["source"], **told)


def _add(node: dict[str, Any], name: str, period: str, amount: float) -> None:
    """Add an amount to a node's number of a period."""
    by_period = node.setdefault(name, {})
    by_period[period] = by_period.get(period, 0.0) + amount
