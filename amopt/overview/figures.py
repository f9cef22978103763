"""The pictures of an overview: the network, and demand in shares of capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, INK, MAUVE, RED, new_figure, plain
from amopt.drawing.land import label_positions
from amopt.drawing.places import MOST_PLACES, draw_ground, positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amopt.instance.common import Instance, Network
    from amopt.solution import Table

__all__ = ["demand", "figures", "network", "pictured"]

MOST_LABELS = 30
"""Places that are named in a picture, room allowing; a pointer on any place says its name."""

MOST_LANES = 2_000
"""Lanes that a picture holds."""

MOST_BARS = 30


def figures(instance: Instance, rows: Mapping[str, Table]) -> dict[str, Any]:
    """Return the figures of an overview by title.

    Parameters
    ----------
    instance
        The instance.
    rows
        The tables of its overview, by name.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    found = {}
    net = getattr(instance, "network", None)
    if net is not None and net.places:
        cut_off = {row["place"] for row in rows["unreached"]}
        found[pictured(net)] = network(net, cut_off)
    shares = sum(row["share"] is not None for row in rows["demand"])
    if shares:
        rest = f": the {MOST_BARS} largest of {shares:,}" if shares > MOST_BARS else ""
        found[f"Demand in shares of capacity{rest}"] = demand(rows["demand"])
    return found


def pictured(net: Network, *, most_lanes: int = MOST_LANES) -> str:
    """Return the title of the picture of a network, with what it has no room for.

    Parameters
    ----------
    net
        The network.
    most_lanes
        The lanes that the picture holds: pairs of places, whatever the direction and the mode.
    """
    by_degrees = all(place.latitude is not None for place in net.places)
    counts = (
        (len(net.places), len(net.places) if by_degrees else MOST_PLACES, "places"),
        (len(_pairs(net)), most_lanes, "lanes"),
    )
    cut = [f"{most:,} of {number:,} {what}" for number, most, what in counts if number > most]
    return f"The network: {', '.join(cut)}" if cut else "The network"


def _pairs(net: Network) -> list[tuple[str, ...]]:
    """Return the pairs of places that lanes join, each once."""
    return list(dict.fromkeys(tuple(sorted((lane.from_, lane.to))) for lane in net.lanes))


def network(net: Network, cut_off: set[str]) -> Any:
    """Return a plotly figure of the places and lanes of a network.

    Parameters
    ----------
    net
        The network; drawn by coordinates where every place has some, else as a graph.
    cut_off
        The places that are marked as cut off.
    """
    at, by_degrees = positions(net.places, ((lane.from_, lane.to) for lane in net.lanes))
    figure = new_figure(height=560)
    draw_ground(figure, at, by_degrees=by_degrees)
    xs: list[float | None] = []
    ys: list[float | None] = []
    joined = [
        (at[tail], at[head]) for tail, head in _pairs(net)[:MOST_LANES] if tail in at and head in at
    ]
    for one, other in joined:
        xs += [one[0], other[0], None]
        ys += [one[1], other[1], None]
    if xs:
        figure.add_scatter(
            x=xs, y=ys, mode="lines", line={"color": MAUVE, "width": 1.5}, name="lane",
            hoverinfo="skip",
        )  # fmt: skip
    named = dict(list(at.items())[:MOST_LABELS])
    labels = label_positions(named, list(at.values()), joined)
    roles: dict[str, list[str]] = {}
    for place in net.places:
        if place.name in at:
            group = "cut off" if place.name in cut_off else place.role
            roles.setdefault(group, []).append(place.name)
    colours = (BLUE, GREEN, INK, MAUVE, GREY)
    for number, (role, members) in enumerate(roles.items()):
        figure.add_scatter(
            x=[at[name][0] for name in members],
            y=[at[name][1] for name in members],
            text=[plain(name) if name in labels else "" for name in members],
            textposition=[labels.get(name, "top center") for name in members],
            hovertext=[plain(name) for name in members],
            mode="markers+text",
            hoverinfo="text",
            marker={"color": RED if role == "cut off" else colours[number % 5], "size": 11},
            name=plain(role),
        )
    return figure


def demand(rows: Table) -> Any:
    """Return a plotly figure of what is needed in hundredths of what is available."""
    held = sorted((row for row in rows if row["share"] is not None), key=lambda row: row["share"])[
        -MOST_BARS:
    ]
    figure = new_figure(height=160 + 28 * len(held))
    figure.add_bar(
        y=[plain(row["what"]) for row in held],
        x=[row["share"] for row in held],
        orientation="h",
        marker={"color": [RED if row["share"] > 100 else BLUE for row in held]},
        name="needed",
    )
    figure.add_vline(x=100, line_dash="dash")
    most = max([row["share"] for row in held], default=0.0)
    figure.update_xaxes(title="percent of what is available", range=[0, 1.1 * max(most, 100.0)])
    return figure.update_yaxes(automargin=True)
