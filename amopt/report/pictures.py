"""Pictures of a page: SVG for every reader, and beside it the figure that a script draws."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from markupsafe import Markup

from amopt.drawing.svg import as_svg, described

__all__ = ["NARROW", "WIDE", "Picture", "Still", "pictures", "plotting_library", "still"]

WIDE, NARROW = 880, 350
"""Pixels of a picture on a screen, and on a phone."""


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes
    ----------
    title, description
        Its title and its text alternative.
    wide, narrow
        It as SVG, for screens and for phones.
    data
        It as JSON for the script; empty in a light page.
    """

    title: str
    description: str
    wide: Markup
    narrow: Markup
    data: Markup

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(len(part.encode()) for part in (self.wide, self.narrow, self.data))


def pictures(figures: Sequence[tuple[str, Any]], *, light: bool) -> Iterator[Picture]:
    """Yield figures as pictures.

    Parameters
    ----------
    figures
        Titles and plotly figures.
    light
        Whether the SVG is all there is.
    """
    for title, figure in figures:
        text = described(title, figure)
        wide, narrow = (as_svg(figure, width, text) for width in (WIDE, NARROW))
        data = "" if light else _json(figure)
        # The canvas escapes every text, and no JSON holds a tag.
        yield Picture(title, text, Markup(wide), Markup(narrow), Markup(data))  # noqa: S704


@dataclass(frozen=True)
class Still:
    """A figure as a notebook shows it where no script runs.

    Attributes
    ----------
    svg
        The picture.
    """

    svg: Markup

    def __repr__(self) -> str:
        """Return how many characters the picture has."""
        return f"<picture of {len(self.svg):,} characters>"

    def _repr_html_(self) -> str:
        """Return the picture in the type and the colours of what is around it."""
        return f'<div class="still" style="font: 12px system-ui, sans-serif">{self.svg}</div>'


def still(title: str, figure: Any) -> Still:
    """Return a figure as a picture without a script, for notebooks that are read or printed.

    Parameters
    ----------
    title
        Its title, with which its text alternative begins.
    figure
        A plotly figure, such as one of :func:`amopt.report.page.figures`.
    """
    return Still(Markup(as_svg(figure, WIDE, described(title, figure))))  # noqa: S704


def _json(figure: Any) -> str:
    """Return a figure as JSON in which nothing can end the element that holds it."""
    figure.update_layout(template="none")
    text: str = figure.to_json()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def plotting_library() -> Markup:
    """Return the plotting library as script, without the style sheet that it would fetch."""
    offline: Any = import_module("plotly.offline")
    text: str = offline.get_plotlyjs()
    text = re.sub(r'https://unpkg\.com/[^"]*\.css', "data:text/css,", text)
    return Markup(text)  # noqa: S704 - a package's own code
