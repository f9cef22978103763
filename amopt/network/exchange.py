"""Graphs of answers -> files that others read: GraphML, node-link JSON and GeoJSON; and back.

A graph of an answer holds numbers by part or period in mappings. JSON holds them as they are;
GraphML, whose attributes are single values, has an attribute for each: ``stock.bush``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.files import write_text

__all__ = ["flat", "read_graph", "write_graph"]

_ENDINGS = ".graphml, .json (node-link) or .geojson"


def flat(graph: Any) -> Any:
    """Return a copy of a graph whose attributes are single values: for GraphML, GEXF and tables.

    A mapping becomes an attribute for each of its entries, ``stock.bush``; a list becomes text, its
    entries joined by commas; what has no value is left out.
    """
    copy = graph.__class__()
    copy.graph.update(_single(graph.graph))
    for node, data in graph.nodes(data=True):
        copy.add_node(node)
        copy.nodes[node].update(_single(data))
    if graph.is_multigraph():
        for tail, head, key, data in graph.edges(keys=True, data=True):
            added = copy.add_edge(tail, head, key)
            copy.edges[tail, head, added].update(_single(data))
    else:
        for tail, head, data in graph.edges(data=True):
            copy.add_edge(tail, head)
            copy.edges[tail, head].update(_single(data))
    return copy


def _single(data: Mapping[Any, Any], before: str = "") -> dict[str, Any]:
    """Return attributes as single values, mappings entry by entry."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            found.update(_single(value, f"{name}."))
        elif isinstance(value, (list, tuple)):
            plain = all(isinstance(entry, (str, int, float)) for entry in value)
            found[name] = ", ".join(map(str, value)) if plain else json.dumps(value, default=str)
        elif isinstance(value, (str, int, float)):
            found[name] = value
        elif value is not None:
            found[name] = str(value)
    return found


def write_graph(graph: Any, path: str | Path) -> None:
    """Write a graph, such as the one that an answer gives, to a file by the ending of its name.

    Parameters
    ----------
    graph
        Any graph of networkx whose attributes are numbers, texts, lists and mappings.
    path
        Ends in ``.graphml`` (see :func:`flat`), ``.json`` (node-link data) or ``.geojson``: points
        and lines by ``longitude`` and ``latitude``; what lacks them has no geometry.

    Raises
    ------
    UsageError
        When the ending is another one, or the file cannot be written.
    """
    import networkx as nx

    ending = Path(path).suffix.casefold()
    if ending == ".graphml":
        text = "\n".join(nx.generate_graphml(flat(graph))) + "\n"
    elif ending == ".json":
        text = json.dumps(nx.node_link_data(graph, edges="edges"), indent=1, default=str) + "\n"
    elif ending == ".geojson":
        text = json.dumps(_geojson(graph), indent=1, default=str) + "\n"
    else:
        raise UsageError(f"a graph is written to a file that ends in {_ENDINGS}, not {ending!r}")
    write_text(path, text)


def read_graph(path: str | Path) -> Any:
    """Return the graph that :func:`write_graph` wrote.

    Raises
    ------
    UsageError
        When the file cannot be read, or holds no such graph.
    """
    import networkx as nx

    ending = Path(path).suffix.casefold()
    if ending not in (".graphml", ".json", ".geojson"):
        raise UsageError(f"a graph is read from a file that ends in {_ENDINGS}, not {ending!r}")
    try:
        text = Path(path).read_text("utf-8")
        if ending == ".graphml":
            return nx.parse_graphml(text)
        data = json.loads(text)
        return nx.node_link_graph(data, edges="edges") if ending == ".json" else _graph_of(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # whatever the readers of networkx raise on what is no graph
        raise UsageError(f"{path} holds no graph as amopt writes one") from error


def _geojson(graph: Any) -> dict[str, Any]:
    """Return a graph as a feature collection: nodes, then edges."""
    at = {node: _coordinates(data) for node, data in graph.nodes(data=True)}
    features = [
        _feature("Point", at[node], {"node": node, **data}) for node, data in graph.nodes(data=True)
    ]
    for tail, head, more in _edges(graph):
        ends = [at[tail], at[head]] if at[tail] and at[head] else None
        features.append(_feature("LineString", ends, {"source": tail, "target": head, **more}))
    kind = {"directed": graph.is_directed(), "multigraph": graph.is_multigraph()}
    return {"type": "FeatureCollection", **kind, "graph": graph.graph, "features": features}


def _edges(graph: Any) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Yield the edges with their attributes, and the key where two nodes may have several."""
    if graph.is_multigraph():
        for tail, head, key, data in graph.edges(keys=True, data=True):
            yield tail, head, {"key": key, **data}
    else:
        for tail, head, data in graph.edges(data=True):
            yield tail, head, dict(data)


def _coordinates(data: Mapping[str, Any]) -> list[float] | None:
    east, north = data.get("longitude"), data.get("latitude")
    return None if east is None or north is None else [east, north]


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = None if coordinates is None else {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _graph_of(data: Mapping[str, Any]) -> Any:
    """Return the graph of a feature collection."""
    nodes, edges = [], []
    for feature in data["features"]:
        properties = dict(feature["properties"])
        if "node" in properties:
            nodes.append({"id": properties.pop("node"), **properties})
        else:
            edges.append(properties)
    import networkx as nx

    kind = {key: data[key] for key in ("directed", "multigraph", "graph")}
    found: nx.Graph[Any] = nx.node_link_graph(
        {**kind, "nodes": nodes, "edges": edges}, edges="edges"
    )
    return found
