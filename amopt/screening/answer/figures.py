"""What the planner sees: how the portfolio narrows down, what decides, and what is worth most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import GREEN, GREY, INK, MAUVE, RED, YELLOW, contrasting, new_figure, plain

if TYPE_CHECKING:
    from amopt.screening.answer.solution import ScreeningSolution
    from amopt.screening.instance import ScreeningInstance

__all__ = ["deciding", "figures", "funnel", "savings", "weights"]

MOST_POINTS = 3_000
"""Points of the scatter of scores and savings: those of the best ranks."""


def figures(instance: ScreeningInstance, solution: ScreeningSolution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    decided = {"Which rule decides": deciding(solution)} if solution.rows["rules"] else {}
    return {
        "From the portfolio to the parts to examine": funnel(solution),
        **decided,
        "Score and expected saving of the ranked parts": savings(solution),
        "Weights, and how far each may change before the first parts do": weights(solution),
    }


def funnel(solution: ScreeningSolution) -> Any:
    """Return a plotly figure of how many parts are left after each step.

    Each is of those before it: parts of which too little is known may be examined too.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    (total,) = solution.rows["totals"]
    left = {
        "parts": total["parts"],
        "not rejected by a rule": total["eligible"] + total["unknown"],
        "to examine": total["examined"],
    }
    colours = [GREY, YELLOW, GREEN]
    figure.add_funnel(
        y=list(left),
        x=list(left.values()),
        marker={"color": colours},
        insidetextfont={"color": [contrasting(colour) for colour in colours]},
    )
    return figure


def deciding(solution: ScreeningSolution) -> Any:
    """Return a plotly figure of the parts that each rule rejects or holds up.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rules = [row["rule"] for row in solution.rows["rules"]][::-1]
    counts = {answer: dict.fromkeys(rules, 0) for answer in ("no", "unknown")}
    for row in solution.rows["parts"]:
        if row["rule"] is not None:
            counts[row["eligible"]][row["rule"]] += 1
    for answer, name, colour in (("no", "rejected", RED), ("unknown", "not known", YELLOW)):
        figure.add_bar(
            y=[plain(rule) for rule in rules],
            x=list(counts[answer].values()),
            orientation="h",
            name=name,
            marker={"color": colour},
        )
    figure.update_xaxes(title="parts")
    figure.update_yaxes(automargin=True)
    return figure.update_layout(barmode="stack")


def savings(solution: ScreeningSolution) -> Any:
    """Return a plotly figure of scores and expected savings, the chosen parts marked.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    for chosen, name, colour in ((False, "others", GREY), (True, "to examine", GREEN)):
        rows = [
            row
            for row in solution.rows["parts"]
            if row["examine"] is chosen and row["expected_saving"] is not None
        ][:MOST_POINTS]
        figure.add_scatter(
            x=[row["score"] for row in rows],
            y=[row["expected_saving"] for row in rows],
            text=[plain(row["part"]) for row in rows],
            mode="markers",
            name=name,
            marker={"color": colour},
        )
    figure.update_xaxes(title="score")
    return figure.update_yaxes(title=f"expected saving, {plain(solution.currency)}")


def weights(solution: ScreeningSolution) -> Any:
    """Return a plotly figure of the weights with the spans in which the first parts stay.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = list(solution.rows["criteria"])[::-1]
    names = [plain(row["criterion"]) for row in rows]
    figure.add_bar(
        y=names,
        x=[row["highest_weight"] - row["lowest_weight"] for row in rows],
        base=[row["lowest_weight"] for row in rows],
        orientation="h",
        name="the first parts stay the first",
        marker={"color": MAUVE},
    )
    figure.add_scatter(
        y=names,
        x=[row["weight"] for row in rows],
        mode="markers",
        name="weight",
        marker={"color": INK, "size": 12, "symbol": "diamond"},
    )
    figure.update_yaxes(automargin=True)
    return figure.update_xaxes(title="weight", range=[0, 1])
