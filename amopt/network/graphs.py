"""Graphs of others -> places and lanes, with everything that is wrong at once.

A node is named by its ``name``, or by its id as text. What is no field of a place or a lane is kept
aside, so that nothing of a graph is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from amopt.instance.common import Lane, Network, Place
from amopt.instance.findings import Problem
from amopt.instance.findings.wording import field_problems
from amopt.instance.loader import refused
from amopt.instance.plain import plain
from amopt.instance.suggest import shown
from amopt.phrases import listed

__all__ = ["Aside", "Edge", "Node", "RawGraph", "read", "read_node_link"]


@dataclass(frozen=True)
class Aside:
    """What a graph says beyond the fields of a file.

    Attributes
    ----------
    places
        Further attributes of places, by name.
    lanes
        Further attributes of each lane, in the order of the lanes; empty where there are none.
    graph
        Further attributes of the graph as a whole.
    """

    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lanes: tuple[Mapping[str, Any], ...] = ()
    graph: Mapping[str, Any] = field(default_factory=dict)

    def of_lane(self, number: int) -> Mapping[str, Any]:
        """Return the further attributes of a lane."""
        return self.lanes[number] if self.lanes else {}


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its id, and its attributes."""

    id: Any
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge: the ids of its ends, its attributes, whether it leads one way only, and its id."""

    tail: Any
    head: Any
    data: Mapping[str, Any]
    directed: bool = True
    id: Any = None


@dataclass(frozen=True, slots=True)
class RawGraph:
    """A graph as it was read."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    data: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


_FIELDS = {
    model: {field.alias or name for name, field in model.model_fields.items()}
    for model in (Place, Lane)
}


def read(graph: RawGraph, name: str = "name") -> tuple[Network, Aside]:
    """Return the places, lanes and modes of a graph, and what it says beyond them.

    Parameters
    ----------
    graph
        Its nodes and edges. An edge that is not directed becomes a lane each way.
    name
        The attribute that names the places; nodes without it are named by their ids.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong: an id or a name that is given twice or not at all, an edge to
        a node that there is not, a value that no file may hold.
    """
    problems = list(graph.problems)
    names = _names(graph.nodes, name, problems)
    places, of_places = [], {}
    for number, node in enumerate(graph.nodes):
        naming = _naming(node.data, name)
        data = {key: value for key, value in node.data.items() if key != naming}
        known, rest = _split(Place, data, {"name"}, ("places", number), problems)
        called = names.get(node.id) or f"node {number + 1}"
        places.append({**known, "name": called})
        if rest:
            of_places[called] = rest
    lanes, of_lanes = [], []
    _ids([_told(edge) for edge in graph.edges], "lanes", "edge", problems)
    for number, edge in enumerate(graph.edges):
        ends = [names.get(end) for end in (edge.tail, edge.head)]
        problems += _lost_ends(edge, ends, number)
        known, rest = _split(Lane, edge.data, {"from", "to"}, ("lanes", number), problems)
        ways = [ends] if edge.directed or ends[0] == ends[1] else [ends, ends[::-1]]
        for tail, head in ways:
            lanes.append({**known, "from": tail or "?", "to": head or "?"})
            of_lanes.append(rest)
    rest = {str(key): value for key, value in graph.data.items() if key != "modes"}
    data = {"places": places, "lanes": lanes, "modes": graph.data.get("modes", [])}
    network = _validated(plain(data), problems)
    return network, Aside(of_places, tuple(of_lanes) if any(of_lanes) else (), rest)


def _told(edge: Edge) -> tuple[Any, ...] | None:
    """Return by what an edge is told from others: its id, and its ends.

    networkx numbers the edges of each pair of nodes from 0, so that an id is that of a pair.
    """
    if edge.id is None:
        return None
    ends = (edge.tail, edge.head)
    return (edge.id, ends if edge.directed else frozenset(ends))


def _lost_ends(edge: Edge, ends: Sequence[str | None], number: int) -> Iterator[Problem]:
    """Yield the ends of an edge at which there is no node."""
    for key, end, found in zip(("from", "to"), (edge.tail, edge.head), ends, strict=True):
        if found is None:
            message = f"there is no node {shown(str(end))} in the graph."
            if end is None:
                message = f"the edge has no {'source' if key == 'from' else 'target'}."
            advice = "Add the node, or mend the end of the edge."
            yield Problem("unknown-name", ("lanes", number, key), message, advice)


def _validated(data: dict[str, Any], problems: list[Problem]) -> Network:
    """Return the network of plain data, or raise what is wrong with it and with the graph."""
    network = None
    try:
        network = Network.model_validate(data)
    except ValidationError as error:
        problems += field_problems(Network, data, error)
    if problems or network is None:
        raise refused(data, problems)
    return network


def _names(nodes: Sequence[Node], name: str, problems: list[Problem]) -> dict[Any, str]:
    """Return the names of nodes by their ids, and note what is given twice or not at all."""
    _ids([None if node.id is None else (node.id,) for node in nodes], "places", "node", problems)
    if name != "name" and nodes and not any(_naming(node.data, name) for node in nodes):
        message = f"no node has the attribute {shown(name)}, which is to name the places."
        others = sorted({str(key) for node in nodes for key in node.data})
        advice = f"They have {listed(others, most=12)}." if others else "They have no attributes."
        problems.append(Problem("unknown-name", ("places",), message, advice))
    names = {}
    for number, node in enumerate(nodes):
        if node.id is None:
            key = ("places", number, "id")
            problems.append(Problem("missing-key", key, "the node has no id.", "Give it one."))
            continue
        said = node.data.get(_naming(node.data, name))
        names[node.id] = str(plain(node.id if said is None else said))
    taken: dict[str, Any] = {}
    for number, node in enumerate(nodes):
        first = taken.setdefault(names[node.id], node.id) if node.id in names else node.id
        if first != node.id:
            message = f"the nodes {shown(str(first))} and {shown(str(node.id))} are both called "
            message += f"{shown(names[node.id])}."
            key = ("places", number, "name")
            problems.append(Problem("duplicate-name", key, message, "Rename one of the two."))
    return names


def _naming(data: Mapping[str, Any], name: str) -> Any:
    """Return the attribute that names a node: exactly so called, else but for capitals."""
    same = (key for key in data if str(key).casefold() == name.casefold())
    return name if name in data else next(same, None)


def _ids(
    given: Iterable[tuple[Any, ...] | None], collection: str, what: str, problems: list[Problem]
) -> None:
    """Note the ids that are given twice."""
    seen = set()
    for number, one in enumerate(given):
        if one is None:
            continue
        if one in seen:
            message = f"the {what} id {shown(str(one[0]))} is given twice."
            key = (collection, number, "id")
            problems.append(Problem("duplicate-name", key, message, f"Give each {what} its own."))
        seen.add(one)


def _split(
    model: type[Place | Lane],
    data: Mapping[str, Any],
    without: set[str],
    where: tuple[str | int, ...],
    problems: list[Problem],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of a model among attributes, and the others.

    An attribute that is called as a field but for capitals, such as Latitude, is that field, unless
    there is one that is called so exactly. A field without a value is left out.
    """
    fields, known, rest = _FIELDS[model] - without, {}, {}
    exact = fields & {str(key) for key in data}
    taken: dict[str, str] = {}
    for key, value in data.items():
        name = str(key) if str(key) in exact else str(key).casefold()
        if name not in fields or (name in exact and name != str(key)):
            rest[str(key)] = value
        elif taken.setdefault(name, str(key)) != str(key):
            message = f"{shown(taken[name])} and {shown(str(key))} may both be {name}."
            advice = f"Rename one of the two, or call one of them {name}."
            problems.append(Problem("duplicate-key", (*where, name), message, advice))
        elif value is not None:
            known[name] = value
    return known, rest


def read_node_link(data: Mapping[str, Any]) -> RawGraph:
    """Return the graph of node-link data: lists of ``nodes``, and of ``edges`` or ``links``.

    Data that does not say whether it is directed is. The ``key`` of an edge tells it from others
    between the same nodes, unless the data is said to be no multigraph.

    Raises
    ------
    InvalidInstanceError
        When it holds no such lists, or both ``edges`` and ``links``.
    """
    links = "edges" if "edges" in data else "links"
    problems = []
    if "edges" in data and "links" in data:
        message = "this graph has both edges and links."
        problems.append(Problem("syntax", ("links",), message, "Put them into one list."))
    for key in ("directed", "multigraph"):
        if not isinstance(data.get(key, True), bool):
            message = f"{key} is {shown(str(data[key]))}, which is neither true nor false."
            problems.append(Problem("wrong-type", (key,), message, "Write true or false."))
    for key, wanted in (("nodes", {"id"}), (links, {"source", "target"})):
        entries = data.get(key)
        entries = entries if isinstance(entries, (list, tuple)) else None
        if entries is None or not all(
            isinstance(one, Mapping) and wanted <= one.keys() for one in entries
        ):
            message = f"this is no node-link graph: {key} is no list of entries with "
            message += f"{' and '.join(sorted(wanted))}."
            advice = "It must hold lists of nodes and edges."
            problems.append(Problem("syntax", (key,), message, advice))
    if problems:
        raise refused(dict(data), problems)
    directed, several = data.get("directed", True), data.get("multigraph", True)
    own = {"source", "target", *(["key"] if several else [])}
    nodes = [Node(_id(one["id"]), _without(one, {"id"})) for one in data["nodes"]]
    edges = [
        Edge(
            _id(one["source"]),
            _id(one["target"]),
            _without(one, own),
            directed,
            _id(one.get("key")) if several else None,
        )
        for one in data[links]
    ]
    whole = data.get("graph", {})
    return RawGraph(nodes, edges, whole if isinstance(whole, Mapping) else {})


def _id(value: Any) -> Any:
    """Return an id as it can be looked up: JSON has lists where Python has tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_id, value))
    return str(value) if isinstance(value, dict) else value


def _without(data: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}
