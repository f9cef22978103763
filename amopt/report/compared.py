"""What changed from one instance or answer to another, as words, JSON and a page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.text import Text

from amopt.phrases import counted
from amopt.report.machine import pretty
from amopt.report.page import MOST_ROWS, require_writable, write_sections
from amopt.report.terminal import console, print_rows
from amopt.report.words import shown
from amopt.scenarios.comparison import COLUMNS, Comparison

__all__ = ["as_json", "print_comparisons", "write_page"]

_TITLES = {"data": "What changed in the data", "answers": "What changed in the answer"}

_NUMBERS = ("before", "after", "change", "relative_change")
_MOST_BARS = 15
_LONGEST = 32


def as_json(found: Mapping[str, Comparison]) -> str:
    """Return comparisons as one JSON object."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            **{
                name: {
                    "before": one.before,
                    "after": one.after,
                    "currency": one.currency,
                    "changes": list(one.rows),
                }
                for name, one in found.items()
            },
        }
    )


def print_comparisons(found: Mapping[str, Comparison]) -> None:
    """Print what changed, the largest changes first."""
    out = console()
    for name, one in found.items():
        out.print(Text(f"{_TITLES[name]}: {one.before} -> {one.after}", style="bold"))
        out.print(Text(_sentence(one)))
        if one.rows:
            rows = [_words(row, one.currency) for row in one.rows]
            print_rows(rows, COLUMNS, out=out, all_of_it="--json prints all")


def _sentence(one: Comparison) -> str:
    """Return how much changed, in words."""
    if not one.rows:
        return "Nothing changed."
    said = [f"{name.replace('_', ' ')} {number}" for name, number in one.tables.items()]
    return f"{counted(len(one.rows), 'change')}: {', '.join(said)}."


def _words(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Return a row as it is shown: each number in its unit."""
    unit = row["unit"]
    said = {**row, "what": row["what"].replace("_", " "), "table": row["table"].replace("_", " ")}
    for name in ("before", "after", "change"):
        said[name] = _short(shown(row[name], unit))
    said["relative_change"] = shown(row["relative_change"], "%")
    said["unit"] = currency if unit == "money" else unit
    return said


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def write_page(found: Mapping[str, Comparison], path: str | Path) -> None:
    """Write comparisons as one HTML page, whole or not at all.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written.
    """
    require_writable(path)
    sections = [
        {
            "title": _TITLES[name],
            "sentence": _sentence(one),
            "picture": _bars(one),
            "rows": [
                [_words(row, one.currency)[column.name] for column in COLUMNS]
                for row in one.rows[:MOST_ROWS]
            ],
            "more": max(0, len(one.rows) - MOST_ROWS),
        }
        for name, one in found.items()
    ]
    first = next(iter(found.values()))
    write_sections(path, f"{first.before} \u2192 {first.after}", sections, COLUMNS, _NUMBERS)


def _bars(one: Comparison) -> str:
    """Return the largest changes of money as bars; empty where no money changed."""
    from amopt.drawing import plain

    money = [row for row in one.rows if row["unit"] == "money" and row["change"]][:_MOST_BARS]
    if not money:
        return ""
    go: Any = import_module("plotly.graph_objects")
    names = [
        plain(f"{row['entry'] or row['table']}: {row['what']}".replace("_", " ")) for row in money
    ]
    places = list(range(len(money)))
    figure = go.Figure(
        go.Bar(
            y=places,
            x=[row["change"] for row in money],
            orientation="h",
            marker_color=["#b23a48" if row["change"] > 0 else "#2d7d46" for row in money],
            hovertext=names,
        )
    )
    figure.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", automargin=True)
    figure.update_xaxes(title=f"change, {plain(one.currency)}")
    figure.update_layout(
        template="plotly_white", margin={"t": 20}, height=120 + 24 * len(money), showlegend=False
    )
    text: str = figure.to_html(
        full_html=False, include_plotlyjs=True, config={"displayModeBar": False, "responsive": True}
    )
    return text
