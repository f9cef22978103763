"""The supply network: places, lanes, and the routes between the places that matter.

A *lane* joins two places by one mode of transport. A *mode* joins any two places that have
coordinates, where no lane of that mode is given: its way is the great-circle distance times the
detour factor. A *route* is a sequence of given lanes and at most one lane by distance, so that a
hub can be written down and its last mile left to the coordinates, while no route is patched
together from the doorsteps of customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from amopt.instance.common import Lane, Mode, Network, Place
from amopt.instance.findings import Key, Problem
from amopt.network.graphml import read_graphml, read_graphml_file, write_graphml
from amopt.network.graphs import Aside, Edge, Node, RawGraph, read, read_node_link
from amopt.network.routes import Arcs, RouteCriterion, RouteTable, best_arcs, best_routes
from amopt.phrases import counted

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["SupplyNetwork", "unreachable_place"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth in km (IUGG, mean radius R1)."""


def unreachable_place(key: Key, place: str, sources: Iterable[str]) -> Problem:
    """Return the finding that no route leads from any of the sources to the place."""
    names = sorted(sources)
    shown = ", ".join(repr(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")
    return Problem(
        "unreachable-place",
        key,
        f"no route leads to {place!r} from {shown or 'any source'}.",
        "Add a lane, or give the places coordinates and the network a mode.",
    )


def great_circle_km(start: Floats, end: Floats) -> Floats:
    """Return great-circle distances in km between latitudes and longitudes in radians.

    Haversine formula on a sphere (Sinnott, 1984). Shapes (..., 2), of which one stretches along the
    other as arrays do.
    """
    half = (end - start) / 2
    chord = (
        np.sin(half[..., 0]) ** 2
        + np.cos(start[..., 0]) * np.cos(end[..., 0]) * np.sin(half[..., 1]) ** 2
    )
    km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return km


class SupplyNetwork:
    """Places and lanes as a graph, and the routes through it.

    Parameters
    ----------
    places, lanes, modes
        As the instance's ``network`` has them.
    aside
        What a graph of others says beyond them; it decides nothing.

    Raises
    ------
    ValueError
        When two places share a name, or a lane starts or ends nowhere.
    """

    def __init__(
        self,
        places: Iterable[Place],
        lanes: Iterable[Lane] = (),
        modes: Iterable[Mode] = (),
        *,
        aside: Aside | None = None,
    ) -> None:
        places = tuple(places)
        self.places = {place.name: place for place in places}
        self.lanes = tuple(lanes)
        self.modes = tuple(modes)
        self.aside = aside if aside is not None else Aside()
        if len(self.places) != len(places):
            raise ValueError("two places share a name")
        for lane in self.lanes:
            for end in (lane.from_, lane.to):
                if end not in self.places:
                    raise ValueError(f"a lane refers to {end!r}, which is no place of the network")
        # Sorted, so that the order of rows in a file decides nothing.
        self._names = tuple(sorted(self.places))
        self._index = {name: node for node, name in enumerate(self._names)}

    def __repr__(self) -> str:
        """Return the sizes, on one line."""
        sizes = (self.places, "place"), (self.lanes, "lane"), (self.modes, "mode")
        return f"<SupplyNetwork: {', '.join(counted(len(held), noun) for held, noun in sizes)}>"

    @classmethod
    def from_instance(cls, network: Network) -> SupplyNetwork:
        """Return the network that an instance file describes."""
        return cls(network.places, network.lanes, network.modes)

    def to_instance(self) -> Network:
        """Return the network as an instance file holds it."""
        return Network(places=tuple(self.places.values()), lanes=self.lanes, modes=self.modes)

    @cached_property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The network as a :class:`networkx.MultiDiGraph`; its ``graph`` holds the modes.

        Nodes and edges carry their fields and what was kept aside of a graph of others. It is
        frozen, for routes do not follow what is changed in it. To change the network, change a
        copy, ``networkx.MultiDiGraph(network.graph)``, and read that by :meth:`from_graph`.
        """
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.graph.update(self.aside.graph)
        graph.graph["modes"] = [mode.model_dump(exclude_defaults=True) for mode in self.modes]
        for place in self.places.values():
            fields = place.model_dump(exclude={"name"}, exclude_none=True)
            graph.add_node(place.name)
            aside = {**self.aside.places.get(place.name, {})}
            aside.pop("name", None)  # of another attribute's graph: it would name the place
            graph.nodes[place.name].update({**aside, **fields})
        for number, lane in enumerate(self.lanes):
            fields = lane.model_dump(exclude={"from_", "to"})
            key = graph.add_edge(lane.from_, lane.to)
            graph.edges[lane.from_, lane.to, key].update({**self.aside.of_lane(number), **fields})
        frozen: nx.MultiDiGraph[str] = nx.freeze(graph)
        return frozen

    @classmethod
    def from_graph(cls, graph: nx.Graph[Any], *, name: str = "name") -> SupplyNetwork:
        """Return the network of a graph whose nodes and edges carry the fields of a file as data.

        An edge of an undirected graph becomes a lane each way. What is no field is kept aside.

        Parameters
        ----------
        graph
            Any graph of networkx.
        name
            The attribute that names the places; nodes without it are named by themselves, as text.

        Raises
        ------
        InvalidInstanceError
            With everything that is wrong: two places of one name, values no file may hold.
        """
        directed = graph.is_directed()
        nodes = [Node(node, data) for node, data in graph.nodes(data=True)]
        edges = [Edge(tail, head, data, directed) for tail, head, data in graph.edges(data=True)]
        return cls._read(RawGraph(nodes, edges, graph.graph), name)

    @classmethod
    def _read(cls, graph: RawGraph, name: str) -> SupplyNetwork:
        network, aside = read(graph, name)
        return cls(network.places, network.lanes, network.modes, aside=aside)

    def to_node_link(self) -> dict[str, Any]:
        """Return the network as node-link data, ready for JSON.

        Where a graph of others has attributes called as those of the format (``id`` of a node;
        ``source``, ``target`` and ``key`` of an edge), those of the format stand.
        """
        import networkx as nx

        data: dict[str, Any] = nx.node_link_data(self.graph, edges="edges")
        return data

    @classmethod
    def from_node_link(cls, data: Mapping[str, Any], *, name: str = "name") -> SupplyNetwork:
        """Return the network of node-link data; see :meth:`from_graph`.

        Raises
        ------
        InvalidInstanceError
            When the data is no node-link graph, with everything that is wrong.
        """
        return cls._read(read_node_link(data), name)

    def to_graphml(self) -> str:
        """Return the network as a GraphML document."""
        return write_graphml(self.graph)

    @classmethod
    def from_graphml(cls, source: str | Path, *, name: str = "name") -> SupplyNetwork:
        """Return the network of a GraphML document; see :meth:`from_graph`.

        Parameters
        ----------
        source
            The text of the document, or the path of its file.
        name
            The attribute that names the places.

        Raises
        ------
        InvalidInstanceError
            When the document is no GraphML, with everything that is wrong.
        UsageError
            When the file cannot be read.
        """
        is_path = isinstance(source, Path) or ("<" not in source and Path(source).suffix)
        graph = read_graphml_file(source) if is_path else read_graphml(str(source))
        return cls._read(graph, name)

    def distances_km(self, sources: Sequence[str], targets: Sequence[str]) -> Floats:
        """Return great-circle distances in km, shape (S, T); infinite without coordinates."""
        start, end = self._coordinates(sources), self._coordinates(targets)
        km = great_circle_km(start[:, None, :], end[None, :, :])
        km[np.isnan(km)] = np.inf
        return km

    def _coordinates(self, names: Sequence[str]) -> Floats:
        """Return latitudes and longitudes in radians, shape (n, 2); NaN where not given."""
        degrees = [
            (np.nan, np.nan)
            if place.latitude is None or place.longitude is None
            else (place.latitude, place.longitude)
            for place in (self.places[name] for name in names)
        ]
        radians: Floats = np.radians(np.asarray(degrees, dtype=float).reshape(-1, 2))
        return radians

    def routes(
        self,
        sources: Sequence[str],
        targets: Sequence[str],
        *,
        by: RouteCriterion = "cost",
        kg_per_part: float = 0.0,
    ) -> RouteTable:
        """Return the best routes from each source to each target.

        A lane or a route on which one of the measures is more than a float can hold is none.

        Parameters
        ----------
        sources, targets
            Names of S and T places.
        by
            The measure that the routes minimise: ``"cost"``, ``"weeks"`` or ``"kg_co2"``.
        kg_per_part
            Weight of a part, for costs and emissions that are stated a kg.

        Raises
        ------
        KeyError
            When a name is no place of the network.
        ValueError
            When ``by`` is none of the three measures, or the weight is negative or not finite.
        """
        if by not in get_args(RouteCriterion):
            raise ValueError(f"routes are chosen by one of {get_args(RouteCriterion)}, not {by!r}")
        if not 0 <= kg_per_part < np.inf:
            raise ValueError(f"a part weighs a finite number of kg, at least 0, not {kg_per_part}")
        starts = np.array([self._index[name] for name in sources], dtype=np.int64)
        ends = np.array([self._index[name] for name in targets], dtype=np.int64)
        with np.errstate(over="ignore", invalid="ignore"):
            given = self._given(kg_per_part)
            nodes, arcs = len(self._names), given.finite()
            if self.modes:
                direct = self._by_distance(given, starts, ends, kg_per_part, by)
                arcs = arcs + arcs.shifted(nodes, nodes) + direct.shifted(0, nodes)
        layers = 2 if self.modes else 1
        return best_routes(arcs, by, names=self._names, layers=layers, starts=starts, ends=ends)

    @cached_property
    def _lane_numbers(self) -> Floats:
        """Cost a part and a kg, weeks, emissions a part and a kg of each lane, shape (5, lanes)."""
        numbers = [
            (
                lane.cost_per_part,
                lane.cost_per_kg,
                lane.weeks,
                lane.kg_co2_per_part,
                lane.kg_co2_per_kg,
            )
            for lane in self.lanes
        ]
        return np.array(numbers, dtype=float).reshape(-1, 5).T

    @cached_property
    def _lane_ends(self) -> tuple[Ints, Ints, NDArray[Any]]:
        """Where each lane starts and ends, and its mode, each of shape (lanes,)."""
        return (
            np.array([self._index[lane.from_] for lane in self.lanes], dtype=np.int64),
            np.array([self._index[lane.to] for lane in self.lanes], dtype=np.int64),
            np.array([lane.mode for lane in self.lanes], dtype=object),
        )

    def _given(self, kg: float) -> Arcs:
        numbers, (tail, head, mode) = self._lane_numbers, self._lane_ends
        each = numbers[0] + kg * numbers[1], numbers[2], numbers[3] + kg * numbers[4]
        return Arcs(tail, head, np.stack(each), mode)

    def _by_distance(
        self, given: Arcs, starts: Ints, ends: Ints, kg: float, by: RouteCriterion
    ) -> Arcs:
        """Return the lanes by distance that a route may need, the best mode of each pair.

        They start where given lanes lead from a source, and end where given lanes lead to a target.
        """
        tails = self._touched(given.tail, given.head, starts)
        heads = self._touched(given.head, given.tail, ends)
        distance = self.distances_km(
            [self._names[node] for node in tails], [self._names[node] for node in heads]
        )
        distance[tails[:, None] == heads[None, :]] = np.inf
        found = Arcs(np.empty(0, int), np.empty(0, int), np.empty((3, 0)), np.empty(0, object))
        for mode in self.modes:
            km = distance * mode.detour_factor
            rows, columns = np.nonzero(np.isfinite(km) & (km <= (mode.longest_km or np.inf)))
            taken = given.mode == mode.name
            joined = given.tail[taken] * len(self._names) + given.head[taken]
            free = ~np.isin(tails[rows] * len(self._names) + heads[columns], joined)
            rows, columns = rows[free], columns[free]
            way = km[rows, columns]
            measures = np.stack(
                [
                    mode.cost_per_part + kg * mode.cost_per_kg_km * way,
                    (mode.handling_days + way / mode.km_per_day) / 7,
                    kg * mode.kg_co2_per_kg_km * way,
                ]
            )
            names = np.full(way.size, mode.name, dtype=object)
            found += Arcs(tails[rows], heads[columns], measures, names).finite()
        return best_arcs(found, by, len(self._names))[0]

    def _touched(self, tail: Ints, head: Ints, starts: Ints) -> Ints:
        """Return the nodes that can be reached from ``starts``, themselves included."""
        reached = np.zeros(len(self._names), dtype=bool)
        reached[starts] = True
        while True:
            added = reached[tail] & ~reached[head]
            if not added.any():
                return np.flatnonzero(reached)
            reached[head[added]] = True
