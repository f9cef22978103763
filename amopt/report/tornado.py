"""Which inputs move the answer most, as words, JSON and a page with a tornado."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from rich.text import Text

from amopt.report.machine import pretty
from amopt.report.page import write_sections
from amopt.report.terminal import console, print_rows
from amopt.report.words import shown
from amopt.scenarios.sensitivity import COLUMNS, Sensitivity
from amopt.solution import Column

__all__ = ["as_json", "print_sensitivity", "write_page"]

_MOST_BARS = 20


def as_json(found: Sensitivity) -> str:
    """Return a sensitivity as one JSON object."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            "name": found.name,
            "currency": found.currency,
            "objective_meaning": found.objective_meaning,
            "objective": found.objective,
            "step": found.step,
            "inputs": list(found.rows),
        }
    )


def print_sensitivity(found: Sensitivity) -> None:
    """Print which inputs move the answer most."""
    out = console()
    out.print(Text(found.name, style="bold"))
    out.print(Text(found.headline()))
    out.print(Text(_base(found)))
    columns = _told(found)
    print_rows(found.rows, columns, currency=found.currency, out=out, all_of_it="--json prints all")


def _base(found: Sensitivity) -> str:
    amount = shown(found.objective, "money")
    return f"As it is: {found.objective_meaning} {amount} {found.currency}."


def write_page(found: Sensitivity, path: str | Path) -> None:
    """Write a sensitivity as one HTML page, whole or not at all.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written.
    """
    columns = _told(found)
    rows = [[shown(row[column.name], column.unit) for column in columns] for row in found.rows]
    section = {
        "title": "Which inputs move the answer most",
        "sentence": f"{found.headline()} {_base(found)}",
        "picture": _bars(found),
        "rows": rows,
        "more": 0,
    }
    numbers = [column.name for column in columns if column.unit or column.name == "values"]
    write_sections(path, found.name, [section], columns, numbers, currency=found.currency)


def _told(found: Sensitivity) -> list[Column]:
    """Return the columns that say something."""
    return [one for one in COLUMNS if any(row[one.name] not in (None, "") for row in found.rows)]


def _bars(found: Sensitivity) -> str:
    """Return the tornado: how far each input moves the objective, lowered and raised."""
    from amopt.drawing import BLUE, YELLOW, plain

    rows = [row for row in found.rows if row["swing"]][:_MOST_BARS]
    if not rows:
        return ""
    go: Any = import_module("plotly.graph_objects")
    places = list(range(len(rows)))
    names = [plain(row["input"].replace("_", " ")) for row in rows]
    figure = go.Figure(
        [
            go.Bar(
                name=f"{way} by {found.step:.0%}",
                y=places,
                x=[row[f"change_{way}"] for row in rows],
                base=found.objective,
                orientation="h",
                marker_color=colour,
                hovertext=names,
            )
            for way, colour in (("lowered", BLUE), ("raised", YELLOW))
        ]
    )
    figure.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", automargin=True)
    figure.update_xaxes(title=plain(f"{found.objective_meaning}, {found.currency}"))
    figure.update_layout(
        template="plotly_white", barmode="overlay", margin={"t": 20}, height=140 + 26 * len(rows)
    )
    config = {"displayModeBar": False, "responsive": True}
    text: str = figure.to_html(full_html=False, include_plotlyjs=True, config=config)
    return text
