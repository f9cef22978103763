"""Where the places of a network are drawn: by their coordinates, or as a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from amopt.drawing.land import MARGIN, Point, draw_land

__all__ = ["MOST_PLACES", "draw_ground", "positions"]

MOST_PLACES = 400
"""Places without coordinates for which a layout is sought."""


def positions(
    places: Sequence[Any], joined: Iterable[tuple[str, str]]
) -> tuple[Mapping[str, Point], bool]:
    """Return where places are drawn, and whether that is in degrees.

    Parameters
    ----------
    places
        The places, with ``name``, ``latitude`` and ``longitude``.
    joined
        Pairs of names that stand near one another where there are no coordinates.
    """
    if all(place.latitude is not None and place.longitude is not None for place in places):
        return {place.name: (place.longitude, place.latitude) for place in places}, True
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(place.name for place in places[:MOST_PLACES])
    graph.add_edges_from(pair for pair in joined if all(end in graph for end in pair))
    found = nx.kamada_kawai_layout(graph) if len(graph) <= 40 else nx.spring_layout(graph, seed=0)
    return {name: (4.0 * float(x), 4.0 * float(y)) for name, (x, y) in found.items()}, False


def draw_ground(figure: Any, at: Mapping[str, Point], *, by_degrees: bool) -> Any:
    """Draw coasts and borders below places in degrees; hide a graph's axes, with room for names."""
    if by_degrees:
        draw_land(figure, list(at.values()))
        figure.update_xaxes(title="degrees east")
        return figure.update_yaxes(title="degrees north")
    ranges: list[list[float] | None] = [None, None]
    for axis in (0, 1) if at else ():
        held = [point[axis] for point in at.values()]
        margin = MARGIN * (max(held) - min(held)) or 1.0
        ranges[axis] = [min(held) - margin, max(held) + margin]
    figure.update_xaxes(visible=False, range=ranges[0])
    return figure.update_yaxes(visible=False, range=ranges[1])
