"""What the figures of all decisions share: an empty figure, colours, names that stay names."""

from __future__ import annotations

import html
from importlib import import_module
from typing import Any

from amopt.errors import UsageError

__all__ = ["BLUE", "GREEN", "GREY", "INK", "MAUVE", "PALETTE", "RED", "YELLOW", "new_figure", "plain"]

GREEN, BLUE, YELLOW, RED, MAUVE, GREY = (
    "#2a9d8f",
    "#7f9fbf",
    "#f2c14e",
    "#d1495b",
    "#b8a1c9",
    "#e8e8e8",
)
INK = "#1a2330"
"""Lines and signs that stand out from the paper."""

PALETTE = (BLUE, GREEN, YELLOW, RED, MAUVE, "#8d6a9f", "#5b8e7d", "#c97b63", "#6c757d", "#a3b18a")
"""Colours for the entries of a list, in order; after the last the first comes again."""


def new_figure(**layout: Any) -> Any:
    """Return an empty plotly figure.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    try:
        plotly: Any = import_module("plotly.graph_objects")
    except ModuleNotFoundError as error:
        raise UsageError("figures need plotly: python -m pip install plotly") from error
    return plotly.Figure(layout=layout)


def plain(text: str) -> str:
    """Return a name such that plotly shows it, and does not read it as markup."""
    return html.escape(text, quote=False)
