"""What the planner sees: the bill of each form, the network, and how busy the sites are."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, MAUVE, PALETTE, YELLOW, new_figure, plain
from amopt.drawing.gantt import Span, gantt
from amopt.drawing.land import label_positions
from amopt.drawing.places import draw_ground, positions
from amopt.outcome import Stopped
from amopt.phrases import amount, money
from amopt.placement.forms import NOT_KNOWN

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.solution import Solution

__all__ = ["bill", "figures", "map_figure", "network", "orders", "utilisation"]

FORMS = ("optimum", "central", "distributed", "conventional")

WINNERS = {
    "conventional": GREY,
    "central": BLUE,
    "in between": YELLOW,
    "distributed": GREEN,
    None: "white",
}
"""What wins at a point of a map, from no printing to printing everywhere, and its colour."""

PALE = "#f2f2f2"
"""The colour of a point that Ctrl-C left open."""

MOST_LABELS = 30
"""Places that are named in a picture, open sites first, room allowing; a pointer names any."""

WIDTHS = ((0.1, 1.0), (0.3, 2.0), (0.6, 4.0), (1.0, 7.0))
"""Shares of the largest flow, and how many pixels wide a line is up to there."""

MOST_ORDERS = 60
"""Dated orders in a picture: the first ones."""

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
    if instance.network.places and instance.has_demand:
        drawn["Where capacity stands, and whom it supplies"] = network(instance, solution)
    if any(row["open"] for row in solution.rows.get("sites", ())):
        drawn["How busy the open sites are"] = utilisation(solution)
    if solution.rows.get("orders"):
        drawn["Orders over time"] = orders(solution, instance)
    return drawn


def orders(solution: Solution, instance: Instance | None = None) -> Any:
    """Return a plotly figure of the dated orders: printed, then on their way, and when due.

    What is bought is on its way from its release on, where the instance says when that is.
    """
    released = {} if instance is None else {o.order: o.release_week for o in instance.orders}
    rows = list(solution.rows["orders"])[:MOST_ORDERS]
    spans, due = [], []
    for row in rows:
        name = f"{row['order']}: {row['quantity']:g} {row['part']} from {row['source']}"
        ready = row["ready_week"]
        if ready is not None and row["start_week"] is not None:  # else it takes no hours
            spans.append(Span(name, row["start_week"], ready, "printing"))
        start = released.get(row["order"], 0.0) if ready is None else ready
        way = "on its way" if ready is not None else "conventional"
        spans.append(Span(name, start, row["arrival_week"], way))
        due.append((name, row["due_week"]))
    return gantt(
        spans,
        title="weeks from now",
        signs={"due": due},
        colours={"printing": GREEN, "on its way": BLUE, "conventional": GREY},
    )


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
    """Return a plotly figure of the places, with a line from each source, as wide as its flow."""
    flows = _flows(instance, solution)
    lanes = [(lane.from_, lane.to) for lane in instance.network.lanes]
    at, by_degrees = positions(instance.network.places, [*flows, *lanes])
    figure = new_figure(height=560)
    draw_ground(figure, at, by_degrees=by_degrees)
    links = {pair: flow for pair, flow in flows.items() if set(pair) <= at.keys()}
    largest = max(links.values(), default=0.0)
    below = 0.0
    for share, width in WIDTHS:
        pairs = [pair for pair, flow in links.items() if below < flow <= share * largest]
        below = share * largest
        if pairs:
            ends = [[*(at[end][k] for end in pair), None] for k in (0, 1) for pair in pairs]
            figure.add_scatter(
                x=list(chain.from_iterable(ends[: len(pairs)])),
                y=list(chain.from_iterable(ends[len(pairs) :])),
                mode="lines",
                line={"color": MAUVE, "width": width},
                name=f"supplies up to {amount(below, 0 if below >= 10 else 2)} parts a year",
            )
    opened = {row["place"] for row in solution.rows.get("sites", ()) if row["open"]}
    sites = sorted(opened & set(at))
    named = [*sites, *sorted(set(at) - opened)][:MOST_LABELS]
    joined = [(at[one], at[other]) for one, other in links]
    labels = label_positions({name: at[name] for name in named}, list(at.values()), joined)
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
    return figure


def _flows(instance: Instance, solution: Solution) -> dict[tuple[str, str], float]:
    """Return the largest flows between two places, in parts a year on average over the periods."""
    periods = {period.name: number for number, period in enumerate(instance.horizon)}
    years = sum(period.years for period in instance.horizon)
    demand = {(entry.place, entry.part): entry for entry in instance.demand}
    flows: dict[tuple[str, str], float] = {}
    for row in solution.rows.get("supply", ()):
        pair = row["source"], row["place"]
        number = periods.get(row["period"])
        entry = demand.get((row["place"], row["part"]))
        if pair[0] != pair[1] and number is not None and entry is not None:
            parts = row["share"] * instance.rate(entry, number) * instance.horizon[number].years
            flows[pair] = flows.get(pair, 0.0) + parts / years
    for row in solution.rows.get("orders", ()):
        pair = row["source"], row["place"]
        if pair[0] != pair[1]:
            flows[pair] = flows.get(pair, 0.0) + row["quantity"]
    ranked = sorted(flows.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:MOST_LINKS])


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
            x=[100 * row["utilisation"] for row in members],
            orientation="h",
            marker={"color": PALETTE[number % len(PALETTE)]},
            name=plain(period),
        )
    figure.update_xaxes(title="hours set aside, of the hours that there are", ticksuffix=" %")
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
    whole = solution.outcome.stopped is Stopped.FINISHED
    winners = WINNERS if whole else {**WINNERS, NOT_KNOWN: PALE}
    number = {winner: k for k, winner in enumerate(winners)}
    fields = [[number[None if whole else NOT_KNOWN]] * len(xs) for _ in ys]
    costs = [[""] * len(xs) for _ in ys]
    for row in rows:
        spot = ys.index(row["y"]), xs.index(row["x"])
        fields[spot[0]][spot[1]] = number[row["winner"]]
        best = "no plan" if row["optimum"] is None else money(row["optimum"])
        costs[spot[0]][spot[1]] = best
    steps = [k / len(winners) for k in range(len(winners) + 1)]
    figure = new_figure(height=180 + 50 * len(ys))
    figure.add_heatmap(
        x=[f"{x:g}" for x in xs],
        y=[f"{y:g}" for y in ys],
        z=fields,
        text=costs,
        texttemplate="%{text}",
        colorscale=[
            (steps[k + end], colour) for k, colour in enumerate(winners.values()) for end in (0, 1)
        ],
        zmin=-0.5,
        zmax=len(winners) - 0.5,
        xgap=2,
        ygap=2,
        colorbar={"tickvals": list(number.values()), "ticktext": [w or "no plan" for w in winners]},
    )
    figure.update_xaxes(title=f"{parameters['x']}, factor", type="category")
    return figure.update_yaxes(title=f"{parameters['y']}, factor", type="category")
