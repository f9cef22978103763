"""What the planner sees: the policy of one part, and where the money goes."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from amopt.errors import UsageError
from amopt.printing.solution import PrintingSolution

__all__ = ["costs", "policy"]

COLOURS = {
    "none": "#e8e8e8",
    "order": "#7f9fbf",
    "wait": "#f2c14e",
    "print": "#2a9d8f",
    "expedite": "#d1495b",
}
KINDS = ("order", "print", "expedite", "holding", "backorder")


def _figure() -> Any:
    """Return an empty plotly figure."""
    try:
        plotly: Any = import_module("plotly.graph_objects")
    except ModuleNotFoundError as error:
        raise UsageError("figures need plotly: python -m pip install 'amopt[report]'") from error
    return plotly.Figure()


def policy(solution: PrintingSolution, part: str) -> Any:
    """Return a plotly figure of one part: what is done with n days to go at each net stock.

    Parameters
    ----------
    solution
        The answer.
    part
        Name of the part.

    Raises
    ------
    KeyError
        When there is no such part.
    UsageError
        When plotly is not installed.
    """
    figure = _figure()
    table = solution.policy(part)
    for action, colour in COLOURS.items():
        rows = [row for row in table if row["action"] == action]
        if rows:
            figure.add_scatter(
                x=[row["days_to_go"] for row in rows],
                y=[row["net_stock"] for row in rows],
                customdata=[row["parts"] for row in rows],
                hovertemplate="%{x} days to go, net stock %{y}: %{customdata} parts",
                mode="markers",
                marker={"symbol": "square", "size": 14, "color": colour},
                name=action,
            )
    figure.update_xaxes(title="days to the replenishment", autorange="reversed", dtick=1)
    figure.update_yaxes(title="net stock (stock less systems that wait)")
    return figure.update_layout(title=f"What to do for part {_plain(part)}")


def costs(solution: PrintingSolution) -> Any:
    """Return a plotly figure of the yearly costs by kind, of all parts, with and without printer.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = _figure()
    tables = {"single source": "single_source", "with the printer": "parts"}
    for kind in KINDS:
        column = f"yearly_{kind}_cost"
        figure.add_bar(
            x=list(tables),
            y=[sum(row[column] for row in solution.rows[table]) for table in tables.values()],
            name=kind,
        )
    figure.update_yaxes(title=f"{_plain(solution.currency)} a year")
    return figure.update_layout(barmode="stack", title="Where the money goes")


def _plain(text: str) -> str:
    """Return a name such that it is shown, not read as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
