"""What the figures of all decisions share: an empty figure, colours, names that stay names."""

from __future__ import annotations

import html
from importlib import import_module
from typing import Any

from amopt.errors import UsageError
from amopt.phrases import visible

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "MAUVE",
    "PALETTE",
    "RED",
    "YELLOW",
    "contrasting",
    "luminance",
    "new_figure",
    "plain",
]

GREEN, BLUE, YELLOW, RED, MAUVE, GREY = (
    "#2a9d8f",
    "#4a80b5",
    "#b8860b",
    "#d1495b",
    "#9a6fb0",
    "#88929c",
)
"""Colours that stand out three to one from white and from the paper of dark pages."""

INK = "#1a2330"
"""Lines and signs that stand out from the paper; on dark pages they are light."""

PALETTE = (BLUE, GREEN, YELLOW, RED, MAUVE, "#7a5fa0", "#5b8e7d", "#b96a50", "#6c757d", "#7d8f5a")
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
    return html.escape(visible(text), quote=False)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as ``#2a9d8f``, as WCAG 2.2 defines it."""
    shares = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrasting(colour: str) -> str:
    """Return black or white, whichever is read better on a colour."""
    return "#000000" if luminance(colour) > 0.179 else "#ffffff"
