"""What the planner sees: the bill of each form, the network, and how busy the sites are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, MAUVE, PALETTE, YELLOW, new_figure, plain
from amopt.drawing.land import draw_land, label_positions

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.solution import Solution

__all__ = ["bill", "figures", "map_figure", "network", "utilisation"]

FORMS = ("optimum", "central", "distributed", "conventional")

WINNERS = {
    "conventional": GREY,
    "central": BLUE,
    "in between": YELLOW,
    "distributed": GREEN,
    None: "white",
}
"""What wins at a point of a map, from no printing to printing everywhere, and its colour."""

MOST_LABELS = 12
"""Open sites that are named in a picture, room allowing; a pointer on any place says its name."""

MOST_LINKS = 2_000
"""Links between sources and places that a picture holds."""


def figures(instance: Instance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if solution.rows.get("map"):
        return {"Which form wins where": map_figure(solution)}
    drawn = {}
    if solution.rows.get("bill"):
        drawn[f"What each form costs, in {instance.currency}"] = bill(solution)
    places = instance.network.places
    if places and all(place.latitude is not None for place in places):
        drawn["Where capacity stands, and whom it supplies"] = network(instance, solution)
    if any(row["open"] for row in solution.rows.get("sites", ())):
        drawn["How busy the open sites are"] = utilisation(solution)
    return drawn


def bill(solution: Solution) -> Any:
    """Return a plotly figure of the bill by kind of cost, the optimum beside the pure forms."""
    rows = [row for row in solution.rows["bill"] if row["cost"] != "total"]
    forms = [form for form in FORMS if any(row.get(form) is not None for row in rows)]
    figure = new_figure(barmode="relative", height=460)
    for number, row in enumerate(row for row in rows if any(row.get(form) for form in forms)):
        figure.add_bar(
            x=forms,
            y=[row.get(form) for form in forms],
            marker={"color": PALETTE[number % len(PALETTE)]},
            name=plain(row["cost"]),
        )
    return figure.update_yaxes(title=plain(solution.currency))


def network(instance: Instance, solution: Solution) -> Any:
    """Return a plotly figure of the places by coordinates, with a line from each source."""
    at = {
        place.name: (place.longitude, place.latitude)
        for place in instance.network.places
        if place.longitude is not None and place.latitude is not None
    }
    links = sorted(
        {
            (row["source"], row["place"])
            for row in solution.rows.get("supply", ())
            if row["source"] in at and row["place"] in at and row["source"] != row["place"]
        }
    )
    figure = new_figure(height=560, legend={"orientation": "h"})
    draw_land(figure, list(at.values()))
    xs: list[float | None] = []
    ys: list[float | None] = []
    for source, place in links[:MOST_LINKS]:
        xs += [at[source][0], at[place][0], None]
        ys += [at[source][1], at[place][1], None]
    figure.add_scatter(
        x=xs, y=ys, mode="lines", line={"color": MAUVE, "width": 1.5}, name="supplies"
    )
    opened = {row["place"] for row in solution.rows.get("sites", ()) if row["open"]}
    sites = sorted(opened & set(at))
    labels = label_positions({name: at[name] for name in sites[:MOST_LABELS]}, list(at.values()))
    for name, members, colour, size in (
        ("place", sorted(set(at) - opened), BLUE, 8),
        ("open site", sites, GREEN, 15),
    ):
        figure.add_scatter(
            x=[at[member][0] for member in members],
            y=[at[member][1] for member in members],
            text=[plain(member) if member in labels else "" for member in members],
            textposition=[labels.get(member, "top center") for member in members],
            hovertext=[plain(member) for member in members],
            mode="markers+text",
            hoverinfo="text",
            marker={"color": colour, "size": size},
            name=name,
        )
    figure.update_xaxes(title="degrees east")
    return figure.update_yaxes(title="degrees north")


def utilisation(solution: Solution) -> Any:
    """Return a plotly figure of the utilisation of the open sites by period."""
    rows = [row for row in solution.rows["sites"] if row["open"]]
    periods = list(dict.fromkeys(row["period"] for row in rows))
    sites = list(dict.fromkeys(row["place"] for row in rows))
    figure = new_figure(barmode="group", height=160 + 24 * len(sites) * len(periods))
    for number, period in enumerate(periods):
        members = [row for row in rows if row["period"] == period]
        figure.add_bar(
            y=[plain(row["place"]) for row in members],
            x=[row["utilisation"] for row in members],
            orientation="h",
            marker={"color": PALETTE[number % len(PALETTE)]},
            name=plain(period),
        )
    figure.update_xaxes(title="hours set aside over hours that there are", tickformat=".0%")
    return figure.update_yaxes(automargin=True)


def map_figure(solution: Solution) -> Any:
    """Return a plotly figure of a map: a field a point, in the colour of the form that wins.

    Parameters
    ----------
    solution
        What :func:`amopt.placement.map_forms` returned.
    """
    rows = solution.rows["map"]
    parameters = {row["axis"]: row["parameter"].replace("_", " ") for row in solution.rows["axes"]}
    xs, ys = (sorted({row[axis] for row in rows}) for axis in ("x", "y"))
    number = {winner: k for k, winner in enumerate(WINNERS)}
    fields = [[number[None]] * len(xs) for _ in ys]
    costs = [[""] * len(xs) for _ in ys]
    for row in rows:
        spot = ys.index(row["y"]), xs.index(row["x"])
        fields[spot[0]][spot[1]] = number[row["winner"]]
        best = "no plan" if row["optimum"] is None else f"{row['optimum']:,.0f}"
        costs[spot[0]][spot[1]] = best
    steps = [k / len(WINNERS) for k in range(len(WINNERS) + 1)]
    figure = new_figure(height=180 + 50 * len(ys))
    figure.add_heatmap(
        x=[f"{x:g}" for x in xs],
        y=[f"{y:g}" for y in ys],
        z=fields,
        text=costs,
        texttemplate="%{text}",
        colorscale=[
            (steps[k + end], colour) for k, colour in enumerate(WINNERS.values()) for end in (0, 1)
        ],
        zmin=-0.5,
        zmax=len(WINNERS) - 0.5,
        xgap=2,
        ygap=2,
        colorbar={"tickvals": list(number.values()), "ticktext": [w or "no plan" for w in WINNERS]},
    )
    figure.update_xaxes(title=f"{parameters['x']}, factor", type="category")
    return figure.update_yaxes(title=f"{parameters['y']}, factor", type="category")
